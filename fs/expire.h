/* SPDX-License-Identifier: Apache-2.0 */
/* expire.h - files that expire, in a mount.
 *
 * That nobody sees them any more needs no work (ns_expire.c). Here is what
 * does:
 *
 *	names	are taken away in the background, some at a time, and what lost
 *		its last one is freed. What a process has open is left alone
 *		until it is closed: it may be about to get a new content, which
 *		keeps the file.
 *	room	a new file under such a name takes it away first
 *	kernel	it believes a name for ever. When a file gets an instant, its
 *		names are found and the kernel is told to ask again; from then
 *		on it is told how long to believe them.
 *
 * One thread does that, with a rest after each step that is as long as the
 * step, so that a million files that go at once are in nobody's way.
 *
 * Threads: any.
 */
#ifndef FS_EXPIRE_H
#define FS_EXPIRE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "regionstore/base/lock.h"

struct fs;
struct fs_stale;
struct fs_sweep;

/* At most this long until it is seen that the clock was set, and how often
 * what was open is tried again.
 */
#define FS_EXPIRE_POLL_NS ((uint64_t)1000 * 1000 * 1000)

struct fs_expirer {
	struct lock lock;
	struct cond changed;
	uint64_t *told GUARDED; /* objects whose names the kernel may have */
	size_t n_told GUARDED, cap_told GUARDED;
	bool news GUARDED; /* look at the index again */
	bool stopping GUARDED;
	/* set at start, never changed */
	bool started;
	pthread_t thread;
};

void fs_expirer_init(struct fs_expirer *e);
void fs_expirer_finish(struct fs_expirer *e);
int fs_expirer_start(struct fs *fs);
void fs_expirer_stop(struct fs *fs); /* accepts one never started */
/* Wait so long, or until there are news; false: it is time to stop. */
bool fs_expirer_rest(struct fs_expirer *e, uint64_t ns);

/* An object was given an instant, in a txn that has ended. */
void fs_expire_noted(struct fs *fs, uint64_t ino);

/* The name leads to what has expired: true when it is free now. */
bool fs_expire_clear(struct fs *fs, uint64_t dir, const char *name);
/* The same for all names in a directory that holds nothing else. */
bool fs_expire_clear_dir(struct fs *fs, uint64_t dir);
/* Does the directory begin with such a name? It may hold only those, which can
 * be many to look at. */
bool fs_expire_hides_first(struct fs *fs, uint64_t dir);

/* Take names away, and free what that leaves without one. Errors are left to
 * the next time. How many went.
 */
#define FS_EXPIRE_BATCH 64u
size_t fs_expire_drop(struct fs *fs, const struct fs_stale *stale, size_t n);
/* The next names of a sweep, at most FS_EXPIRE_BATCH, as they are now. */
int fs_expire_stretch(struct fs *fs, struct fs_sweep *s, struct fs_stale *found,
		      size_t *ret_n, bool *ret_done);
/* All that has expired and is not open. *ret_any: there was something. */
int fs_expire_sweep(struct fs *fs, bool *ret_any);

#endif
