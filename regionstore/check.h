/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - one run of the checker. PRIVATE.
 *
 * check.c walks the trees and gives records to whoever knows them;
 * check_own.c keeps the books of who owns which page.
 */
#ifndef RS_CHECK_H
#define RS_CHECK_H

#include "regionstore/store_state.h"

struct rs_checker {
	struct rs_store *s;
	rs_check_fn *fn;
	rs_report_fn *report;
	void *arg;
	struct rs_check_result result;

	struct rs_view view; /* of the tree that is walked */
	uint64_t txid;	     /* nothing in it may be younger */
	uint64_t file_pages;
	/* One bit per page: owned by any tree so far, by the one that is
	 * walked, by the live tree. */
	uint64_t *owned, *now, *live;
	uint64_t n_owned, n_live;
	uint64_t dead_pages; /* in dead records */
};

int rs_own_init(struct rs_checker *ck);
void rs_own_finish(struct rs_checker *ck);
/* Another tree: what it shares with those before is no finding. */
void rs_own_next_tree(struct rs_checker *ck);
/* Another tree, which shares nothing with those before. */
void rs_own_alone(struct rs_checker *ck);
/* The data tree was walked: what is owned now is live. */
void rs_own_set_live(struct rs_checker *ck);
/* A node; -EALREADY when it needs no further look. */
int rs_own_node(struct rs_checker *ck, const struct rs_ptr *ptr);
/* A dead record says that only snapshots own these. */
void rs_own_dead(struct rs_checker *ck, const struct rs_disk_dead *d);
/* All trees were walked: compare with the bitmaps and counters on disk. */
void rs_own_compare(struct rs_checker *ck);

#endif
