/* SPDX-License-Identifier: Apache-2.0 */
/* commit.h - one commit on its way to the disk. PRIVATE.
 *
 * commit.c has the story; the parts are
 *
 *   commit_turn.c    whoever wants one, one after the other
 *   commit_freeze.c  what belongs to it
 *   commit_frees.c   what the log of the txns means for the bitmaps
 *   commit_space.c   which groups change, and the run for the nodes
 *   commit_write.c   nodes and bitmaps to the disk
 *   commit_super.c   and the superblock
 *   commit_publish.c and memory is as the disk is
 *   commit_anew.c    all of it elsewhere, when that failed
 *   dead.c           pages that only snapshots need
 *   leave.c          what a dropped snapshot alone needed, in steps
 */
#ifndef RS_COMMIT_H
#define RS_COMMIT_H

#include "regionstore/store_state.h"

struct rs_touched {
	struct rs_group *g;
	unsigned room;		 /* for flips, in its record */
	struct rs_group_rec rec; /* as it will be */
	bool writes_slot;
};

struct rs_commit {
	struct rs_store *s;
	uint64_t txid;
	uint64_t durable;      /* the commit before this one */
	uint64_t newest_snap;  /* txid of the newest snapshot, 0 without one */
	struct rs_super super; /* as it will be */
	struct rs_root data;   /* frozen; a reference */
	struct rs_edit sys;
	size_t sys_drops; /* of sys.drops, how many are accounted for */

	struct rs_extents dead;	 /* to be written as dead records */
	struct rs_extents leave; /* to enter the quarantine */
	struct rs_extents runs;	 /* reserved for nodes */
	uint64_t run_pages;

	/* Groups whose bitmap changes; each has its next. */
	struct rs_touched *groups;
	size_t n_groups, cap_groups;
	size_t n_recorded; /* of these, how many have their record */

	/* The images: nodes in the order of runs, then a page per group. */
	uint8_t *nodes;
	uint8_t *bitmaps; /* of those whose slot is written */
	struct rs_ptr data_ptr, sys_ptr;
	struct rs_manifest *manifest; /* or NULL */
	bool one_flush;		      /* with a manifest, or nothing to list */
	bool super_begun;	      /* the superblock may be on the disk */
};

/* A change of the system tree that a commit shall carry. check() may refuse,
 * before anything is done; prepare() makes records of their final size;
 * finish() may replace their values when the data root has its page;
 * publish() runs when all is durable, with the root lock held. Any may be
 * NULL. When the commit is run again (commit_anew.c) so are prepare and finish,
 * and what they did for the first one counts no more. */
struct rs_sysop {
	int (*check)(struct rs_sysop *op, struct rs_store *s);
	int (*prepare)(struct rs_sysop *op, struct rs_commit *c);
	int (*finish)(struct rs_sysop *op, struct rs_commit *c);
	void (*publish)(struct rs_sysop *op, struct rs_store *s);
	/* Not done when the settler fails. Else its error is for those alone
	 * who wait in rs_sync(): what was done is not said to have failed. */
	bool needs_settled;
	/* It only lets pages out of quarantine: nothing follows from it. */
	bool is_drain;
};

/* --- commit.c ------------------------------------------------------------ */

/* Settle, then all of it; *ret_settled is what the settler said. When it has to
 * be done anew (commit_anew.c) it is of another instant, with what came until
 * then. */
int rs_commit_run_locked(struct rs_store *s, struct rs_sysop *op,
			 int *ret_settled) REQUIRES(s->commit_lock);

/* --- commit_freeze.c ----------------------------------------------------- */

/* Did anything change? */
bool rs_commit_has_work(struct rs_store *s);
int rs_commit_freeze(struct rs_commit *c);

/* --- commit_space.c ------------------------------------------------------ */

/* Set or clear the bits of pages in what will be their bitmap. -EUCLEAN when
 * they were not all clear, or set, before. */
int rs_commit_mark(struct rs_commit *c, uint64_t pgno, uint32_t npages);
int rs_commit_unmark(struct rs_commit *c, uint64_t pgno, uint32_t npages);

/* Reserve and mark pages for all nodes, and make records for all groups that
 * change, until neither makes the other change any more. */
int rs_commit_space(struct rs_commit *c);
/* Return the pages that were reserved and are not needed. */
int rs_commit_trim(struct rs_commit *c);

/* --- commit_frees.c ------------------------------------------------------ */

int rs_commit_frees(struct rs_commit *c);
/* Pages that nobody needs leave: into quarantine when durable. */
int rs_commit_leave(struct rs_commit *c, const struct rs_extent *x);

/* --- dead.c -------------------------------------------------------------- */

struct rs_disk_dead rs_dead_pack(const struct rs_extent *x);
/* Write c->dead as records. */
int rs_dead_write(struct rs_commit *c);
/* Records of pages that died earlier, and of which none tells yet. */
int rs_dead_add(struct rs_commit *c, const struct rs_extents *pages);
/* Go on with the scan of a leaving snapshot between the snapshots older and
 * newer (0, or ~0 if none): free what nobody needs any more, and move on, until
 * most entries were seen or there are no more. */
int rs_dead_release(struct rs_commit *c, struct rs_leaving *at, uint64_t older,
		    uint64_t newer, uint32_t most, bool *ret_done);

/* --- snap_record.c -------------------------------------------------------- */

/* The record of a snapshot. */
int rs_snap_put(struct rs_commit *c, const struct rs_snap_entry *en);

/* --- snap_write.c --------------------------------------------------------- */

/* Give the nodes in memory of a snapshot's root pages, and write them. runs,
 * which is empty, gets them, with birth and death. */
int rs_snap_write(struct rs_store *s, struct rs_root *root, uint64_t birth,
		  struct rs_extents *runs);
/* They are needed no more: no commit has them. */
void rs_snap_unwrite(struct rs_store *s, struct rs_extents *runs);

/* --- leave.c ------------------------------------------------------------- */

/* In the commit that drops the snapshot txid, between older and newer. */
int rs_leave_begin(struct rs_commit *c, uint64_t txid, uint64_t older,
		   uint64_t newer);
/* It is durable: what rs_leave_begin() planned holds. */
void rs_leave_publish(struct rs_store *s);

/* --- commit_write.c ------------------------------------------------------ */

/* Memory for the images. */
int rs_commit_buffers(struct rs_commit *c);
/* List what the commit writes, if it may be flushed once: c->manifest. */
int rs_commit_list(struct rs_commit *c);
/* Give the nodes of both trees their pages. What fails from here on cannot be
 * tried again. */
int rs_commit_images(struct rs_commit *c, struct rs_sysop *op);
/* To the disk, all but the superblock. */
int rs_commit_write(struct rs_commit *c);

/* --- commit_super.c ------------------------------------------------------ */

/* What it will say, when both trees have their pages. */
void rs_commit_fill_super(struct rs_commit *c);
int rs_commit_write_super(struct rs_commit *c);
int rs_commit_sync(struct rs_store *s);

/* --- commit_publish.c ---------------------------------------------------- */

void rs_commit_publish(struct rs_commit *c, struct rs_sysop *op);
/* The live tree lets go of nodes that have pages. */
void rs_commit_clean(struct rs_store *s);

#endif
