/* SPDX-License-Identifier: Apache-2.0 */
/* store_work.h - random work on a store, and the twin it is compared with.
 *
 * Records are of two sorts, told apart by the first byte of their key: plain
 * bytes, and payloads, whose value is a pointer, a length and the seed of
 * their bytes. So whoever has the value of a record knows what its payload
 * must hold.
 */
#ifndef TESTS_SUPPORT_STORE_WORK_H
#define TESTS_SUPPORT_STORE_WORK_H

#include "regionstore/regionstore.h"
#include "tests/support/records.h"
#include "tests/support/rng.h"

struct work {
	struct rng rng;
	unsigned keys;	    /* different keys */
	size_t payload_max; /* bytes */
};

/* One random change within t, done to the twin as well. An error of the store
 * is returned, and the twin is as before. */
int work_change(const struct work *w, struct rng *r, struct rs_txn *t,
		struct twin *twin);

/* The view holds what the twin holds; fails the test. */
void work_compare(const struct rs_view *v, const struct twin *twin);
/* The same as a question. */
bool work_equal(const struct rs_view *v, const struct twin *twin);

/* Take all free pages out of use until the store is closed, but for about as
 * many as that, in many places. What is freed is then soon used again. The
 * disk must not be able to grow. */
void work_crowd(struct rs_store *s, struct rng *r, uint64_t leave);

/* rs_check() with what we know of payloads: findings are printed; fails the
 * test when there is one. */
void work_check(struct rs_store *s);

#endif
