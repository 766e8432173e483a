/* SPDX-License-Identifier: Apache-2.0 */
/* opens.h - what is open now, and what must be remembered while it is.
 *
 * Only open objects have an entry here. It counts the handles, so that an
 * object without a name lives until the last of them is released, and holds
 * three notes about sets:
 *
 * A TIME that somebody set while a writer still had the file open: tar, cp -p
 * and rsync set the times first and close afterwards, and closing must not
 * bump them. The next write takes the note away.
 *
 * When an EXPIRY was set, counted and not timed. A new content takes an expiry
 * away, but not one that was set since its writer opened the file: cp -a does
 * so before it closes.
 *
 * A CLOSING mark: the file was truncated, nothing was written, and one of its
 * descriptors was closed. ": > s" ends so, and so does the start of "cmd > s",
 * because a shell closes one of two descriptors before the command runs. The
 * two differ only in whether a RELEASE follows, which it does within
 * microseconds, but after close(2) returned. So who looks at the set in the
 * next FS_CLOSING_NS waits for it (on a worker, never in a handler).
 *
 * Threads: any. Leaf locks, one for each of FS_OPENS_SHARDS.
 */
#ifndef FS_OPENS_H
#define FS_OPENS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "regionstore/base/lock.h"

#define FS_OPENS_SHARDS	 16u
#define FS_OPENS_BUCKETS 256u /* in each shard */
#define FS_CLOSING_NS	 ((uint64_t)50 * 1000 * 1000)

struct fs_open;

struct fs_opens {
	_Atomic uint64_t expiries; /* set so far, of any file */
	struct fs_opens_shard {
		struct lock lock;
		struct cond closed; /* a closing mark went away */
		struct fs_open *buckets[FS_OPENS_BUCKETS] GUARDED;
	} shards[FS_OPENS_SHARDS];
};

void fs_opens_init(struct fs_opens *o);
void fs_opens_finish(struct fs_opens *o);

/* One more handle. -ENOMEM. */
int fs_opens_get(struct fs_opens *o, uint64_t ino);
/* One less: true when it was the last and the object is an orphan, which the
 * caller now reaps.
 */
bool fs_opens_put(struct fs_opens *o, uint64_t ino);
/* The object has lost its last name: true when a handle keeps it, else the
 * caller reaps it now.
 */
bool fs_opens_orphan(struct fs_opens *o, uint64_t ino);
/* It has a name again: link(2) of an O_TMPFILE. */
void fs_opens_named(struct fs_opens *o, uint64_t ino);
/* How many handles it has. */
unsigned fs_opens_count(struct fs_opens *o, uint64_t ino);
/* One of its handles writes, or, about to be put, does so no more. */
void fs_opens_writer(struct fs_opens *o, uint64_t ino, bool writes);
bool fs_opens_has_writer(struct fs_opens *o, uint64_t ino);

/* The time note; setting it on what is not open does nothing. */
void fs_opens_set_time(struct fs_opens *o, uint64_t ino, int64_t mtime_ns);
void fs_opens_forget_time(struct fs_opens *o, uint64_t ino);
/* The noted time, or now_ns. */
int64_t fs_opens_time(struct fs_opens *o, uint64_t ino, int64_t now_ns);

/* An expiry is set; was one since fs_opens_expiries() was so many? */
void fs_opens_set_expiry(struct fs_opens *o, uint64_t ino);
uint64_t fs_opens_expiries(struct fs_opens *o);
bool fs_opens_expiry_since(struct fs_opens *o, uint64_t ino, uint64_t then);

/* The closing mark. */
void fs_opens_closing(struct fs_opens *o, uint64_t ino);
void fs_opens_not_closing(struct fs_opens *o, uint64_t ino);
bool fs_opens_is_closing(struct fs_opens *o, uint64_t ino);
void fs_opens_wait_closed(struct fs_opens *o, uint64_t ino);

#endif
