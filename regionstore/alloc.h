/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.h - which pages are free, and which to take. PRIVATE.
 *
 * A commit shall be one contiguous run, and shall go where the host already
 * has blocks: 16 pages in a row are synced in the time of one, 16 scattered
 * ones take five times as long, and new blocks twice as long as used ones
 * (measured on ext4). So pages are taken in a row from a cursor (next-fit);
 * when the row ends the next one of at least RS_RUN_GOOD pages is looked for,
 * first below the frontier and then above it; single holes are filled only
 * when a quarter of the file is free or nothing else is left.
 *
 * Pages go round: free -> reserved (busy) -> claimed and committed (disk) ->
 * freed by a commit -> QUARANTINE (still busy) -> free. They leave quarantine
 * when the commit after the one that freed them is durable, and no pin can see
 * them (I1). What is reserved and not claimed is not on disk, so a crash
 * returns it.
 *
 * The SPARE are pages that the host has given us blocks for and nobody gets
 * but a commit that finds no other room: so that removing something is possible
 * on a full disk. As long as half of it is missing and the host has no room,
 * nobody else gets any page at all.
 *
 * After a crash what was found may be in the memory of the host alone, and then
 * no page may be given out or punched that an older commit needs: the first who
 * wants one has it made durable, env.settle, and the spare is filled.
 *
 * Threads: any. One lock; a file that has to grow does so below it.
 */
#ifndef RS_ALLOC_H
#define RS_ALLOC_H

#include "regionstore/base/lock.h"
#include "regionstore/extent.h"
#include "regionstore/group.h"
#include "regionstore/io.h"
#include "regionstore/pin.h"

#include <stdatomic.h>

#define RS_RUN_GOOD    16u    /* pages: 64 KiB */
#define RS_RUN_NODES   12u    /* pages: the nodes of a small commit */
#define RS_RUN_DATA    64u    /* pages: 256 KiB, for who wants as much */
#define RS_BACK_AHEAD  64u    /* pages that get their blocks in one call */
#define RS_PUNCH_MIN   64u    /* pages: shorter holes are not worth a call */
#define RS_WARM_POOL   16384u /* free pages that keep their blocks: 64 MiB */
#define RS_WARM_REST   256u   /* of a store that nobody changes: 1 MiB */
#define RS_SPARE_PAGES 1024u  /* 4 MiB */
#define RS_GROW_MIN    16384u /* the file grows by 64 MiB at least */

struct rs_alloc_env {
	struct rs_io *io;
	uint64_t pages_max; /* that fit the mapping */
	/* The record and bitmap page of a group; -ENOENT without a record. */
	int (*load)(void *arg, uint32_t number, struct rs_group_rec *ret_rec,
		    const uint8_t **ret_page);
	/* What was found at opening is on the disk, or -EIO. NULL: it is. */
	int (*settle)(void *arg);
	/* May these pages never be used again? */
	bool (*is_bad)(void *arg, uint64_t pgno, uint64_t npages);
	void *arg;
};

struct rs_alloc {
	struct rs_alloc_env env;
	_Atomic(uint64_t) file_pages;

	struct lock spare_lock; /* who settles, or fills the spare */
	atomic_bool unsettled;	/* env.settle() is to be called */

	atomic_bool any_suspect;

	atomic_bool tight; /* somebody found no room, here or on the host */
	struct lock lock;  /* guards the rest */
	struct rs_group **groups; /* NULL until loaded */
	uint32_t *longest; /* runs of those that are not, by their records */
	uint32_t n_groups;
	uint64_t cursor[RS_ZONES]; /* the page after the last one taken */
	uint64_t used_pages;	   /* on disk, as of the last commit */
	uint64_t pinned_pages;	   /* of these, by snapshots alone */
	uint64_t warm_pages;	   /* free and backed, as far as we know */
	uint64_t warm_pool;	   /* of these, how many stay so */
	uint64_t fence;		   /* pages from here on are not taken */
	bool host_full;		   /* pages with blocks go first */
	struct rs_extents spare;
	bool spare_written;
	uint32_t spare_pages; /* left of it */
	struct rs_extents quarantine;
};

/* file_pages, used_pages and env.pages_max may be set later, before use. */
void rs_alloc_init(struct rs_alloc *a, const struct rs_alloc_env *env);
void rs_alloc_finish(struct rs_alloc *a);

struct rs_want {
	enum rs_zone zone;
	uint64_t near; /* 0, or the page at which it would be best */
	uint32_t min;  /* pages in a row, or nothing */
	uint32_t want; /* at most */
	bool stay;     /* -ENOSPC rather than beyond the fence */
	bool commit;   /* for a commit, or the spare: even on a full host */
	/* Best where so many more are free behind them: the nodes of the commit
	 * will go there, and all of it is one run. */
	uint32_t ahead;
	/* Right behind what was taken last, also where nothing ever was. */
	bool follow;
};
/* -ENOSPC, -ENOMEM. */
int rs_alloc_take(struct rs_alloc *a, const struct rs_want *want,
		  uint64_t *ret_pgno, uint32_t *ret_got) EXCLUDES(a->lock);
/* Exactly these pages, for which the file becomes longer if need be. -EUCLEAN
 * when they are not free. */
int rs_alloc_take_exact(struct rs_alloc *a, uint64_t pgno, uint32_t npages)
	EXCLUDES(a->lock);
void rs_alloc_give(struct rs_alloc *a, uint64_t pgno, uint64_t npages)
	EXCLUDES(a->lock);
/* Are all these pages taken, and, if they were taken since the last commit,
 * marked by none? Page numbers from a record on disk are asked about before
 * they are given back. -EUCLEAN. */
