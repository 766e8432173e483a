/* SPDX-License-Identifier: Apache-2.0 */
/* compact_move.h - a batch of records whose pages shall move. PRIVATE.
 *
 * Records are noted while a tree is walked that does not change, and moved in
 * a txn, where they are looked up again: by then they may be gone, or point
 * elsewhere. Zeroed to begin with.
 */
#ifndef RS_COMPACT_MOVE_H
#define RS_COMPACT_MOVE_H

#include "regionstore/regionstore.h"

struct rs_move_key {
	bool touch; /* put it as it is: a node has to move */
	uint16_t len;
	uint8_t key[RS_KEY_MAX];
};

/* What is to be moved: pages that reach the fence and that no snapshot holds,
 * for they were born later. */
struct rs_move_limit {
	uint64_t fence;
	uint64_t since;
};

static inline bool rs_moves_wants(const struct rs_move_limit *limit,
				  const struct rs_ptr *p)
{
	return p->npages && p->pgno + p->npages > limit->fence &&
	       p->birth > limit->since;
}

struct rs_moves {
	struct rs_move_limit limit;
	bool whole; /* chunks that fell to pieces as well */
	struct rs_move_key *v;
	size_t n, cap;
	uint64_t due;	/* pages that the batch will move, about */
	uint64_t moved; /* pages, so far */
};

void rs_moves_finish(struct rs_moves *m);
/* Note the record at c if it has to move, or to be put. -ENOMEM. */
int rs_moves_add(struct rs_moves *m, const struct rs_compact_ops *ops,
		 const struct rs_cursor *c, bool touch);
/* Do it, in one txn, and forget them; run() commits as well. */
int rs_moves_do(struct rs_store *s, struct rs_moves *m,
		const struct rs_compact_ops *ops);
int rs_moves_run(struct rs_store *s, struct rs_moves *m,
		 const struct rs_compact_ops *ops);

static inline uint64_t rs_moves_due(const struct rs_moves *m)
{
	return m->due;
}

#endif
