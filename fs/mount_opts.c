/* SPDX-License-Identifier: Apache-2.0 */
/* mount_opts.c - words to options, by one table. */

#include "fs/mount_opts.h"

#include <stdlib.h>
#include <string.h>

#define COMMIT_MS_DEFAULT 5000u

enum word_act {
	ACT_IGNORE, /* mount(8)'s own, or what is so anyway */
	ACT_KERNEL, /* handed on as it is */
	ACT_READ_ONLY,
	ACT_READ_WRITE,
	ACT_SUID,
	ACT_DEV,
	ACT_NO_URING,
	ACT_COMMIT,
	ACT_SYNC,
	ACT_FSNAME,
};

struct word {
	const char *name; /* with '=' at its end: takes a value */
	enum word_act act;
};

static const struct word words[] = {
	{ "allow_other", ACT_KERNEL },
	{ "allow_root", ACT_KERNEL },
	{ "async", ACT_IGNORE },
	{ "atime", ACT_IGNORE },
	{ "auto", ACT_IGNORE },
	{ "auto_unmount", ACT_KERNEL },
	{ "comment=", ACT_IGNORE },
	{ "commit=", ACT_COMMIT },
	{ "default_permissions", ACT_IGNORE },
	{ "defaults", ACT_IGNORE },
	{ "dev", ACT_DEV },
	{ "diratime", ACT_IGNORE },
	{ "exec", ACT_IGNORE },
	{ "fsname=", ACT_FSNAME },
	{ "group", ACT_IGNORE },
	{ "lazytime", ACT_IGNORE },
	{ "loud", ACT_IGNORE },
	{ "no_io_uring", ACT_NO_URING },
	{ "noatime", ACT_KERNEL },
	{ "noauto", ACT_IGNORE },
	{ "nodev", ACT_IGNORE },
	{ "nodiratime", ACT_IGNORE },
	{ "noexec", ACT_KERNEL },
	{ "nofail", ACT_IGNORE },
	{ "nolazytime", ACT_IGNORE },
	{ "norelatime", ACT_IGNORE },
	{ "nosuid", ACT_IGNORE },
	{ "nouser", ACT_IGNORE },
	{ "nousers", ACT_IGNORE },
	{ "owner", ACT_IGNORE },
	{ "relatime", ACT_IGNORE },
	{ "ro", ACT_READ_ONLY },
	{ "rw", ACT_READ_WRITE },
	{ "silent", ACT_IGNORE },
	{ "strictatime", ACT_IGNORE },
	{ "suid", ACT_SUID },
	{ "sync", ACT_SYNC },
	{ "user", ACT_IGNORE },
	{ "user=", ACT_IGNORE },
	{ "users", ACT_IGNORE },
	{ "_netdev", ACT_IGNORE },
};

void fs_mount_opts_init(struct fs_mount_opts *o)
{
	memset(o, 0, sizeof(*o));
	o->commit_ms = COMMIT_MS_DEFAULT;
}

/* The word's entry, and its value behind the '='. */
static const struct word *find_word(const char *text, const char **ret_value)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].name);
		bool has_value = words[i].name[len - 1] == '=';

		if (has_value && strncmp(text, words[i].name, len) == 0) {
			*ret_value = text + len;
			return &words[i];
		}
		if (!has_value && strcmp(text, words[i].name) == 0) {
			*ret_value = "";
			return &words[i];
		}
	}
	return NULL;
}

static int set_commit(struct fs_mount_opts *o, const char *value, struct err *e)
{
	char *end;
	unsigned long s = strtoul(value, &end, 10);

	if (strcmp(value, "2pc") == 0) {
		o->two_flush = true;
		return 0;
	}
	if (!*value || *value == '-' || *end || s < 1 || s > FS_COMMIT_S_MAX)
		return err_set(e, -EINVAL,
			       "option 'commit=%s': seconds from 1 to %u, or "
			       "2pc",
			       value, FS_COMMIT_S_MAX);
	o->commit_ms = (unsigned)s * 1000;
	return 0;
}

