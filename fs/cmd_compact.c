/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_compact.c - `roarfs compact`: the file becomes as long as what is in it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "fs/cmd_open.h"
#include "fs/json.h"
#include "fs/ns.h"
#include "fs/ns_compact.h"

#define PROGRESS_AFTER 1000000000

enum {
	OPT_JSON
};

static const struct fs_opt opts[] = {
	{ "json", 0, NULL, "print the result as JSON, with sizes in bytes" },
	{ NULL, 0, NULL, NULL },
};

struct run {
	const char *path;
	bool as_json, as_progress, told;
	int64_t started_ns;
};

static int on_progress(void *arg, const struct rs_compact_result *p)
{
	struct run *r = arg;

	if (!r->as_progress || fs_cmd_now_ns() - r->started_ns < PROGRESS_AFTER)
		return 0;
	r->told = true;
	fprintf(stderr, "\r\033[K%s: %" PRIu64 " of %" PRIu64 " records",
		p->step, p->records_done, p->records);
	return 0;
}

static void print_json(const struct run *r, const struct rs_compact_result *p)
{
	struct fs_json j = fs_json_to(stdout);

	fs_json_open(&j, NULL, '{');
	fs_json_text(&j, "store", r->path);
	fs_json_number(&j, "file_bytes_before", p->file_before);
	fs_json_number(&j, "file_bytes", p->file_after);
	fs_json_number(&j, "packed_bytes", p->packed_bytes);
	fs_json_number(&j, "moved_bytes", p->moved_bytes);
	fs_json_number(&j, "pinned_bytes", p->pinned_bytes);
	fs_json_close(&j, '}');
	fs_json_end(&j);
}

static void print_text(const struct run *r, const struct rs_compact_result *p)
{
	char before[FS_SIZE_TEXT], after[FS_SIZE_TEXT], moved[FS_SIZE_TEXT];
	char packed[FS_SIZE_TEXT], pinned[FS_SIZE_TEXT];

	fs_cmd_size(p->file_before, before);
	fs_cmd_size(p->file_after, after);
	fs_cmd_size(p->packed_bytes, packed);
	fs_cmd_size(p->moved_bytes, moved);
	fs_cmd_size(p->pinned_bytes, pinned);
	printf("%s: %s, was %s (%s saved by packing, %s moved", r->path, after,
	       before, packed, moved);
	if (p->pinned_bytes)
		printf(", %s held by snapshots alone", pinned);
	printf(")\n");
}

static enum fs_exit compact(struct run *r, struct rs_store *s)
{
	struct rs_compact_result result;
	int err = fs_reap_all(s);

	if (!err)
		err = fs_compact(s, on_progress, r, &result);
	if (r->told)
		fprintf(stderr, "\r\033[K");
	if (err == -EUCLEAN || err == -EBADMSG) {
		fs_cmd_say(r->path, "%s; run 'roarfs check'", err_text(err));
		return FS_EXIT_DAMAGE;
	}
	if (err)
		return fs_cmd_fail(r->path, err, NULL);
	if (r->as_json)
		print_json(r, &result);
	else
		print_text(r, &result);
	return FS_EXIT_DONE;
}

static enum fs_exit run(const struct fs_args *args)
{
	struct run r = {
		.path = args->operands[0],
		.as_json = args->value[OPT_JSON],
		.as_progress = isatty(STDERR_FILENO),
		.started_ns = fs_cmd_now_ns(),
	};
	struct rs_store *s;
	enum fs_exit code = fs_cmd_open(r.path, false, &s);

	if (code != FS_EXIT_DONE)
		return code;
	code = compact(&r, s);
	return fs_cmd_close(r.path, s, code);
}

const struct fs_cmd fs_cmd_compact = {
	.name = "compact",
	.synopsis = "STORE",
	.help = "make the file as long as what is in it",
	.operands_min = 1,
	.operands_max = 1,
	.opts = opts,
	.run = run,
};
