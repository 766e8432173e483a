/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.h - what a reader in order wants next is made before it asks.
 *
 * Making text and the kernel's copy of it take about as long, and the reader
 * waits for both. With a second thread they go on at the same time:
 *
 *	thread    |  make 1  |  make 2  |  make 3  |
 *	handler        |copy 0|    |copy 1|   |copy 2|
 *
 * A handle has two BLOCKS, one that is read and one that is made. Who has read
 * FS_AHEAD_FROM bytes in order gets them, and loses them at the end of the file
 * or by reading elsewhere. So at most one block is made in vain, what is read
 * here and there costs no memory, and short files neither. At most
 * FS_AHEAD_MAX handles have blocks; others read as before.
 *
 * The threads are two, for the CPUs of even and of odd number, and a block is
 * ordered from the one that is not for the reader's CPU: its handler runs there
 * in the idle class of the scheduler (reply.c), which would put any other
 * thread it wakes in its own place. With one CPU there are none.
 *
 * A block that no thread has begun when it is wanted is taken back, and the
 * reader makes what it needs: a busy machine is no slower than without. An
 * error is thrown away with the block, and met again by the reader.
 *
 * Threads: one at a time on one struct fs_ahead, any on several. Below
 * LOCK_QUEUE no block is made or copied.
 */
#ifndef FS_AHEAD_H
#define FS_AHEAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regionstore/base/lock.h"

#define FS_AHEAD_BLOCK	 ((size_t)256 << 10)
#define FS_AHEAD_FROM	 ((uint64_t)256 << 10)
#define FS_AHEAD_MAX	 16u
#define FS_AHEAD_THREADS 2u

struct bm_file;
struct fs_ahead_blocks;

struct fs_aheads {
	struct lock lock;
	struct cond ordered[FS_AHEAD_THREADS];
	struct cond made;
	struct fs_ahead_blocks *first[FS_AHEAD_THREADS] GUARDED;
	unsigned n_readers GUARDED; /* that have blocks */
	bool running GUARDED;
	/* set at start, never changed */
	pthread_t threads[FS_AHEAD_THREADS];
	unsigned n_threads;
};

void fs_aheads_init(struct fs_aheads *all);
void fs_aheads_finish(struct fs_aheads *all);
/* Without threads, or with one CPU, nothing is made ahead. After fork(2). */
int fs_aheads_start(struct fs_aheads *all);
void fs_aheads_stop(struct fs_aheads *all); /* accepts one never started */

/* Of one handle; zeros are the begin. */
struct fs_ahead {
	uint64_t next;	   /* where the last read ended, */
	uint64_t in_order; /* and how much was read in order up to there */
	struct fs_ahead_blocks *blocks; /* owned, or NULL */
};

/* As bm_file_read(). file must stay until fs_ahead_end(). */
int fs_ahead_read(struct fs_aheads *all, struct fs_ahead *a,
		  const struct bm_file *file, uint64_t off, char *buf,
		  size_t len, size_t *ret_len);
/* Nothing is made or kept any more; the next read begins anew. */
void fs_ahead_end(struct fs_aheads *all, struct fs_ahead *a);

#endif
