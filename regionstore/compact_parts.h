/* SPDX-License-Identifier: Apache-2.0 */
/* compact_parts.h - what a compaction is made of. PRIVATE.
 *
 * compact.c has the story; the parts are
 *
 *   compact_pack.c   fewer leaves
 *   compact_fence.c  where the fence stands
 *   compact_data.c   what reaches it, of the data tree,
 *   compact_move.c   a batch of it
 *   compact_sys.c    and of the system tree
 *   compact_cut.c    the file ends behind what is left
 */
#ifndef RS_COMPACT_PARTS_H
#define RS_COMPACT_PARTS_H

#include "regionstore/commit.h"
#include "regionstore/compact_move.h"

/* --- compact_fence.c ----------------------------------------------------- */

uint64_t rs_compact_used(struct rs_store *s);
/* Free pages below the fence, for whoever writes meanwhile. */
uint64_t rs_compact_room(uint64_t pages, unsigned tight);
/* The more rounds there were before, the further behind. */
uint64_t rs_compact_fence(struct rs_store *s, unsigned round);
/* The tighter, the nearer to what is in use. */
uint64_t rs_compact_tight(struct rs_store *s, unsigned tight);

/* --- compact_data.c ------------------------------------------------------ */

struct rs_pass {
	struct rs_store *s;
	const struct rs_compact_ops *ops;
	struct rs_compact_result *result;
	struct rs_view view; /* what find() may look at */
	struct rs_moves moves;
	bool touch; /* a node on the way here reaches the fence */
	int damage;
};

/* Move what p->moves.limit says. -EAGAIN when the fence did not hold. */
int rs_compact_data(struct rs_pass *p);

/* --- compact_sys.c ------------------------------------------------------- */

/* As long as the fence holds. */
int rs_compact_sys(struct rs_store *s, uint64_t fence);

/* --- compact_cut.c ------------------------------------------------------- */

int rs_compact_cut(struct rs_store *s);
/* What is free below the end goes back to the host. */
void rs_compact_punch(struct rs_store *s);

#endif
