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
 *	6  cut the file off (trim.c), punch what is free
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
#include "regionstore/commit.h"
#include "regionstore/compact_move.h"
#include "regionstore/compact_pack.h"

#include <string.h>

#define ROUNDS	    8u
#define TIGHT	    2u	  /* rounds more, in a small store */
#define BATCH_PAGES 1024u /* moved in one txn */
#define ROOM_PAGES  512u  /* for the commits that do the moving */
#define SYS_PUTS    256u  /* records put in one commit */

/* --- where to ------------------------------------------------------------ */

static uint64_t used_pages(struct rs_store *s)
{
	struct rs_alloc *a = &s->alloc;
	uint64_t pages;

	lock_take(&a->lock);
	pages = a->used_pages;
	lock_drop(&a->lock);
	return pages;
}

/* Free pages below the fence, for whoever writes meanwhile. */
static uint64_t room_for(uint64_t pages, unsigned tight)
{
	return (pages / 64 + ROOM_PAGES) >> (2 * tight);
}

static uint64_t fence_for(uint64_t pages)
{
	pages += RS_GROUP_SLOTS * (pages / RS_GROUP_PAGES + 1);
	return RS_GROUP_FIRST + pages;
}

/* The more rounds there were before, the further behind. */
static uint64_t choose_fence(struct rs_store *s, unsigned round)
{
	uint64_t pages = used_pages(s);

	pages += room_for(pages, 0) + RS_SPARE_PAGES;
	return fence_for(pages + pages / 32 * round);
}

/* The tighter, the nearer to what is in use. The spare stays where it is: it
 * will find a place at the end. */
static uint64_t choose_tight(struct rs_store *s, unsigned tight)
{
	uint64_t pages = used_pages(s);
	uint64_t fence = fence_for(pages + room_for(pages, tight));
	struct rs_alloc *a = &s->alloc;

	lock_take(&a->lock);
	for (size_t i = 0; i < a->spare.n; i++)
		if (a->spare.v[i].pgno < fence)
			pages += a->spare.v[i].npages;
	lock_drop(&a->lock);
	return fence_for(pages + room_for(pages, tight));
}

/* --- the data tree ------------------------------------------------------- */

struct pass {
	struct rs_store *s;
	const struct rs_compact_ops *ops;
	struct rs_compact_result *result;
	struct rs_view view; /* what find() may look at */
	struct rs_moves moves;
	bool touch; /* a node on the way here reaches the fence */
	int damage;
};

static int on_page(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	struct pass *p = arg;

	(void)level;
	p->touch |= rs_moves_wants(&p->moves.limit, ptr);
	return 0;
}

static int flush(struct pass *p)
{
	int err = rs_moves_run(p->s, &p->moves, p->ops);

	p->result->moved_bytes = rs_bytes(p->moves.moved);
	if (!err && rs_alloc_fence(&p->s->alloc) != p->moves.limit.fence)
		err = -EAGAIN;
	if (!err && p->ops->go_on)
		err = p->ops->go_on(p->ops->arg, p->result);
	return err;
}

static int on_record(void *arg, const struct rs_cursor *c)
{
	struct pass *p = arg;
	struct rs_cursor at = *c;
	int err;

	at.view = &p->view;
	err = rs_moves_add(&p->moves, p->ops, &at, p->touch);
	p->touch = false;
	p->result->records_done++;
	if (!err && rs_moves_due(&p->moves) >= BATCH_PAGES)
		err = flush(p);
	return err;
}

static void on_finding(void *arg, const char *text)
{
	struct pass *p = arg;

	(void)text;
	p->damage = -EUCLEAN;
}

/* The tree as the last commit left it, pinned. */
static int begin_pass(struct pass *p, struct rs_root *ret_root,
		      struct rs_pin **ret_pin)
{
	struct rs_store *s = p->s;
	int err;

	lock_take(&s->commit_lock);
	err = rs_pin_take(&s->pins, s->super.txid, ret_pin);
	if (!err)
		*ret_root = (struct rs_root){ .ptr = s->super.data_root,
					      .sum = s->super.data_sum };
	p->moves.limit.since = 0;
	if (s->snaps.n)
		p->moves.limit.since = s->snaps.v[s->snaps.n - 1].snap.txid;
	lock_drop(&s->commit_lock);
	return err;
}

static int move_data(struct pass *p)
{
	const struct rs_tree_walk walk = { .arg = p,
					   .page = on_page,
					   .record = on_record,
					   .finding = on_finding };
	struct rs_root root;
	struct rs_pin *pin;
	int err = begin_pass(p, &root, &pin);

	if (err)
		return err;
	p->view.store = p->s;
	p->view.root = &root;
	p->result->records = root.sum.count;
	p->result->records_done = 0;
	err = rs_tree_walk(&p->s->data_env, &root, &walk);
	if (!err)
		err = p->damage;
	if (!err)
		err = flush(p);
	rs_pin_drop(&p->s->pins, pin);
	return err;
}

/* --- the system tree ----------------------------------------------------- */

struct sys_op {
	struct rs_sysop op;
	struct rs_commit *c;
	struct rs_move_limit limit;
	bool touch;
	unsigned puts;
	int damage;
};

static int on_sys_page(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	struct sys_op *o = arg;

	(void)level;
	o->touch |= rs_moves_wants(&o->limit, ptr);
	return 0;
}

/* The walk goes on in the tree as it was. */
static int on_sys_record(void *arg, const struct rs_cursor *c)
{
	struct sys_op *o = arg;

	if (!o->touch)
		return 0;
	if (o->puts == SYS_PUTS)
		return -EINTR;
	o->touch = false;
	o->puts++;
	return rs_tree_put(&o->c->sys, c->key, c->key_len, c->val, c->val_len,
			   c->weight);
}

