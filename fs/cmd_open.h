/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_open.h - opening the store that a subcommand names. */
#ifndef FS_CMD_OPEN_H
#define FS_CMD_OPEN_H

#include <stdint.h>

#include "fs/cmd.h"

struct rs_store;

/* Open the store, or say why not and what to do about it. Damage is
 * FS_EXIT_DAMAGE. */
enum fs_exit fs_cmd_open(const char *path, bool read_only,
			 struct rs_store **ret_store);

/* Close it; when that fails and code is FS_EXIT_DONE, say so. */
enum fs_exit fs_cmd_close(const char *path, struct rs_store *s,
			  enum fs_exit code);

int64_t fs_cmd_now_ns(void);

/* "1.5 GiB" */
#define FS_SIZE_TEXT 16
void fs_cmd_size(uint64_t bytes, char text[FS_SIZE_TEXT]);

#endif
