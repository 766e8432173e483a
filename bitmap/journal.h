/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h - batches that are durable before they are in their sets. PRIVATE
 * to bitmap/.
 *
 *   record   22 seq     batches of one commit or of a fold, seq is the last
 *   record   22 0       below which number all batches are: the NUMBERS
 *
 * A commit writes what was queued since the last one, of all sets together, as
 * one record; the batches go on waiting in memory. So a durable step costs a
 * few kilobytes in one place, however many sets it is for and however large
 * they are. Now and then (fold.c) everything is settled and the records go.
 *
 * After a crash the records are read and their batches queued again. Each set
 * says in its header up to which number it has them already (folded); that is
 * written in the txn that settles them. Numbers are never used twice: the next
 * run begins above the NUMBERS, which are raised in large steps, in the txn
 * that first tells of a batch above them.
 */
#ifndef BM_JOURNAL_H
#define BM_JOURNAL_H

#include "bitmap/db.h"
#include "regionstore/base/buf.h"
#include "regionstore/base/le.h"

#define BM_JOURNAL_KEY_SIZE 9u

struct bm_disk_journal {
	uint8_t is_inline; /* 1: the bytes follow; 0: a pointer follows */
	uint8_t reserved[3];
	struct le32 len;
	struct le32 batches;
};
struct bm_disk_numbers {
	struct le64 below;
};

/* --- records -------------------------------------------------------------- */

struct bm_journal_record {
	uint64_t seq; /* of its last batch */
	uint32_t len, batches;
	const uint8_t *data; /* NULL until loaded when... */
	struct rs_ptr ptr;   /* ...npages is not 0 */
};
/* val stays borrowed as data. -EUCLEAN. */
int bm_journal_decode(const struct rs_cursor *c,
		      struct bm_journal_record *ret_rec);
int bm_journal_load(const struct rs_view *v, struct bm_journal_record *rec);
bool bm_journal_is_numbers(const struct rs_cursor *c);
/* Put a record of so many batches, the last of which is seq. */
int bm_journal_put(struct rs_txn *t, uint64_t seq, uint32_t batches,
		   const struct buf *bytes);
/* The value of the record of numbers. -EUCLEAN. */
int bm_numbers_decode(const void *val, size_t len, uint64_t *ret_below);

/* --- the journal of a store ----------------------------------------------- */

/* Each record, loaded, in the order of their numbers. */
typedef int bm_journal_fn(void *arg, const struct bm_journal_record *rec);
int bm_journal_each(const struct rs_view *v, bm_journal_fn *fn, void *arg);
/* Below which number all batches are, by the store; 0: it says nothing. */
int bm_journal_numbers(const struct rs_view *v, uint64_t *ret_below);
/* Look at what is in the journal and the log, for bm_recall(). -EROFS with a
 * sentence when there is anything and the store is read-only: then no view
 * could show it. */
int bm_journal_open(struct bm_db *db, struct err *e);
/* Write what is unwritten. On error it stays unwritten. */
int bm_journal_write(struct bm_db *db);
/* Remove all records: everything in them is settled. */
int bm_journal_clear(struct bm_db *db);
/* Put one record of batches, the last of which is seq, in place of all. */
int bm_journal_rewrite(struct bm_db *db, const struct buf *bytes,
		       uint32_t batches, uint64_t seq);
/* t is going to tell of batch seq. */
int bm_journal_number(struct bm_db *db, struct rs_txn *t, uint64_t seq);

/* --- folding (fold.c) ----------------------------------------------------- */

/* The settler of the store (regionstore.h). */
int bm_before_commit(struct bm_db *db, bool whole);
/* Settle everything and clear the journal. */
int bm_fold(struct bm_db *db);
/* Settle the sets for which much waits, and write the rest anew (fold_hot.c).
 */
int bm_fold_hot(struct bm_db *db);

#endif
