/* SPDX-License-Identifier: Apache-2.0 */
/* crew.h - a few threads for the parts of one large piece of work. PRIVATE to
 * bitmap/, and it knows no sets.
 *
 * Whoever has the work is one of the crew, and does all that nobody else takes:
 *
 *	struct bm_crew c;
 *	bm_crew_begin(&c, 4);		three more, or as many as can be had
 *	bm_crew_each(&c, f, arg, n);	f(arg, who, i) for each i below n
 *	bm_crew_each(&c, g, arg, m);	what f did is seen by each g
 *	bm_crew_end(&c);
 *
 * So it cannot fail, and a helper that gets no CPU is not waited for unless it
 * took a part. Parts are taken in ascending order. They may not take a lock
 * that the caller holds, and had better not allocate.
 *
 * Threads: a crew is its caller's. Helpers live until the end, and get no
 * signals.
 */
#ifndef BM_CREW_H
#define BM_CREW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "regionstore/base/lock.h"

#define BM_CREW_MAX 16u

/* who: below the number of the crew, and nobody else's at the same time. */
typedef void bm_part_fn(void *arg, unsigned who, size_t i);

struct bm_crew {
	struct lock lock;
	struct cond called;	/* there is work, or no more of it */
	struct cond done;	/* nobody but the caller is at work */
	bm_part_fn *fn GUARDED; /* NULL: there is nothing to join in */
	uint64_t turn GUARDED;	/* of the work */
	unsigned at_work GUARDED;
	bool over GUARDED;
	/* set while nobody is at work */
	void *arg;
	size_t n;
	_Atomic size_t next; /* part that nobody took yet */
	unsigned n_helpers;
	struct bm_helper {
		struct bm_crew *crew;
		pthread_t thread;
	} helpers[BM_CREW_MAX - 1];
};

/* As many as one can be useful on this machine, at most BM_CREW_MAX. */
unsigned bm_crew_usual(void);

/* most: how many in all, the caller included, 1 to BM_CREW_MAX. */
void bm_crew_begin(struct bm_crew *c, unsigned most);
unsigned bm_crew_size(const struct bm_crew *c);
void bm_crew_each(struct bm_crew *c, bm_part_fn *fn, void *arg, size_t n);
void bm_crew_end(struct bm_crew *c);

#endif