static void on_sys_finding(void *arg, const char *text)
{
	(void)text;
	((struct sys_op *)arg)->damage = -EUCLEAN;
}

static int prepare_sys(struct rs_sysop *op, struct rs_commit *c)
{
	struct sys_op *o = (struct sys_op *)op;
	const struct rs_tree_walk walk = { .arg = o,
					   .page = on_sys_page,
					   .record = on_sys_record,
					   .finding = on_sys_finding };
	const struct rs_root root = { .ptr = c->super.sys_root,
				      .sum = c->super.sys_sum };
	int err;

	o->c = c;
	err = rs_tree_walk(c->sys.env, &root, &walk);
	if (err == -EINTR)
		err = 0;
	return err ? err : o->damage;
}

static int move_sys(struct rs_store *s, uint64_t fence)
{
	struct sys_op o = { .puts = 1 };
	int err = 0;

	while (!err && o.puts > 0 && rs_alloc_fence(&s->alloc) == fence) {
		o = (struct sys_op){ .op = { .prepare = prepare_sys },
				     .limit.fence = fence };
		rs_yield(s);
		err = rs_commit(s, &o.op);
	}
	return err;
}

/* --- all of it ----------------------------------------------------------- */

/* Chunks that fell to pieces. Without a fence: what is made anew where it could
 * stay needs room for a while. */
static int make_whole(struct pass *p)
{
	int err;

	p->moves.limit.fence = RS_NO_FENCE;
	p->moves.whole = true;
	p->result->step = "making regions whole";
	err = move_data(p);
	p->moves.whole = false;
	return err;
}

/* Once all through, with a fence. -EAGAIN when it did not hold. */
static int run_round(struct pass *p, uint64_t fence)
{
	struct rs_store *s = p->s;
	int err;

	p->moves.limit.fence = fence;
	p->result->step = "moving pages";
	rs_alloc_set_fence(&s->alloc, fence);
	err = move_data(p);
	if (!err)
		err = move_sys(s, fence);
	if (!err)
		err = rs_drain(s);
	if (!err && rs_alloc_fence(&s->alloc) != fence)
		err = -EAGAIN;
	return err;
}

static int run_rounds(struct pass *p)
{
	struct rs_alloc *a = &p->s->alloc;
	int err = -EAGAIN;

	for (unsigned i = 0; i < ROUNDS && err == -EAGAIN; i++) {
		uint64_t fence = choose_fence(p->s, i);

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
static int tighten(struct pass *p)
{
	uint64_t pages = used_pages(p->s);
	int err = 0;

	for (unsigned i = 1; i <= TIGHT && !err; i++) {
		if (room_for(pages, i - 1) <= pages / 32)
			return 0;
		err = run_round(p, choose_tight(p->s, i));
	}
	return err == -EAGAIN ? run_rounds(p) : err;
}

static bool spare_is_last_locked(const struct rs_alloc *a, uint64_t end)
	REQUIRES(a->lock)
{
	for (size_t i = 0; i < a->spare.n; i++)
		if (a->spare.v[i].pgno + a->spare.v[i].npages == end)
			return true;
	return false;
}

/* With the fence at the end of what is in use and ROOM, so that the commits
 * that cut the file off do not make it longer. They put the spare there when
 * it has no place further in front. */
static int cut_once(struct rs_store *s, uint64_t room, uint64_t *ret_end)
{
	struct rs_alloc *a = &s->alloc;
	uint64_t end = 0;
	bool last;
	int err;

	lock_take(&a->lock);
	err = rs_alloc_end_locked(a, &end);
	last = !err && spare_is_last_locked(a, end);
	lock_drop(&a->lock);
	if (last)
		rs_alloc_drop_spare(a);
	lock_take(&a->lock);
	if (a->spare_pages < RS_SPARE_PAGES)
		room += RS_SPARE_PAGES + RS_RUN_GOOD;
	if (!err)
		err = rs_alloc_end_locked(a, &end);
	if (!err)
		rs_alloc_set_fence_locked(a, end + room);
	lock_drop(&a->lock);
	if (!err)
		err = rs_trim(s, room);
	rs_alloc_set_fence(a, RS_NO_FENCE);
	*ret_end = end + room;
	return err;
}

/* These commits need pages of their own. Where what was moved has filled all
 * that was free in front of the end the first of them lengthens the file by a
 * whole step: then once more, with a few pages behind the end. */
static int cut(struct rs_store *s)
{
	uint64_t end;
	int err = cut_once(s, 0, &end);

	if (!err && rs_file_pages(s) > end)
		err = cut_once(s, RS_RUN_GOOD, &end);
	return err;
}

static void punch_all(struct rs_store *s)
{
	struct rs_alloc *a = &s->alloc;
	uint32_t group = 0;

	while (rs_alloc_probe(a, group))
		group++;
	while (rs_alloc_punch_any(a))
		;
}

static void fill_result(struct rs_store *s, struct rs_compact_result *r)
{
	struct rs_stats st;

	rs_stats(s, &st);
	r->file_after = st.file_bytes;
	r->pinned_bytes = st.pinned_bytes;
}

/* What is there takes as little as it can. */
static int pack(struct pass *p)
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
	struct pass p = { .s = s, .ops = ops, .result = &result };
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
		err = cut(s);
	if (err)
		return err;
	punch_all(s);
	fill_result(s, &result);
	*ret_result = result;
	return 0;
}
