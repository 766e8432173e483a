/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_query.c - `roarfs query`: set algebra on a store that is not mounted, in
 * the language of .q/ and by the same code.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cmd_open.h"
#include "fs/json.h"
#include "fs/query_value.h"
#include "regionstore/base/auto.h"

#define PIECE ((size_t)1 << 20)

enum {
	OPT_COUNT,
	OPT_FORMAT,
	OPT_INFO,
	OPT_JSON
};

static const struct fs_opt opts[] = {
	{ "count", 'c', NULL, "print how many members there are" },
	{ "format", 'f', "FORMAT",
	  "of the members: text, pad, ranges, le64, roaring, roaring32" },
	{ "info", 'i', NULL, "print count, least and greatest member" },
	{ "json", 0, NULL, "the same as JSON" },
	{ NULL, 0, NULL, NULL },
};

struct run {
	const char *path, *text;
	const struct fs_args *args;
	enum bm_format format;
};

/* The shell's user owns the file, so he may read all of it. */
static const struct fs_caller root = { 0 };

static enum fs_exit failed(const struct run *r, int err)
{
	if (err == -EOVERFLOW)
		return fs_cmd_say(r->path, "there are members above "
					   "4294967295: take --format=roaring");
	if (err == -EUCLEAN || err == -EBADMSG) {
		fs_cmd_say(r->path, "%s; run 'roarfs check'", err_text(err));
		return FS_EXIT_DAMAGE;
	}
	return fs_cmd_fail(r->path, err, NULL);
}

/* --- answers -------------------------------------------------------------- */

static int print_members(const struct run *r, struct fs_query_value *v)
{
	const struct fs_query plain = { .kind = FS_QUERY_EXPR };
	AUTO_FREE char *buf = malloc(PIECE);
	struct fs_answer a;
	size_t len = 0;
	int err = -ENOMEM;

	if (buf)
		err = fs_value_members(
			v, &plain, (enum fs_face)(FS_FACE_MEMBERS + r->format),
			&a);
	if (err)
		return err;
	for (uint64_t off = 0; !err && off < a.size; off += len) {
		err = fs_answer_read(&a, off, buf, PIECE, &len);
		if (!err && fwrite(buf, 1, len, stdout) != len)
			break;
	}
	fs_answer_finish(&a);
	return err;
}

static int print_json(const struct run *r, struct fs_query_value *v)
{
	uint64_t count, min = 0, max = 0;
	int err = bm_expr_count(v->expr, &count);
	struct fs_json j = fs_json_to(stdout);

	if (!err && count)
		err = bm_expr_min(v->expr, &min);
	if (!err && count)
		err = bm_expr_max(v->expr, &max);
	if (err)
		return err;
	fs_json_open(&j, NULL, '{');
	fs_json_text(&j, "expression", r->text);
	fs_json_number(&j, "count", count);
	if (count) {
		fs_json_number(&j, "min", min);
		fs_json_number(&j, "max", max);
	}
	fs_json_number(&j, "sets", v->sets);
	fs_json_close(&j, '}');
	fs_json_end(&j);
	return 0;
}

static int print_info(const struct run *r, struct fs_query_value *v)
{
	AUTO_FREE char *text = NULL;
	size_t len;
	int err = fs_value_info(v, r->text, &text, &len);

	if (!err)
		fwrite(text, 1, len, stdout);
	return err;
}

static int print_count(struct fs_query_value *v)
{
	uint64_t count;
	int err = bm_expr_count(v->expr, &count);

	if (!err)
		printf("%" PRIu64 "\n", count);
	return err;
}

static int print(const struct run *r, struct fs_query_value *v)
{
	if (r->args->value[OPT_JSON])
		return print_json(r, v);
	if (r->args->value[OPT_INFO])
		return print_info(r, v);
	if (r->args->value[OPT_COUNT])
		return print_count(v);
	return print_members(r, v);
}

/* --- asking --------------------------------------------------------------- */

static enum fs_exit ask(const struct run *r, struct fs *fs)
{
	const struct fs_query_ask question = { fs, &root, FS_INO_BITMAPS,
					       r->text, false };
	struct fs_query_value v = { 0 };
	struct fs_query_error e;
	int err = fs_query_open(&question, &v, &e);

	if (err && e.reason[0])
		return fs_cmd_say(r->path, "'%s' %s", e.text, e.reason);
	if (!err)
		err = print(r, &v);
	fs_query_close(&v);
	if (err)
		return failed(r, err);
	if (fflush(stdout) || ferror(stdout))
		return fs_cmd_say("standard output", "cannot be written to");
	return FS_EXIT_DONE;
}

/* -EROFS: lines that a crash left behind have to be put in place first. */
static int open_sets(struct rs_store *s, struct fs **ret_fs, struct err *e)
{
	struct fs *fs = malloc(sizeof(*fs));
	int err = fs ? fs_init(fs, s, e) : -ENOMEM;

	if (err)
		free(fs);
	else
		*ret_fs = fs;
	return err;
}

static enum fs_exit query(const struct run *r, bool read_only, bool *ret_again)
{
	struct err e = { 0 };
	struct rs_store *s;
	struct fs *fs;
	enum fs_exit code = fs_cmd_open(r->path, read_only, &s);
	int err;

	if (code != FS_EXIT_DONE)
		return code;
	err = open_sets(s, &fs, &e);
	*ret_again = err == -EROFS && read_only;
	if (!err) {
		code = ask(r, fs);
		fs_finish(fs);
		free(fs);
	} else if (!*ret_again) {
		code = fs_cmd_fail(r->path, err, &e);
	}
	return fs_cmd_close(r->path, s, code);
}

/* --- the command line ----------------------------------------------------- */

static bool find_format(const char *name, enum bm_format *ret_format)
{
	for (unsigned f = 0; f < BM_FORMAT_COUNT; f++) {
		if (strcmp(name, bm_format_name((enum bm_format)f)) != 0)
			continue;
		*ret_format = (enum bm_format)f;
		return true;
	}
	return false;
}

static enum fs_exit check(struct run *r)
{
	const char *const *value = (const char *const *)r->args->value;
	struct fs_expr_error why;
	struct fs_expr e;
	int err;

	if (value[OPT_FORMAT] && !find_format(value[OPT_FORMAT], &r->format)) {
		fs_cmd_say(value[OPT_FORMAT],
			   "no such format: there are text, pad, ranges, le64, "
			   "roaring and roaring32");
		return FS_EXIT_USAGE;
	}
	err = fs_expr_parse(r->text, strlen(r->text), &e, &why);
	if (!err)
		fs_expr_finish(&e);
	else if (why.reason)
		fs_cmd_say(r->text, "'%s' at byte %zu: %s", why.text, why.at,
			   why.reason);
	else
		return fs_cmd_fail(r->text, err, NULL);
	return err ? FS_EXIT_USAGE : FS_EXIT_DONE;
}

static enum fs_exit run(const struct fs_args *args)
{
	struct run r = { .path = args->operands[0],
			 .text = args->operands[1],
			 .args = args };
	enum fs_exit code = check(&r);
	bool again = false;

	if (code == FS_EXIT_DONE)
		code = query(&r, true, &again);
	if (again)
		code = query(&r, false, &again);
	return code;
}

const struct fs_cmd fs_cmd_query = {
	.name = "query",
	.synopsis = "STORE EXPRESSION",
	.help = "show the members of an expression over sets",
	.operands_min = 2,
	.operands_max = 2,
	.opts = opts,
	.run = run,
};
