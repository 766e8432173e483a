/* SPDX-License-Identifier: Apache-2.0 */
/* as_sizes.h - how large the files of large sets are in other formats.
 *
 * The size of a set as roaring or as ranges takes one pass over it. So that
 * stat(2) costs one pass for each version and not one each time, the sizes of
 * the last FS_AS_SIZES versions that were asked for are kept. A version is
 * known by the time of its last change, which grows with each change of the
 * members, and, against clocks that were set back, by what is known of every
 * set.
 *
 * Threads: any; one leaf lock.
 */
#ifndef FS_AS_SIZES_H
#define FS_AS_SIZES_H

#include "fs/ns.h"
#include "regionstore/base/lock.h"

#define FS_AS_SIZES 256u

struct fs_as_version {
	uint64_t ino;
	enum bm_format format;
	int64_t ctime_ns;
	struct bm_info info;
};

struct fs_as_sizes {
	struct lock lock;
	struct fs_as_size {
		struct fs_as_version version; /* ino 0: free */
		uint64_t size;
	} slots[FS_AS_SIZES] GUARDED;
};

void fs_as_sizes_init(struct fs_as_sizes *s);
void fs_as_sizes_finish(struct fs_as_sizes *s);

bool fs_as_sizes_find(struct fs_as_sizes *s, const struct fs_as_version *v,
		      uint64_t *ret_size) EXCLUDES(s->lock);
void fs_as_sizes_note(struct fs_as_sizes *s, const struct fs_as_version *v,
		      uint64_t size) EXCLUDES(s->lock);

#endif
