/* SPDX-License-Identifier: Apache-2.0 */
/* io_fault.h - a disk that notes everything, fails on demand, and can say what
 * it would look like had the power failed.
 *
 * Each call that changes the disk (write, sync, allocate, punch, resize) is an
 * op and has a number from 1. After a run, fault_crash() builds the disk as of
 * a power cut right after op n: what was synced is there; of the rest, each
 * op may have reached the disk or not, whole or in part, in any order.
 * crash_window.h goes through all of these systematically.
 *
 * A process that dies is no power cut: the store can be opened again through
 * fault_io() and goes on, and what was not synced before still is not.
 */
#ifndef TESTS_SUPPORT_IO_FAULT_H
#define TESTS_SUPPORT_IO_FAULT_H

#include "tests/support/disk.h"
#include "tests/support/rng.h"

struct fault;

enum fault_kind {
	FAULT_EIO,    /* nothing done */
	FAULT_ENOSPC, /* nothing done */
	FAULT_SHORT,  /* a write of which half was done; -EIO */
	FAULT_KINDS,
	FAULT_READ = FAULT_KINDS, /* -EIO, of a read */
};

enum fault_crash {
	CRASH_NONE,   /* of what was not synced nothing is there */
	CRASH_ALL,    /* everything is */
	CRASH_SUBSET, /* each op or not, by lot */
	CRASH_TORN,   /* each 512 bytes of each op or not */
	CRASH_PAGES,  /* each 4096 bytes of each op or not */
	CRASH_ORDER,  /* each op or not, in any order */
	CRASH_KINDS,
};

/* Disks that break their word, to see that a test notices. */
enum fault_lie {
	LIE_NONE,
	LIE_SYNC,  /* a sync returns and has done nothing */
	LIE_ORDER, /* so does it, but superblocks are on the disk at once */
};

/* What becomes of writes that a sync, or a write through, that fails should
 * have brought to the disk. The host calls its memory clean and has done with
 * them: a later sync leaves them out. */
enum fault_loss {
	LOSS_NONE, /* the next sync makes up for it */
	LOSS_DISK, /* they never reach the disk; reading shows them even so */
	LOSS_ALL,  /* and reading shows what was there before */
};

/* d is the disk, in its present state synced. It stays the caller's. */
struct fault *fault_new(struct disk *d);
void fault_free(struct fault *f);
/* Of one store at a time, of any number one after the other. */
struct rs_io *fault_io(struct fault *f);

/* The n-th op from now fails, and with always all after it too. FAULT_READ is
 * about reads instead. 0: none. */
void fault_fail(struct fault *f, uint64_t n, enum fault_kind kind, bool always);
/* The same once more, gap ops after the n-th. */
void fault_fail_twice(struct fault *f, uint64_t n, uint64_t gap,
		      enum fault_kind kind);
uint64_t fault_hits(const struct fault *f); /* calls that failed so far */

/* From now on. */
void fault_lie(struct fault *f, enum fault_lie lie);

/* From now on, when all is as if it had been synced. */
void fault_lose(struct fault *f, enum fault_loss loss);
/* What op n, from 1, was. */
struct fault_note {
	bool flushes;	       /* a write, or a sync */
	uint64_t pgno, npages; /* that it wrote */
};
struct fault_note fault_note(const struct fault *f, uint64_t n);

uint64_t fault_ops(const struct fault *f); /* ops so far */

/* The process dies after op n, and the page cache survives: the disk as the
 * next process finds it, whose later ops are noted behind those n. What was
 * not synced still may be lost. The caller frees both, the disk last. Call for
 * increasing n. */
struct fault *fault_die(struct fault *f, uint64_t n, struct disk **ret_disk);

/* Call for increasing n: what was synced is carried over. */
struct disk *fault_crash(struct fault *f, uint64_t n, enum fault_crash kind,
			 struct rng *r);

#endif