int rs_alloc_holds(struct rs_alloc *a, uint64_t pgno, uint32_t npages,
		   bool fresh) EXCLUDES(a->lock);

/* --- suspect.c: after a write or a sync that failed ----------------------- */

/* Whatever was handed out and is on the disk of no commit is suspect from now
 * on, and each() is called for it. Nobody gets such a page again. -ENOMEM. By
 * the committer. */
int rs_alloc_suspect(struct rs_alloc *a,
		     void (*each)(void *arg, uint64_t pgno, uint64_t npages),
		     void *arg) EXCLUDES(a->lock);
/* Is one of them suspect? */
bool rs_alloc_is_suspect(struct rs_alloc *a, uint64_t pgno, uint64_t npages)
	EXCLUDES(a->lock);
/* They were on the disk once: no doubt about them. */
void rs_alloc_trust_locked(struct rs_alloc *a, uint64_t pgno, uint64_t npages)
	REQUIRES(a->lock);

/* Make the host have blocks for busy pages. */
int rs_alloc_back(struct rs_alloc *a, uint64_t pgno, uint32_t npages)
	EXCLUDES(a->lock);
/* Write zeros to pages, which makes as sure of their blocks as can be. */
int rs_write_zeros(struct rs_io *io, uint64_t pgno, uint32_t npages);
/* The host found no room for a write. */
void rs_alloc_note_full(struct rs_alloc *a) EXCLUDES(a->lock);
/* In a group, below page end of it: a free run of min pages with blocks. */
bool rs_group_find_backed(const struct rs_group *g, uint32_t end, uint32_t min,
			  uint32_t *ret_from, uint32_t *ret_to);
/* It has: they were written. */
void rs_alloc_set_backed(struct rs_alloc *a, uint64_t pgno, uint32_t npages)
	EXCLUDES(a->lock);

/* Take up to want pages of the spare; how many. They are busy and backed. */
uint32_t rs_alloc_take_spare(struct rs_alloc *a, uint32_t want,
			     uint64_t *ret_pgno) EXCLUDES(a->lock);
/* Fill the spare up, when the host has room. Nothing before it is settled. */
void rs_alloc_fill_spare(struct rs_alloc *a) EXCLUDES(a->lock);
/* Call env.settle() if it is to be called. */
int rs_alloc_settle(struct rs_alloc *a) EXCLUDES(a->lock);
/* The same, and the spare stays empty: some pages are spoken for. */
int rs_alloc_settle_bare(struct rs_alloc *a) EXCLUDES(a->lock);
/* Write to it, so that the host cannot refuse that later. By whoever keeps
 * commits from using it. */
int rs_alloc_write_spare(struct rs_alloc *a);
/* Without a spare until it is filled up again. */
void rs_alloc_drop_spare(struct rs_alloc *a) EXCLUDES(a->lock);

/* The group, loaded. For the committer, who keeps it: groups stay. */
int rs_alloc_group(struct rs_alloc *a, uint32_t number,
		   struct rs_group **ret_group) EXCLUDES(a->lock);
/* May a group that is not loaded have a run of min pages? Its record says so,
 * and the bitmap need not be read. */
bool rs_alloc_promises_locked(struct rs_alloc *a, uint32_t number, uint32_t min)
	REQUIRES(a->lock);
/* The file has that many pages now. */
void rs_alloc_resized_locked(struct rs_alloc *a, uint64_t pages)
	REQUIRES(a->lock);

/* Take no page from pgno on, and do not make the file longer, unless there is
 * nothing else: then the fence is gone. RS_NO_FENCE takes it away. */
#define RS_NO_FENCE UINT64_MAX
void rs_alloc_set_fence(struct rs_alloc *a, uint64_t pgno) EXCLUDES(a->lock);
void rs_alloc_set_fence_locked(struct rs_alloc *a, uint64_t pgno)
	REQUIRES(a->lock);
uint64_t rs_alloc_fence(struct rs_alloc *a) EXCLUDES(a->lock);
/* One above the last page that is busy, for whatever reason. */
int rs_alloc_end_locked(struct rs_alloc *a, uint64_t *ret_end)
	REQUIRES(a->lock);
int rs_alloc_group_locked(struct rs_alloc *a, uint32_t number,
			  struct rs_group **ret_group) REQUIRES(a->lock);

/* Let pages out of quarantine whose time has come: the last durable commit is
 * durable. */
void rs_alloc_reclaim(struct rs_alloc *a, struct rs_pins *pins,
		      uint64_t durable) EXCLUDES(a->lock);
/* Free pages [from, to) of a group become busy, and the other way round. */
void rs_alloc_take_locked(struct rs_alloc *a, struct rs_group *g, uint32_t from,
			  uint32_t to) REQUIRES(a->lock);
void rs_alloc_give_locked(struct rs_alloc *a, uint64_t pgno, uint64_t npages)
	REQUIRES(a->lock);

/* Ask the host which free pages of a group have blocks, long runs only. False
 * when the file has no such group. */
bool rs_alloc_probe(struct rs_alloc *a, uint32_t number) EXCLUDES(a->lock);
/* Are there more free pages with blocks than the warm pool shall have? */
bool rs_alloc_has_surplus(struct rs_alloc *a) EXCLUDES(a->lock);
/* Give one long free run beyond the warm pool back to the host. False when
 * there is nothing to give. */
bool rs_alloc_punch_one(struct rs_alloc *a) EXCLUDES(a->lock);
/* The same without a warm pool. */
bool rs_alloc_punch_any(struct rs_alloc *a) EXCLUDES(a->lock);
/* Or of more than a store at rest shall keep. */
bool rs_alloc_punch_rest(struct rs_alloc *a) EXCLUDES(a->lock);

#endif
