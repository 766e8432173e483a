/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h - an open scratch file that became a set.
 *
 * A name with a dot in front leads to bytes until it is renamed (adopt.h). Who
 * has the file open then holds a handle on bytes that are members now. He goes
 * on reading: what the set reads as, in the size that fstat(2) tells him. He
 * does not go on writing, as his offsets mean nothing any more.
 *
 * Threads: any; no stripe may be held.
 */
#ifndef FS_SCRATCH_H
#define FS_SCRATCH_H

#include "fs/fs.h"

/* The text of the set ino as it is now. */
int fs_scratch_read(struct fs *fs, uint64_t ino, uint64_t off, char *buf,
		    size_t len, size_t *ret_len);
/* A line in .ctl/errors: what cannot be done at that byte, and why. */
void fs_scratch_refused(struct fs *fs, uint64_t ino, const struct fs_io *io,
			const char *what, uint64_t at);

#endif
