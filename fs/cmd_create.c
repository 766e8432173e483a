/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_create.c - `roarfs create`: a new store with its three directories. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cmd_open.h"
#include "fs/ns.h"

#define ENTRY_MAX 8192 /* bytes of one line of passwd or group */

enum {
	OPT_OWNER
};

static const struct fs_opt opts[] = {
	{ "owner", 'o', "USER[:GROUP]",
	  "who owns the directories in it (default: who runs this)" },
	{ NULL, 0, NULL, NULL },
};

struct owner {
	uid_t uid;
	gid_t gid;
};

/* A number, all of text. */
static bool parse_id(const char *text, unsigned *ret_id)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n >= UINT32_MAX)
		return false;
	*ret_id = (unsigned)n;
	return true;
}

static bool find_user(const char *name, struct owner *o)
{
	char buf[ENTRY_MAX];
	struct passwd pw, *found = NULL;

	if (parse_id(name, &o->uid))
		return true;
	if (getpwnam_r(name, &pw, buf, sizeof(buf), &found) != 0 || !found)
		return false;
	o->uid = pw.pw_uid;
	o->gid = pw.pw_gid;
	return true;
}

static bool find_group(const char *name, struct owner *o)
{
	char buf[ENTRY_MAX];
	struct group gr, *found = NULL;

	if (parse_id(name, &o->gid))
		return true;
	if (getgrnam_r(name, &gr, buf, sizeof(buf), &found) != 0 || !found)
		return false;
	o->gid = gr.gr_gid;
	return true;
}

/* spec is cut at the colon. */
static enum fs_exit find_owner(char *spec, struct owner *o)
{
	char *group = strchr(spec, ':');

	if (group)
		*group++ = '\0';
	if (!find_user(spec, o)) {
		fs_cmd_say(spec, "no such user");
		return FS_EXIT_USAGE;
	}
	if (group && !find_group(group, o)) {
		fs_cmd_say(group, "no such group");
		return FS_EXIT_USAGE;
	}
	return FS_EXIT_DONE;
}

static enum fs_exit format(const char *path, const struct owner *o)
{
	enum fs_exit code;
	struct rs_store *s;
	int err;

	code = fs_cmd_open(path, false, &s);
	if (code != FS_EXIT_DONE)
		return code;
	err = fs_format(s, o->uid, o->gid, fs_cmd_now_ns());
	if (err < 0)
		code = fs_cmd_fail(path, err, NULL);
	return fs_cmd_close(path, s, code);
}

static enum fs_exit run(const struct fs_args *args)
{
	const char *path = args->operands[0];
	struct owner owner = { geteuid(), getegid() };
	enum fs_exit code;
	struct err e = { 0 };
	int err;

	if (args->value[OPT_OWNER]) {
		code = find_owner(args->value[OPT_OWNER], &owner);
		if (code != FS_EXIT_DONE)
			return code;
	}
	err = rs_create(path, &e);
	if (err == -EEXIST)
		return fs_cmd_say(path, "exists already and is left as it is; "
					"remove it first if it can go");
	if (err < 0)
		return fs_cmd_fail(path, err, &e);
	code = format(path, &owner);
	if (code != FS_EXIT_DONE)
		unlink(path); /* ours, and of no use */
	return code;
}

const struct fs_cmd fs_cmd_create = {
	.name = "create",
	.synopsis = "STORE",
	.help = "make a new, empty store",
	.operands_min = 1,
	.operands_max = 1,
	.opts = opts,
	.run = run,
};
