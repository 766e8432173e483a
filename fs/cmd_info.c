/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_info.c - `roarfs info`: what is in a store, and how large it is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fs/cmd_open.h"
#include "fs/json.h"
#include "fs/ns_entry.h"
#include "regionstore/base/auto.h"

#define NS_PER_SEC 1000000000
#define DATE_TEXT  32
#define UUID_TEXT  37

enum {
	OPT_JSON
};

static const struct fs_opt opts[] = {
	{ "json", 0, NULL, "print it as JSON, sizes in bytes" },
	{ NULL, 0, NULL, NULL },
};

struct info {
	const char *path;
	struct rs_stats stats;
	uint64_t by_kind[RS_KIND_BLOCKDEV + 1];
	uint64_t waiting; /* writes to sets that are not in place */
	struct rs_space space;
};

/* --- gathering ------------------------------------------------------------ */

static int count_objects(const struct rs_view *v, struct info *in)
{
	struct fs_key k = fs_key_first(RS_KEY_OBJECT, 0);
	struct rs_object obj;
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, k.b, k.len);
	while (err == 0 && c.key[0] == RS_KEY_OBJECT &&
	       c.key_len == FS_KEY_HEAD) {
		err = rs_object_get(v, be64_get(c.key + 1), &obj);
		if (err < 0)
			break;
		in->by_kind[obj.kind]++;
		err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

static int gather(struct rs_store *s, struct info *in)
{
	struct rs_view *v;
	int err = rs_view_live(s, &v);

	if (err < 0)
		return err;
	rs_stats(s, &in->stats);
	err = count_objects(v, in);
	if (err == 0)
		err = bm_waiting(v, &in->waiting);
	if (err == 0)
		err = rs_space(s, &in->space);
	rs_view_put(v);
	return err;
}

/* --- printing ------------------------------------------------------------- */

static void uuid_text(const uint8_t uuid[16], char text[UUID_TEXT])
{
	char *to = text;

	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		to += sprintf(to, "%02x", uuid[i]);
	}
}

/* As RFC 3339 has it, or for people. */
static void date_text(int64_t ns, bool as_json, char text[DATE_TEXT])
{
	time_t sec = ns / NS_PER_SEC;
	struct tm tm;
	size_t n = 0;

	if (gmtime_r(&sec, &tm))
		n = as_json ? strftime(text, DATE_TEXT, "%FT%TZ", &tm)
			    : strftime(text, DATE_TEXT, "%F %T UTC", &tm);
	text[n] = '\0';
}

/* Control bytes in a name are no business of the terminal. */
static void print_name(const char *name)
{
	for (; *name; name++)
		putchar((unsigned char)*name < ' ' || *name == 0x7f ? '?'
								    : *name);
}

static void print_size(const char *what, uint64_t bytes)
{
	char size[FS_SIZE_TEXT];

	fs_cmd_size(bytes, size);
	printf("%-12s %s\n", what, size);
}

static void print_count(const char *what, uint64_t n)
{
	printf("%-12s %" PRIu64 "\n", what, n);
}

static void print_held(const struct rs_snap_space *sn)
{
	char unique[FS_SIZE_TEXT], shared[FS_SIZE_TEXT];

	fs_cmd_size(sn->unique, unique);
	fs_cmd_size(sn->shared, shared);
	printf("  %" PRIu64 " members, %s held alone, %s with others\n",
	       sn->snap.members, unique, shared);
}

static void print_text(const struct info *in)
{
	char uuid[UUID_TEXT], date[DATE_TEXT];

	uuid_text(in->stats.uuid, uuid);
	printf("%-12s %s\n", "store", in->path);
	printf("%-12s %s\n", "uuid", uuid);
	print_size("size", in->stats.file_bytes);
	print_size("used", in->stats.used_bytes);
	print_size("by snapshots", in->stats.pinned_bytes);
	print_count("sets", in->by_kind[RS_KIND_SET]);
	print_count("members", in->stats.weight);
	if (in->waiting)
		printf("%-12s %" PRIu64 " writes to sets, with the next "
		       "mount\n",
		       "to come", in->waiting);
	print_count("regions", in->by_kind[RS_KIND_REGION]);
	print_count("directories", in->by_kind[RS_KIND_DIR]);
	print_count("snapshots", in->space.n_snaps);
	for (size_t i = 0; i < in->space.n_snaps; i++) {
		date_text(in->space.snaps[i].snap.created_ns, false, date);
		printf("  %s  ", date);
		print_name(in->space.snaps[i].snap.name);
		print_held(&in->space.snaps[i]);
	}
}

static void print_json(const struct info *in)
{
	struct fs_json j = fs_json_to(stdout);
	char uuid[UUID_TEXT], date[DATE_TEXT];

	uuid_text(in->stats.uuid, uuid);
	fs_json_open(&j, NULL, '{');
	fs_json_text(&j, "store", in->path);
	fs_json_text(&j, "uuid", uuid);
	fs_json_number(&j, "size", in->stats.file_bytes);
	fs_json_number(&j, "used", in->stats.used_bytes);
	fs_json_number(&j, "by_snapshots", in->stats.pinned_bytes);
	fs_json_number(&j, "sets", in->by_kind[RS_KIND_SET]);
	fs_json_number(&j, "members", in->stats.weight);
	fs_json_number(&j, "writes_to_come", in->waiting);
	fs_json_number(&j, "regions", in->by_kind[RS_KIND_REGION]);
	fs_json_number(&j, "directories", in->by_kind[RS_KIND_DIR]);
	fs_json_open(&j, "snapshots", '[');
	for (size_t i = 0; i < in->space.n_snaps; i++) {
		date_text(in->space.snaps[i].snap.created_ns, true, date);
		fs_json_open(&j, NULL, '{');
		fs_json_text(&j, "name", in->space.snaps[i].snap.name);
		fs_json_text(&j, "created", date);
		fs_json_number(&j, "members", in->space.snaps[i].snap.members);
		fs_json_number(&j, "unique", in->space.snaps[i].unique);
		fs_json_number(&j, "shared", in->space.snaps[i].shared);
		fs_json_close(&j, '}');
	}
	fs_json_close(&j, ']');
	fs_json_close(&j, '}');
	fs_json_end(&j);
}

static enum fs_exit run(const struct fs_args *args)
{
	struct info in = { .path = args->operands[0] };
	struct rs_store *s;
	enum fs_exit code = fs_cmd_open(in.path, true, &s);
	int err;

	if (code != FS_EXIT_DONE)
		return code;
	err = gather(s, &in);
	if (err < 0)
		code = fs_cmd_fail(in.path, err, NULL);
	else if (args->value[OPT_JSON])
		print_json(&in);
	else
		print_text(&in);
	rs_space_finish(&in.space);
	return fs_cmd_close(in.path, s, code);
}

const struct fs_cmd fs_cmd_info = {
	.name = "info",
	.synopsis = "STORE",
	.help = "show what is in a store, and how large it is",
	.operands_min = 1,
	.operands_max = 1,
	.opts = opts,
	.run = run,
};
