/* SPDX-License-Identifier: Apache-2.0 */
/* repair.h - the parts of a repair. PRIVATE to regionstore/repair*.c.
 *
 *	repair.c        the order of things; which commit to go on from
 *	repair_super.c  the header and superblocks that can be read
 *	repair_tree.c   a tree that is damaged is built anew of what is left
 *	repair_lost.c   what a damaged node stood for
 *	repair_gaps.c   what was below it is put in again
 *	repair_leaves.c the leaves of a commit, without what leads to them
 *	repair_snap.c   snapshots whose trees are damaged
 *	repair_parts.c  a damaged branch of one, of the nodes below it
 *	repair_log.c    what the log holds is done again
 *	repair_space.c  free space, dead records and counters from a walk, and
 *	                the commit that makes all of it the truth
 */
#ifndef RS_REPAIR_H
#define RS_REPAIR_H

#include "regionstore/check.h"
#include "regionstore/commit.h"

#define RS_REPAIR_SLOTS 3u

struct rs_image;

/* A page that is, or looks like, a node of the data tree, and the commit that
 * freed it: UINT64_MAX for none. */
struct rs_repair_leaf {
	uint64_t pgno, birth, death;
	unsigned level;
};

/* All that the newest commit and its snapshots have. */
struct rs_repair_leaves {
	struct rs_repair_leaf *v;
	size_t n, cap;
	bool looked;
};

struct rs_repair {
	struct rs_store *s;
	const struct rs_repair_how *how;
	bool header_lost;
	/* The superblocks that can be read, newest first. */
	struct rs_super supers[RS_REPAIR_SLOTS];
	unsigned n_supers;
	uint64_t newest; /* highest number seen */
	bool slot_lost;	 /* one of the two cannot be read: was it newer? */
	bool slot_empty[RS_REPAIR_SLOTS]; /* holds zeros */

	bool sys_lost; /* the system tree that is used is an older one */
	struct rs_repair_leaves leaves;

	struct rs_root data; /* what becomes the live tree; owned */
	struct rs_extents dead;
	struct rs_checker ck;	  /* who owns what */
	uint8_t *slots;		  /* of each group the slot that counts yet */
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
/* All records of root, the tree of commit txid, that can be read or found, as a
 * tree in memory. What is lost is said, and counted. */
int rs_repair_rebuild(struct rs_repair *r, const struct rs_root *root,
		      uint64_t txid, struct rs_root *ret_root,
		      uint64_t *ret_lost);

/* --- repair_lost.c -------------------------------------------------------- */

/* What a node that cannot be read stood for. */
struct rs_gap {
	uint8_t low[RS_KEY_MAX], high[RS_KEY_MAX];
	unsigned low_len, high_len; /* 0: an end of the tree */
	struct rs_sum sum;
	struct rs_ptr ptr;
	unsigned level;
};

struct rs_gaps {
	struct rs_gap *v;
	size_t n, cap;
};

/* As memcmp(); of two keys that begin alike the longer one is larger. */
int rs_key_order(const uint8_t *a, unsigned a_len, const uint8_t *b,
		 unsigned b_len);
int rs_gaps_add(struct rs_gaps *g, const struct rs_tree_lost *l);
void rs_gaps_finish(struct rs_gaps *g);
/* How much of it is found, in so many parts, and how much is not. whose comes
 * before that. */
void rs_gap_tell(const struct rs_repair *r, const char *whose,
		 const struct rs_gap *gap, size_t parts, uint64_t found);

/* --- repair_gaps.c -------------------------------------------------------- */

/* Into edit, which has what can be read of the tree of commit txid, put what is
 * found of the rest. */
int rs_gaps_fill(struct rs_gaps *gaps, struct rs_repair *r,
		 struct rs_edit *edit, uint64_t txid, uint64_t *ret_lost);

/* --- repair_leaves.c ------------------------------------------------------ */

/* Fill r->leaves, the first time. */
int rs_repair_leaves(struct rs_repair *r);
void rs_repair_leaves_finish(struct rs_repair *r);
/* -EUCLEAN when there is none. */
int rs_repair_node_image(const struct rs_repair *r, uint64_t pgno,
			 struct rs_image *ret_im);
int rs_repair_leaf_image(const struct rs_repair *r, uint64_t pgno,
			 struct rs_image *ret_im);

/* --- repair_snap.c -------------------------------------------------------- */

/* What cannot be read leaves the trees of s->snaps, and those of which nothing
 * is left go. */
int rs_repair_snaps(struct rs_repair *r);

/* --- repair_parts.c ------------------------------------------------------- */

/* A branch in place of the damaged node of a snapshot: of *ret_n nodes, with
 * *ret_sum below them. 0 when none is found, as below a leaf. For a greedy
 * snapshot, whose nodes the books do not know, it is all that was or none. */
int rs_repair_branch(struct rs_repair *r, const struct rs_root *root,
		     const struct rs_gap *gap, const struct rs_snap *snap,
		     uint8_t *ret_page, struct rs_sum *ret_sum, size_t *ret_n);

/* --- repair_log.c --------------------------------------------------------- */

/* With the log of the chosen commit, whose tree is s->live. */
int rs_repair_log(struct rs_repair *r);

/* --- repair_space.c ------------------------------------------------------- */

/* r->ck.owned: the pages of one tree. rs_own_finish() in any case. */
int rs_repair_owned(struct rs_repair *r, const struct rs_root *root);

/* Between these two what the trees do not own is free, in memory. What txns
 * say of pages meanwhile is forgotten: s->live is what counts. */
int rs_repair_space(struct rs_repair *r);
void rs_repair_space_done(struct rs_repair *r);
/* Between these two everything that is in the file now is taken, in memory. */
int rs_repair_space_behind(struct rs_repair *r);

/* s->live and s->snaps are what shall stay: make it so. */
int rs_repair_commit(struct rs_repair *r);

#endif
