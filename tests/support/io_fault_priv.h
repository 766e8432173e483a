/* SPDX-License-Identifier: Apache-2.0 */
/* io_fault_priv.h - what the disk noted. PRIVATE to io_fault.c, crash.c and
 * crash_window.c.
 */
#ifndef TESTS_SUPPORT_IO_FAULT_PRIV_H
#define TESTS_SUPPORT_IO_FAULT_PRIV_H

#include "tests/support/io_fault.h"

#include <pthread.h>

enum op_kind {
	OP_WRITE,
	OP_THROUGH, /* a write that is on the disk when it returns */
	OP_SYNC,
	OP_ALLOCATE,
	OP_PUNCH,
	OP_RESIZE
};

struct op {
	enum op_kind kind;
	bool failed;
	enum fault_lie lie; /* while it was done */
	uint64_t off, len;  /* len 0: nothing was done */
	bool lost;	    /* a sync failed: it never is on the disk */
	bool hard;	    /* it is in synced, though there was no sync */
	uint8_t *data;
};

struct fault {
	struct rs_io io;
	struct disk *disk;
	pthread_mutex_t mutex; /* guards what is below while a store runs */
	struct op *ops;
	size_t n, cap;
	uint64_t reads, hits;
	uint64_t fail_at; /* an op, or a read */
	enum fault_kind fail_kind;
	bool fail_always;
	uint64_t fail_gap; /* or 0 */
	enum fault_lie lie;
	enum fault_loss loss;
	struct disk *kept;   /* with a loss: what is really on the disk... */
	size_t n_kept;	     /* ...after the last sync that kept its word */
	struct disk *synced; /* as of op n_synced */
	size_t n_synced;
};

/* io_fault_lose.c: op n, the last one, succeeded or failed. */
void fault_lose_op(struct fault *f, const struct op *op);

/* crash.c */
bool fault_is_sync(const struct op *op);    /* one that kept its word */
bool fault_is_through(const struct op *op); /* the same */
bool fault_is_write(const struct op *op);
bool fault_overtakes(const struct op *op);
void fault_go_forward(struct fault *f, size_t n);
void fault_apply(struct disk *d, const struct op *op);
void fault_apply_torn(struct disk *d, const struct op *op, uint64_t piece,
		      struct rng *r);

#endif
