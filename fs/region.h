/* SPDX-License-Identifier: Apache-2.0 */
/* region.h - the bytes of a live region, with the locks they need.
 *
 * Threads: any. Each takes the stripe of the inode: for writing when it
 * changes the region, else for reading. -EOPNOTSUPP when ino is no region (a
 * scratch file that became a set while it was open).
 */
#ifndef FS_REGION_H
#define FS_REGION_H

#include "fs/fs.h"

int fs_region_read(struct fs *fs, uint64_t ino, uint64_t off, char *buf,
		   size_t len, size_t *ret_len);
int fs_region_write(struct fs *fs, uint64_t ino, const struct fs_io *io,
		    uint64_t off, const char *buf, size_t len);
int fs_region_truncate(struct fs *fs, uint64_t ino, const struct fs_io *io,
		       uint64_t size);
/* fallocate(2): space is never set aside, as nothing is overwritten in place;
 * without KEEP_SIZE the size grows. PUNCH_HOLE and ZERO_RANGE make holes.
 */
int fs_region_allocate(struct fs *fs, uint64_t ino, int mode, uint64_t off,
		       uint64_t len);
int fs_region_seek(struct fs *fs, uint64_t ino, uint64_t off, bool hole,
		   uint64_t *ret_off);

#endif
