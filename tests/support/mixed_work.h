/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_work.h - everything a user does, by lot, through the namespace.
 *
 * One step is one system call, or what the file system makes of it: names of
 * all sorts, lines appended to sets and settled, a set replaced as > does it,
 * regions written and cut, scratch files renamed into sets, orphans reaped,
 * snapshots, syncs, files that expire and are swept. The names are few, so
 * that they meet; what a user would be refused is refused.
 */
#ifndef TESTS_SUPPORT_MIXED_WORK_H
#define TESTS_SUPPORT_MIXED_WORK_H

#include "fs/ns.h"
#include "tests/support/rng.h"

#define MIXED_MS      1000000 /* between two steps, by their clock */
#define MIXED_SNAPS   3u
#define MIXED_ORPHANS 6u

struct mixed_snap {
	char name[16]; /* "": none */
	uint64_t digest;
};

struct mixed {
	struct rs_store *store;
	struct bm_db *db;
	struct rng rng;
	int64_t now;
	uint64_t orphans[MIXED_ORPHANS]; /* to be reaped; 0: none */
	struct mixed_snap snaps[MIXED_SNAPS];
	uint64_t named;
	/* A txn has ended: the live view may show something else. */
	void (*ended)(void *arg);
	void *arg;
};

/* What a step was. */
struct mixed_done {
	int err;
	bool durable;	/* all of it is on the disk, when err is 0 */
	bool alone;	/* or it alone, when sets could not be settled */
	uint64_t snaps; /* the sum of snapshots, had it not failed */
};

/* A formatted store, in both superblocks; io stays the caller's. */
void mixed_format(struct rs_io *io);
/* One commit more that cannot be seen. */
void mixed_commit_again(struct rs_store *s);
/* Of the log, as a store is opened here: few, so that it is full soon, or as
 * many as the environment variable LOG_PAGES says. */
unsigned mixed_log_pages(void);
/* Open the store; ended and arg are set afterwards. Commits take two flushes,
 * and there is no log, if the environment variable FLUSHES is 2. */
void mixed_open(struct mixed *m, struct rs_io *io, uint64_t seed);
void mixed_abandon(struct mixed *m); /* without a commit */
/* Open again what was abandoned; snaps, now and the lot go on. */
int mixed_reopen(struct mixed *m, struct rs_io *io);
/* Fill snaps from what is in the store, in the order of names. */
void mixed_find_snaps(struct mixed *m);

/* What a user sees, when all that waits is in place; nothing is put there. */
uint64_t mixed_look(struct mixed *m);

struct mixed_done mixed_step(struct mixed *m);
/* Commit, as fsync does. */
int mixed_sync(struct mixed *m);

/* Of all snapshots, as snaps_digest() says it. */
uint64_t mixed_snaps(const struct mixed *m);

#endif
