/* SPDX-License-Identifier: Apache-2.0 */
/* crash_window.h - every power cut of a run, or a fair sample of them.
 *
 * A WINDOW is what the disk was told between two syncs, or up to a write that
 * goes through: that one is in doubt until it returns, and then it is there,
 * while what came before it is in doubt still. Whatever of it has
 * arrived when the power fails, the disk is one of 2^n, if it is told n things;
 * a write of several pages is as many things as it has pages, since no disk
 * promises more. Where n is small all 2^n are built, and so all prefixes of
 * the run as well. Of larger windows each prefix is built, alone and with some
 * of it missing, by lot. In both, writes are torn at 512 bytes, too.
 *
 * Order between writes needs no images of its own where all subsets are built:
 * of two writes to the same bytes a disk that reorders keeps the first, which
 * is the subset without the second. CRASH_ORDER is drawn for large windows.
 */
#ifndef TESTS_SUPPORT_CRASH_WINDOW_H
#define TESTS_SUPPORT_CRASH_WINDOW_H

#include "tests/support/io_fault.h"

#define CRASH_UNITS_MAX 20u

struct crash {
	struct disk *disk; /* freed by whoever is called */
	uint64_t at;	   /* the power failed after this op */
	uint64_t seen;	   /* nothing after this op has reached the disk */
	const char *how;
};

struct crash_plan {
	unsigned units; /* all subsets of up to so many pages, <= UNITS_MAX */
	unsigned lots;	/* of each kind of image by lot, after each op */
	struct rng *rng;
	void (*fn)(void *arg, const struct crash *c);
	void *arg;
};

struct crash_count {
	uint64_t images;
	uint64_t windows; /* in which there was something to lose */
	uint64_t whole;	  /* of these: all subsets were built */
};

/* Call once for each run; adds to count. */
void crash_each(struct fault *f, const struct crash_plan *plan,
		struct crash_count *count);

#endif
