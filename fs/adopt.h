/* SPDX-License-Identifier: Apache-2.0 */
/* adopt.h - a scratch file becomes a set.
 *
 * Editors and rsync write beside the target, under a name that begins with a
 * dot, and rename at the end. That rename parses the text; when it does not
 * parse, the rename fails with -EINVAL, .ctl/errors says where, and nothing
 * has changed.
 *
 * Threads: any; it reads the whole file, so it belongs on a worker.
 */
#ifndef FS_ADOPT_H
#define FS_ADOPT_H

#include "fs/fs.h"

/* The rename r, for which fs_rename() said -EAGAIN; the bytes are of format.
 * *ret_adopted is the object that became a set; *ret_orphan as from
 * fs_rename().
 */
int fs_adopt(struct fs *fs, const struct fs_rename *r, enum bm_format format,
	     int pid, uint64_t *ret_adopted, uint64_t *ret_orphan);

#endif
