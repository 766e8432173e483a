/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_config.h - the text of .ctl/config. */
#ifndef FS_CTL_CONFIG_H
#define FS_CTL_CONFIG_H

#include <stddef.h>

struct fs;

/* What holds for this mount, a word and its value in each line. The caller
 * frees it. */
int fs_ctl_config(const struct fs *fs, char **ret_text, size_t *ret_len);

#endif
