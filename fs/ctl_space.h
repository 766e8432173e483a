/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_space.h - the text of .ctl/space. */
#ifndef FS_CTL_SPACE_H
#define FS_CTL_SPACE_H

#include <stddef.h>

struct rs_store;

/* Totals, a line for each group of the file, and one for each snapshot, in
 * bytes. The caller frees it. */
int fs_ctl_space(struct rs_store *s, char **ret_text, size_t *ret_len);

#endif
