/* SPDX-License-Identifier: Apache-2.0 */
/* redo.h - what a txn did, as bytes that can do it again. PRIVATE.
 *
 * A txn is the records it puts and removes, and the pages it claims and frees;
 * done again on the commit that it was done on, it gives the same tree. So a
 * txn that is small can be made durable by writing down these (log.h), long
 * before the commit that writes its nodes.
 *
 *	txn    op op op ...         docs/format.md, "The log"
 *
 * The coding is pure. The reader takes any bytes: what it returns lies inside
 * them and has lengths that a record may have; nothing else is promised.
 *
 * struct rs_redo collects the txns that ended and are not durable yet. It
 * stands below the txn lock.
 */
#ifndef RS_REDO_H
#define RS_REDO_H

#include "regionstore/base/buf.h"
#include "regionstore/regionstore.h"

/* Values on disk. */
enum rs_redo_kind {
	RS_REDO_PUT = 1,
	RS_REDO_DEL = 2,
	RS_REDO_CLAIM = 3,
	RS_REDO_FREE = 4,
};

struct rs_redo_op {
	enum rs_redo_kind kind;
	/* put, del: borrowed from the bytes that are read */
	const uint8_t *key, *val;
	size_t key_len, val_len;
	uint64_t weight;
	/* claim, free */
	uint64_t pgno, birth;
	uint32_t npages;
};

/* -ENOMEM changes nothing. */
int rs_redo_code(struct buf *out, const struct rs_redo_op *op);
/* The op at *at of len bytes, and *at behind it. -ENOENT at the end; -EUCLEAN
 * for bytes that are none. */
int rs_redo_next(const uint8_t *bytes, size_t len, size_t *at,
		 struct rs_redo_op *ret_op);

/* What is worth writing down: beyond that a commit costs no more. */
#define RS_REDO_MAX	  (32u << 10) /* bytes */
#define RS_REDO_PAGES_MAX 6u	      /* claimed, whose content goes along */

struct rs_redo {
	struct buf bytes; /* entries of the log, one for each txn */
	uint32_t pages;	  /* claimed in them */
	/* A txn is missing, so those after it mean nothing: a commit must make
	 * them durable. */
	bool broken;
	/* A derived txn is missing (rs_txn_derived()). Those before it are
	 * here, and no other comes after it. */
	bool sealed;

	/* the txn that is running */
	size_t mark; /* where its entry begins */
	uint32_t mark_pages;
	bool lost; /* it is not worth it, or there is no memory */
};

void rs_redo_finish(struct rs_redo *r);
/* From here on everything is part of another commit. */
void rs_redo_reset(struct rs_redo *r);

void rs_redo_begin(struct rs_redo *r);
void rs_redo_add(struct rs_redo *r, const struct rs_redo_op *op);
void rs_redo_end(struct rs_redo *r, bool derived);
void rs_redo_abort(struct rs_redo *r);

#endif
