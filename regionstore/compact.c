/* SPDX-License-Identifier: Apache-2.0 */
/* compact.c - a file that is as long as what is in it.
 *
 *	1  the layers above and the tree (compact_pack.c) make do with less, and
 *	   chunks that fell to pieces become whole
 *	2  choose a FENCE: the store's pages would fit below it
 *	3  the allocator takes nothing above it (alloc.h)
 *	4  walk the trees as they are on the disk; whatever reaches the fence is
 *	   put again: payloads and chunks are copied in txns of a few MiB, and
 *	   a node moves when any record in it is put as it is
 *	5  commits, until the old places are out of quarantine
 *	6  cut the file off (compact_cut.c), punch what is free
 *
 *        |#####..##.#..###.|.#...##...#|         # in use
 *        |##########.######|...........|
 *                        fence
 *
 * There is no state on the disk: each step is an ordinary txn or commit. When
 * the room below the fence does not suffice, because somebody writes or free
 * runs are too short for a payload, the allocator takes the fence away, and we
 * try again with one that is further behind.
 *
 * Pages that a snapshot holds are not moved, live or not: the snapshot's own
 * records never change, so there would be two of each. They may keep the file
 * long. Whatever was born after the newest snapshot is held by none.
 */
#include "regionstore/compact_pack.h"
#include "regionstore/compact_parts.h"

#define ROUNDS 8u
#define TIGHT  2u /* rounds more, in a small store */

/* Chunks that fell to pieces. Without a fence: what is made anew where it could
 * stay needs room for a while. */
static int make_whole(struct rs_pass *p)
{
	int err;

	p->moves.limit.fence = RS_NO_FENCE;
	p->moves.whole = true;
	p->result->step = "making regions whole";
	err = rs_compact_data(p);
	p->moves.whole = false;
	return err;
}

/* Once all through, with a fence. -EAGAIN when it did not hold. */
static int run_round(struct rs_pass *p, uint64_t fence)
{
	struct rs_store *s = p->s;
	int err;

	p->moves.limit.fence = fence;
	p->result->step = "moving pages";
	rs_alloc_set_fence(&s->alloc, fence);
	err = rs_compact_data(p);
	if (!err)
		err = rs_compact_sys(s, fence);
	if (!err)
		err = rs_drain(s);
	if (!err && rs_alloc_fence(&s->alloc) != fence)
		err = -EAGAIN;
	return err;
}

static int run_rounds(struct rs_pass *p)
{
	struct rs_alloc *a = &p->s->alloc;
	int err = -EAGAIN;

	for (unsigned i = 0; i < ROUNDS && err == -EAGAIN; i++) {
		uint64_t fence = rs_compact_fence(p->s, i);

		/* The spare moves, too. */
		rs_alloc_set_fence(a, fence);
		rs_alloc_drop_spare(a);
		rs_alloc_fill_spare(a);
		err = run_round(p, fence);
	}
	return err;
}

/* In a small store the room that was left counts: with the end moved into it,
 * there is less of it. Where that is too little, it is as before. */
static int tighten(struct rs_pass *p)
{
	uint64_t pages = rs_compact_used(p->s);
	int err = 0;

	for (unsigned i = 1; i <= TIGHT && !err; i++) {
		if (rs_compact_room(pages, i - 1) <= pages / 32)
			return 0;
		err = run_round(p, rs_compact_tight(p->s, i));
	}
	return err == -EAGAIN ? run_rounds(p) : err;
}

static void fill_result(struct rs_store *s, struct rs_compact_result *r)
{
	struct rs_stats st;

	rs_stats(s, &st);
	r->file_after = st.file_bytes;
	r->pinned_bytes = st.pinned_bytes;
}

/* What is there takes as little as it can. */
static int pack(struct rs_pass *p)
{
	const struct rs_compact_ops *ops = p->ops;
	int err = rs_commit(p->s, NULL);

	if (!err && ops->pack)
		err = ops->pack(ops->arg, p->result);
	if (!err)
		err = rs_compact_pack(p->s, ops, p->result);
	if (!err)
		err = make_whole(p);
	/* Without room to write anew, there may be enough to move. */
	if (err == -ENOSPC || err == -EDQUOT)
		err = 0;
	return err;
}

int rs_compact(struct rs_store *s, const struct rs_compact_ops *ops,
	       struct rs_compact_result *ret_result)
{
	struct rs_compact_result result = { .file_before = rs_bytes(
						    rs_file_pages(s)) };
	struct rs_pass p = { .s = s, .ops = ops, .result = &result };
	int err = pack(&p);

	if (!err)
		err = rs_drain(s);
	if (!err)
		err = run_rounds(&p);
	if (!err)
		err = tighten(&p);
	rs_alloc_set_fence(&s->alloc, RS_NO_FENCE);
	rs_moves_finish(&p.moves);
	/* What did not go all the way may have gone far enough. */
	if (!err || err == -EAGAIN)
		err = rs_compact_cut(s);
	if (err)
		return err;
	rs_compact_punch(s);
	fill_result(s, &result);
	*ret_result = result;
	return 0;
}
