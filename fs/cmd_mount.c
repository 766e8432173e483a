/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_mount.c - `roarfs mount`, and being called as mount.roarfs. */
#include <stdio.h>

#include "fs/cmd.h"
#include "fs/daemon.h"

enum {
	OPT_FOREGROUND,
	OPT_OPTIONS
};

static const struct fs_opt opts[] = {
	{ "foreground", 'f', NULL, "stay, and show errors on stderr" },
	{ "options", 'o', "LIST",
	  "ro, allow_other, commit=SECONDS, commit=2pc, sync, fsname=NAME, "
	  "suid, dev, noexec, noatime, auto_unmount, no_io_uring" },
	{ NULL, 0, NULL, NULL },
};

static enum fs_exit refuse(const struct err *e)
{
	fprintf(stderr, "roarfs: mount: %s\n", e->msg);
	return FS_EXIT_USAGE;
}

static enum fs_exit run(const struct fs_args *args)
{
	struct fs_mount_opts o;
	struct err e = { 0 };

	fs_mount_opts_init(&o);
	o.store = args->operands[0];
	o.mnt = args->operands[1];
	o.foreground = args->value[OPT_FOREGROUND];
	if (args->value[OPT_OPTIONS] &&
	    fs_mount_opts_list(&o, args->value[OPT_OPTIONS], &e))
		return refuse(&e);
	return fs_daemon_run(&o) ? FS_EXIT_FAILED : FS_EXIT_DONE;
}

const struct fs_cmd fs_cmd_mount = {
	.name = "mount",
	.synopsis = "STORE DIRECTORY",
	.help = "serve a store as a file system",
	.operands_min = 2,
	.operands_max = 2,
	.opts = opts,
	.run = run,
};

enum fs_exit fs_cmd_mount_helper(int argc, char **argv)
{
	struct fs_mount_opts o;
	struct err e = { 0 };

	fs_mount_opts_init(&o);
	if (fs_mount_opts_helper(&o, argc - 1, argv + 1, &e))
		return refuse(&e);
	return fs_daemon_run(&o) ? FS_EXIT_FAILED : FS_EXIT_DONE;
}
