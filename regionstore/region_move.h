/* SPDX-License-Identifier: Apache-2.0 */
/* region_move.h - chunks for compact.c. PRIVATE. */
#ifndef RS_REGION_MOVE_H
#define RS_REGION_MOVE_H

#include "regionstore/compact_move.h"

/* How many blocks of a chunk do not lie behind the one before, though they
 * could, and does any run reach the fence? 0 for a record that makes no
 * sense. */
unsigned rs_chunk_scatter(const void *val, size_t len,
			  const struct rs_move_limit *limit, bool *ret_above);

/* Put the runs that reach the fence, or all that may be moved, on fresh pages,
 * in as few runs as there are. c is on the chunk's record. How many pages that
 * were. -EBADMSG when a block is damaged. */
int rs_chunk_move(struct rs_txn *t, const struct rs_cursor *c,
		  const struct rs_move_limit *limit, bool all,
		  uint64_t *ret_pages);

#endif
