/* SPDX-License-Identifier: Apache-2.0 */
/* cmd.h - the subcommands of roarfs, and what they have in common.
 *
 * A subcommand is one struct fs_cmd in a file cmd_NAME.c, and one line in the
 * table of main.c. From the struct come `roarfs --help`, `roarfs NAME --help`
 * and the parsing of options; the man page is compared with it by a test.
 *
 * Messages go to stderr, begin with "roarfs: ", name the file in quotes and,
 * where there is one, the cure. What was asked for goes to stdout.
 */
#ifndef FS_CMD_H
#define FS_CMD_H

#include <stdbool.h>

#include "regionstore/base/err.h"

enum fs_exit {
	FS_EXIT_DONE = 0,
	FS_EXIT_FAILED = 1,
	FS_EXIT_USAGE = 2,
	FS_EXIT_DAMAGE = 3, /* the store is damaged */
};

/* An option: "--name", and "-letter" unless it is 0; with an argument when
 * arg names one. Each command has --help, which is not in its list. */
struct fs_opt {
	const char *name;
	char letter;
	const char *arg; /* "SECONDS", or NULL for a switch */
	const char *help;
};
#define FS_OPTS_MAX 24

struct fs_cmd;
struct fs_args {
	const struct fs_cmd *cmd;
	/* By the place of the option in cmd->opts: NULL when not given, ""
	 * for a switch; given several times, the values with commas between
	 * them. Owned. */
	char *value[FS_OPTS_MAX];
	char **operands; /* borrowed from argv */
	int n_operands;	 /* within the limits of cmd */
};

struct fs_cmd {
	const char *name;
	const char *synopsis; /* operands: "STORE DIRECTORY" */
	const char *help;     /* one line */
	int operands_min, operands_max;
	const struct fs_opt *opts; /* ends with a NULL name; or NULL */
	enum fs_exit (*run)(const struct fs_args *args);
};

extern const struct fs_cmd fs_cmd_check;
extern const struct fs_cmd fs_cmd_compact;
extern const struct fs_cmd fs_cmd_create;
extern const struct fs_cmd fs_cmd_info;
extern const struct fs_cmd fs_cmd_mount;
extern const struct fs_cmd fs_cmd_query;
extern const struct fs_cmd fs_cmd_repair;
extern const struct fs_cmd fs_cmd_salvage;
extern const struct fs_cmd fs_cmd_umount;

/* Run the command that argv[0] names. table ends with NULL. */
enum fs_exit fs_cmd_main(const struct fs_cmd *const *table, int argc,
			 char **argv);

/* What mount(8) runs as mount.roarfs, with its command line. */
enum fs_exit fs_cmd_mount_helper(int argc, char **argv);

/* "roarfs: 'path': why", why being e's message or, when e is NULL or says
 * nothing, what code means. Always FS_EXIT_FAILED. */
enum fs_exit fs_cmd_fail(const char *path, int code, const struct err *e);

/* "roarfs: 'path': text", likewise. */
enum fs_exit fs_cmd_say(const char *path, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

#endif
