/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - roarfs: one program, a subcommand each for what it can do. */
#include <stdio.h>
#include <string.h>

#include "fs/cmd.h"

/* In the order in which somebody new meets them. */
static const struct fs_cmd *const table[] = {
	&fs_cmd_create,	 &fs_cmd_mount, &fs_cmd_umount,	 &fs_cmd_info,
	&fs_cmd_query,	 &fs_cmd_check, &fs_cmd_compact, &fs_cmd_repair,
	&fs_cmd_salvage, NULL,
};

/* mount(8) runs mount.roarfs, which is this program under another name. */
static bool is_mount_helper(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return strcmp(slash ? slash + 1 : argv0, "mount.roarfs") == 0;
}

static enum fs_exit run(int argc, char **argv)
{
	if (argc > 0 && is_mount_helper(argv[0]))
		return fs_cmd_mount_helper(argc, argv);
	return fs_cmd_main(table, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	enum fs_exit code = run(argc, argv);

	/* What was printed must have arrived, or it was not done. */
	if (fflush(stdout) != 0 && code == FS_EXIT_DONE) {
		perror("roarfs: stdout");
		code = FS_EXIT_FAILED;
	}
	return (int)code;
}
