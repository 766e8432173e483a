/* SPDX-License-Identifier: Apache-2.0 */
/* repair.h - the parts of a repair. PRIVATE to regionstore/repair*.c.
 *
 *	repair.c        the order of things; which commit to go on from
 *	repair_super.c  the header and superblocks that can be read
 *	repair_tree.c   a tree that is damaged is built anew of what is left
 *	repair_log.c    what the log holds is done again
 *	repair_space.c  free space, dead records and counters from a walk, and
 *	                the commit that makes all of it the truth
 */
#ifndef RS_REPAIR_H
#define RS_REPAIR_H

#include "regionstore/check.h"
#include "regionstore/commit.h"

#define RS_REPAIR_SLOTS 3u

struct rs_repair {
	struct rs_store *s;
	const struct rs_repair_how *how;
	bool header_lost;
	/* The superblocks that can be read, newest first. */
	struct rs_super supers[RS_REPAIR_SLOTS];
	unsigned n_supers;
	uint64_t newest; /* highest number seen */
	bool slot_lost;	 /* one of the two cannot be read: was it newer? */

	struct rs_root data; /* what becomes the live tree; owned */
	struct rs_extents dead;
	struct rs_checker ck;	  /* who owns what */
	struct rs_alloc_env disk; /* between rs_repair_space() and _done() */
};

void rs_repair_say(const struct rs_repair *r, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/* --- repair_super.c ------------------------------------------------------- */

/* Fill header, supers and newest. -EUCLEAN when there is no superblock. */
int rs_repair_supers(struct rs_repair *r, struct err *e);
int rs_repair_header(struct rs_repair *r);

/* --- repair_tree.c -------------------------------------------------------- */

/* Findings in a walk over nodes and sums of a data tree. */
int rs_repair_judge(struct rs_repair *r, const struct rs_root *root,
		    uint64_t *ret_findings);
/* All records of root that can be read, as a tree in memory. What is lost is
 * said. */
int rs_repair_rebuild(struct rs_repair *r, const struct rs_root *root,
		      struct rs_root *ret_root);

/* --- repair_log.c --------------------------------------------------------- */

/* With the log of the chosen commit, whose tree is s->live. */
int rs_repair_log(struct rs_repair *r);

/* --- repair_space.c ------------------------------------------------------- */

/* Between these two what the trees do not own is free, in memory. What txns
 * say of pages meanwhile is forgotten: s->live is what counts. */
int rs_repair_space(struct rs_repair *r);
void rs_repair_space_done(struct rs_repair *r);

/* s->live and s->snaps are what shall stay: make it so. */
int rs_repair_commit(struct rs_repair *r);

#endif
