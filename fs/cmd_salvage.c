/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_salvage.c - `roarfs salvage`: what is left of a ruined store, in a new
 * one. The old one is only read. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "fs/cmd_open.h"
#include "fs/salvage.h"

static void on_line(void *arg, const char *text)
{
	printf("%s: %s\n", (const char *)arg, text);
}

static enum fs_exit fail(const char *path, int err, const struct err *e)
{
	fs_cmd_fail(path, err, e);
	return err == -EUCLEAN || err == -EBADMSG ? FS_EXIT_DAMAGE
						  : FS_EXIT_FAILED;
}

static enum fs_exit salvage(char *path, const char *new_path,
			    struct rs_store *from)
{
	struct fs_salvage sv = { .say = on_line, .arg = path };
	const struct rs_open_opts opts = { .commit_ms = 1000 };
	struct rs_check_result result = { 0 };
	struct err e = { 0 };
	struct rs_store *to;
	int err = rs_create(new_path, &e);

	if (err < 0)
		return fail(new_path, err, &e);
	err = rs_open(new_path, &opts, &to, &e);
	if (err < 0)
		return fail(new_path, err, &e);
	err = fs_salvage(from, to, &sv);
	if (err == 0)
		err = fs_check_store(to, on_line, path, &result);
	if (err < 0) {
		rs_abandon(to);
		return fail(new_path, err, NULL);
	}
	printf("%s: %" PRIu64 " records went to %s\n", path, sv.records,
	       new_path);
	return fs_cmd_close(new_path, to,
			    sv.lost || result.findings ? FS_EXIT_DAMAGE
						       : FS_EXIT_DONE);
}

static enum fs_exit run(const struct fs_args *args)
{
	char *path = args->operands[0];
	struct err e = { 0 };
	struct rs_store *from;
	enum fs_exit code;
	int err = rs_salvage_open(path, on_line, path, &from, &e);

	if (err < 0)
		return fail(path, err, &e);
	code = salvage(path, args->operands[1], from);
	rs_abandon(from);
	return code;
}

const struct fs_cmd fs_cmd_salvage = {
	.name = "salvage",
	.synopsis = "STORE NEWSTORE",
	.help = "bring what is left of a ruined store into a new one",
	.operands_min = 2,
	.operands_max = 2,
	.run = run,
};
