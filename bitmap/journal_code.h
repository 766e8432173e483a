/* SPDX-License-Identifier: Apache-2.0 */
/* journal_code.h - batches as the bytes of a journal record. PRIVATE to
 * bitmap/.
 *
 * What a batch asks for is coded by itself, when it is queued (its CODE). The
 * record is made of HEADS and codes in turn: a head says which batch, of which
 * set and when, as differences from the head before, since batches of one
 * moment have much in common. docs/format.md, "The journal", has the bytes.
 *
 *	record   head code head code head code ...
 *
 * Pure. The reader takes any bytes: what it returns is consistent.
 */
#ifndef BM_JOURNAL_CODE_H
#define BM_JOURNAL_CODE_H

#include "bitmap/bitmap.h"
#include "regionstore/base/buf.h"

struct bm_head {
	uint64_t seq; /* ascends within a record */
	uint64_t ino;
	int64_t when_ns;
};

#define BM_HEAD_MAX 30u /* bytes of a coded head */

/* Bytes that the code of b takes at most. */
size_t bm_code_max(const struct bm_batch *b);
/* Code b, whose members ascend if it has any, into out; the bytes it took. */
size_t bm_code_put(const struct bm_batch *b, uint8_t *out);

/* Append a head and a code. prev, zeroed before the first, becomes head. */
int bm_code_append(struct buf *out, struct bm_head *prev,
		   const struct bm_head *head, const uint8_t *code,
		   size_t code_len);

struct bm_code_reader {
	const uint8_t *p, *end;
	const uint8_t *code; /* of the last batch, up to p */
	struct bm_head prev;
};
void bm_code_reader_init(struct bm_code_reader *r, const void *data,
			 size_t len);
/* The next batch into b, which was initialised and whose memory is used again;
 * the caller finishes it. -ENOENT at the end, -EUCLEAN for bytes that no writer
 * makes, -ENOMEM. */
int bm_code_next(struct bm_code_reader *r, struct bm_head *ret_head,
		 struct bm_batch *b);

#endif
