/* SPDX-License-Identifier: Apache-2.0 */
/* crash_run.h - a file system at work on a disk that notes everything.
 *
 * After each txn what can be seen is pushed on the timeline. What a commit
 * itself makes visible, as it settles sets and takes snapshots, can be on the
 * disk before the call returns: such a state counts from the op before.
 *
 * Lines that wait in the queue of a set are in the states as if they had been
 * settled: whoever looks at the set makes it so.
 */
#ifndef TESTS_SUPPORT_CRASH_RUN_H
#define TESTS_SUPPORT_CRASH_RUN_H

#include "tests/support/io_fault.h"
#include "tests/support/mixed_work.h"
#include "tests/support/timeline.h"

struct crash_run {
	struct mixed m;
	struct disk *disk;
	struct fault *fault;
	struct timeline tl;
	uint64_t hits; /* fault_hits() when the last step was noted */
	uint64_t kept; /* when it began: the live tree but what may be lost */
};

/* A closed store to begin with, and the snapshots in it. */
struct crash_base {
	struct disk *disk;
	struct mixed_snap snaps[MIXED_SNAPS];
};

/* On a copy of base, or newly made when it is NULL. */
void crash_run_start(struct crash_run *r, const struct crash_base *base,
		     uint64_t seed);
/* The store is gone, without a commit; the disk stays. */
void crash_run_stop(struct crash_run *r);
void crash_run_finish(struct crash_run *r);

/* The process dies and another one opens the store: what was not synced may be
 * seen, and may still be lost. */
void crash_run_reopen(struct crash_run *r);
/* Had it died after op n, this is how the next one goes on. r is stopped, and
 * finished later than ret_run; call for increasing n. */
void crash_run_die(struct crash_run *r, uint64_t n, struct crash_run *ret_run);

/* A step that may commit says what it did; before: fault_ops() before it, when
 * r->kept was set. */
void crash_run_note(struct crash_run *r, uint64_t before,
		    const struct mixed_done *done);
/* A step of mixed_work.h. */
int crash_run_step(struct crash_run *r);
/* The same of a sync. */
int crash_run_sync(struct crash_run *r);

uint64_t crash_run_live(const struct crash_run *r); /* digest */
/* The same without what waits and is not durable. */
uint64_t crash_run_kept(const struct crash_run *r);

#endif
