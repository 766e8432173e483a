/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - one run of the checker. PRIVATE.
 *
 * check_pin.c says which commit is looked at, and keeps its pages; check.c
 * walks its trees and gives records to whoever knows them; check_own.c keeps
 * the books of who owns which page; check_super.c looks at the first pages.
 */
#ifndef RS_CHECK_H
#define RS_CHECK_H

#include "regionstore/store_state.h"

struct rs_checker {
	struct rs_store *s;
	rs_check_fn *fn;
	rs_report_fn *report;
	rs_report_fn *note;
	void *arg;
	bool fast; /* content is not read */
	struct rs_check_result result;

	/* The commit that is looked at: its own copy, and pins on it and on
	 * each snapshot it has. */
	struct rs_super super;
	struct rs_snaps snaps;
	struct rs_leavings leaving;
	struct rs_pin **pins;
	size_t n_pins;

	struct rs_view view; /* of the tree that is walked */
	const char *snap;    /* its name; NULL: the live one */
	uint64_t snap_txid;
	uint64_t txid; /* nothing in it may be younger */
	uint64_t file_pages;
	/* One bit per page: owned by any tree so far, by the one that is
	 * walked, by the live tree; marked in the bitmaps. */
	uint64_t *owned, *now, *live, *marked;
	uint64_t n_owned, n_live;
	uint64_t dead_pages; /* in dead records */

	/* When a repair walks: pages that snapshots alone own, with the death
	 * that makes it so; and no memory was there for one. */
	struct rs_extents *gather;
	bool gather_failed;
};

/* The trees alone: data, then snapshots; between rs_own_init() and
 * rs_own_finish(), with super and snaps set. live is the data tree's root. */
int rs_check_trees(struct rs_checker *ck, const struct rs_root *live);

/* Choose the newest durable commit and keep all its pages until unpin, also
 * when this fails. */
int rs_check_pin(struct rs_checker *ck) REQUIRES(ck->s->commit_lock);
void rs_check_unpin(struct rs_checker *ck);

/* The header, and what leads to commits. */
void rs_check_supers(struct rs_checker *ck) REQUIRES(ck->s->commit_lock);

int rs_own_init(struct rs_checker *ck);
void rs_own_finish(struct rs_checker *ck);
/* Note what the bitmaps of the commit mark: the next one but one overwrites
 * them. What cannot be read is reported, and its pages count as unknown. */
int rs_own_marks(struct rs_checker *ck) REQUIRES(ck->s->commit_lock);
/* Another tree: what it shares with those before is no finding. */
void rs_own_next_tree(struct rs_checker *ck);
/* Another tree, which shares nothing with those before. */
void rs_own_alone(struct rs_checker *ck);
/* The data tree was walked: what is owned now is live. */
void rs_own_set_live(struct rs_checker *ck);
/* A node; -EALREADY when it needs no further look. */
int rs_own_node(struct rs_checker *ck, const struct rs_ptr *ptr);
/* A dead record says that only snapshots own these, or one that is leaving. A
 * greedy one need not have them. */
void rs_own_dead(struct rs_checker *ck, const struct rs_disk_dead *d,
		 uint64_t death);
/* All trees were walked: compare with the bitmaps and counters on disk. */
void rs_own_compare(struct rs_checker *ck);

#endif
