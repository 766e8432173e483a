/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the intent log: small changes are durable by one write. PRIVATE.
 *
 * A commit writes nodes, bitmaps and a superblock, in two places of the disk
 * at best. Who appends one member and syncs, or overwrites a block, need not
 * wait for that: what was done since the last commit is written down as one
 * record, in pages that lie in a row and have their blocks, and a crash has it
 * done again. It costs what the overwrite of a page costs. The idea is that of
 * the ZFS intent log.
 *
 *   page 4        | r0 | r1      | r2 | r3 ...   half 0: even epochs
 *   page 132      | r0 | r1 | ...                half 1: odd epochs
 *
 * Records belong to the commit that they follow, the EPOCH: commit N has none
 * at first, and from then on what is in the other half means nothing. It is
 * left alone all the same, for whoever must go back to commit N - 1. When a
 * half is full, or something was done that is too large to be written down,
 * the next sync is a commit.
 *
 * Records are read in order, up to the first that is not there. A record is
 * begun when the one before it is on the disk. So the first one that is
 * missing was acknowledged to nobody, unless one stands behind it: then the
 * store is damaged, and is not opened (log_replay.c).
 *
 * What a record holds is redone below its commit alone: so all txns since that
 * commit must be in the log, in order, or in what the layer above writes there
 * (struct rs_redo keeps account).
 *
 * Threads: what is not said otherwise is the committer's.
 */
#ifndef RS_LOG_H
#define RS_LOG_H

#include "regionstore/base/buf.h"
#include "regionstore/log_record.h"
#include "regionstore/redo.h"

struct rs_log {
	uint32_t pages;	  /* of a half that may be used; 0: no log */
	uint32_t next;	  /* page of the half for the next record */
	unsigned wanted;  /* syncs that would have used it */
	bool ready;	  /* its pages have blocks */
	uint8_t *record;  /* RS_LOG_RECORD_PAGES pages, aligned; or NULL */
	struct buf body;  /* of the record at hand */
	struct buf layer; /* what of it the layer above has */
	struct buf found; /* entries that were found at opening */
	uint32_t n_found; /* records */
	uint64_t n_lost;  /* records, and pages in others (salvage.h) */
	struct buf kept;  /* entries that the next epoch begins with */
	uint32_t kept_pages;
	bool replaying;
	uint64_t took_ns; /* the last write */
};

struct rs_store;
struct rs_super;

/* Make durable what ended by one record. -EAGAIN: a commit must do it. Below
 * the commit lock. */
int rs_log_write(struct rs_store *s);
/* Would that take no longer than a disk does at best? */
bool rs_log_is_quick(const struct rs_store *s);
static inline uint64_t rs_log_page(uint64_t epoch, uint32_t page)
{
	return RS_LOG_FIRST + (epoch & 1) * RS_LOG_HALF + page;
}

/* --- log_keep.c: around a commit ------------------------------------------ */

/* After the layer above settled, and before the freeze: gather what is still
 * in the log alone. */
int rs_log_keep(struct rs_store *s);
/* A seed for the records behind su, which is not written yet, by which none is
 * there that follows the durable commit. */
void rs_log_choose_seed(const struct rs_store *s, struct rs_super *su);
/* Write that as the first of them. */
int rs_log_write_kept(struct rs_store *s, const struct rs_super *su);
/* The commit is durable, and the log holds no more than that. */
void rs_log_restart(struct rs_store *s);
/* The pages of the log give their blocks back. */
void rs_log_punch(struct rs_store *s);
void rs_log_finish(struct rs_store *s);

/* --- log_replay.c --------------------------------------------------------- */

/* Read what follows the commit that was found. -EBADMSG with a sentence when a
 * record is missing that was durable. */
int rs_log_load(struct rs_store *s, struct err *e);
/* Do its txns again, in memory. */
int rs_log_replay(struct rs_store *s, struct err *e);
/* When that fails: what was done before is whole and stays, and the log is cut
 * off there, in memory. */
int rs_log_replay_most(struct rs_store *s, struct err *e);

#endif
