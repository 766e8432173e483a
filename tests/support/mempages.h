/* SPDX-License-Identifier: Apache-2.0 */
/* mempages.h - pages of a tree in memory: rs_pages and a placer in one.
 *
 * A page is its own allocation, so that a sanitizer sees a read one byte past
 * its end. get() checks the checksum as the store does.
 */
#ifndef TESTS_SUPPORT_MEMPAGES_H
#define TESTS_SUPPORT_MEMPAGES_H

#include "regionstore/tree.h"

struct mempages {
	struct rs_pages pages; /* first: what get() is given points here */
	struct rs_placer placer;
	uint8_t **page; /* by number; page 0 is never used */
	size_t n, cap;
	uint64_t gets;
	bool trusting; /* do not compare checksums (fuzzing) */
};

void mempages_init(struct mempages *mp);
void mempages_finish(struct mempages *mp);
struct mempages *mempages_of(struct rs_placer *p);

/* A fresh page of zeros. */
uint8_t *mempages_add(struct mempages *mp, uint64_t *ret_pgno);

/* Flush a root, clean it, and say that it is on its pages. */
void mempages_commit(struct mempages *mp, struct rs_root *root, uint64_t birth);

#endif