static int set_fsname(struct fs_mount_opts *o, const char *value, struct err *e)
{
	if (!*value || strlen(value) >= sizeof(o->fsname))
		return err_set(e, -EINVAL, "option 'fsname=': 1 to %zu bytes",
			       sizeof(o->fsname) - 1);
	memcpy(o->fsname, value, strlen(value) + 1);
	return 0;
}

static int hand_on(struct fs_mount_opts *o, const char *text, struct err *e)
{
	size_t at = strlen(o->kernel);

	if (at + strlen(text) + 2 > sizeof(o->kernel))
		return err_set(e, -EINVAL, "too many options");
	o->kernel[at] = ',';
	memcpy(o->kernel + at + 1, text, strlen(text) + 1);
	return 0;
}

static int act(struct fs_mount_opts *o, const struct word *w, const char *text,
	       const char *value, struct err *e)
{
	switch (w->act) {
	case ACT_IGNORE:
		break;
	case ACT_KERNEL:
		return hand_on(o, text, e);
	case ACT_READ_ONLY:
		o->read_only = true;
		break;
	case ACT_READ_WRITE:
		o->read_only = false;
		break;
	case ACT_SUID:
		o->suid = true;
		break;
	case ACT_DEV:
		o->dev = true;
		break;
	case ACT_NO_URING:
		o->no_uring = true;
		break;
	case ACT_SYNC:
		o->sync_writes = true;
		break;
	case ACT_COMMIT:
		return set_commit(o, value, e);
	case ACT_FSNAME:
		return set_fsname(o, value, e);
	}
	return 0;
}

static int one_word(struct fs_mount_opts *o, const char *text, struct err *e)
{
	const struct word *w;
	const char *value;

	/* fstab's notes to systemd and to programs of the user's own. */
	if (!*text || strncmp(text, "x-", 2) == 0 ||
	    strncmp(text, "X-", 2) == 0)
		return 0;
	w = find_word(text, &value);
	if (!w)
		return err_set(e, -EINVAL, "unknown option '%s'", text);
	return act(o, w, text, value, e);
}

int fs_mount_opts_list(struct fs_mount_opts *o, const char *list, struct err *e)
{
	char text[300];
	int err = 0;

	while (!err) {
		size_t len = strcspn(list, ",");

		if (len >= sizeof(text))
			return err_set(e, -EINVAL, "option too long");
		memcpy(text, list, len);
		text[len] = 0;
		err = one_word(o, text, e);
		list += len;
		if (!*list)
			break;
		list++;
	}
	return err;
}

/* --- mount(8)'s command line ---------------------------------------------- */

/* Its own options: -t and -N have a value, the rest have none. */
static bool is_ignored(const char *arg)
{
	return strlen(arg) == 2 && strchr("tNnsvw", arg[1]);
}

static int dash_word(struct fs_mount_opts *o, char **argv, int *i,
		     struct err *e)
{
	const char *arg = argv[*i];

	if (strncmp(arg, "-o", 2) == 0) {
		const char *list = arg[2] ? arg + 2 : argv[++*i];

		if (!list)
			return err_set(e, -EINVAL, "-o needs a list");
		return fs_mount_opts_list(o, list, e);
	}
	if (strcmp(arg, "-f") == 0)
		o->fake = true;
	else if (strcmp(arg, "-r") == 0)
		o->read_only = true;
	else if (!is_ignored(arg))
		return err_set(e, -EINVAL, "unknown option '%s'", arg);
	if ((arg[1] == 't' || arg[1] == 'N') && !argv[++*i])
		return err_set(e, -EINVAL, "%s needs a value", arg);
	return 0;
}

int fs_mount_opts_helper(struct fs_mount_opts *o, int argc, char **argv,
			 struct err *e)
{
	int err = 0;

	for (int i = 0; i < argc && !err; i++) {
		if (argv[i][0] == '-' && argv[i][1])
			err = dash_word(o, argv, &i, e);
		else if (!o->store)
			o->store = argv[i];
		else if (!o->mnt)
			o->mnt = argv[i];
		else
			err = err_set(e, -EINVAL, "too many arguments: '%s'",
				      argv[i]);
	}
	if (!err && !o->mnt)
		err = err_set(e, -EINVAL, "needs a store and a directory");
	return err;
}
