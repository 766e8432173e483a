/* SPDX-License-Identifier: Apache-2.0 */
/* commit_space.c - the pages a commit needs in order to say which pages it
 * needs.
 *
 * The record of each group whose bitmap changes goes into the system tree.
 * That copies nodes of the system tree; the copies need pages, and the old
 * ones are freed; both change bitmaps, perhaps of further groups. We repeat
 * until nothing is new. Each round can only add groups, and records keep their
 * size, so it ends; in practice after two rounds, because the run for the
 * nodes and the old nodes lie in the same few groups.
 *
 * A record has room for the flips that are known when it is made and for some
 * more. If that turns out to be too few the bitmap's slot is written, which
 * takes no room at all.
 */
#include "regionstore/commit.h"
#include "regionstore/syskey.h"

#include <assert.h>
#include <stdlib.h>

#define ROOM_AHEAD 8u /* flips */
#define ROOM_STEP  8u
_Static_assert(RS_FLIPS_MAX % ROOM_STEP == 0, "rounded up, it still fits");

static int add_group(struct rs_commit *c, struct rs_group *g)
{
	if (c->n_groups == c->cap_groups) {
		size_t cap = c->cap_groups ? c->cap_groups * 2 : 8;
		struct rs_touched *v = realloc(c->groups, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		c->groups = v;
		c->cap_groups = cap;
	}
	g->next = malloc(sizeof(*g->next));
	if (!g->next)
		return -ENOMEM;
	*g->next = g->disk;
	c->groups[c->n_groups++] = (struct rs_touched){ .g = g };
	return 0;
}

static int touch(struct rs_commit *c, uint64_t pgno, struct rs_group **ret)
{
	struct rs_group *g;
	int err = rs_alloc_group(&c->s->alloc, rs_group_of(pgno), &g);

	if (!err && !g->next)
		err = add_group(c, g);
	if (!err)
		*ret = g;
	return err;
}

int rs_commit_mark(struct rs_commit *c, uint64_t pgno, uint32_t npages)
{
	uint32_t from = rs_page_in_group(pgno);
	struct rs_group *g;
	int err = touch(c, pgno, &g);

	if (err)
		return err;
	if (rs_bits_count(g->next, from, from + npages) != 0)
		return -EUCLEAN;
	rs_bits_set(g->next, from, from + npages);
	c->super.used_pages += npages;
	c->super.commit_pages += npages;
	return 0;
}

int rs_commit_unmark(struct rs_commit *c, uint64_t pgno, uint32_t npages)
{
	uint32_t from = rs_page_in_group(pgno);
	struct rs_group *g;
	int err;

	if (!rs_is_payload(pgno, npages, rs_file_pages(c->s)))
		return -EUCLEAN;
	err = touch(c, pgno, &g);
	if (err)
		return err;
	if (rs_bits_count(g->next, from, from + npages) != npages ||
	    c->super.used_pages < npages)
		return -EUCLEAN;
	rs_bits_clear(g->next, from, from + npages);
	c->super.used_pages -= npages;
	return 0;
}

/* --- the run for the nodes ----------------------------------------------- */

static int add_run(struct rs_commit *c, uint64_t pgno, uint32_t npages)
{
	const struct rs_extent x = { .pgno = pgno, .npages = npages };
	int err = rs_extents_reserve(&c->runs, 1);

	if (!err)
		err = rs_commit_mark(c, pgno, npages);
	if (err) {
		rs_alloc_give(&c->s->alloc, pgno, npages);
		return err;
	}
	c->run_pages += npages;
	return rs_extents_add(&c->runs, &x);
}

/* A run with blocks below it. In one piece if there is one, and behind the
 * payloads of the txns if there are any. */
static int take_run(struct rs_commit *c, uint32_t want, uint64_t *ret_pgno,
		    uint32_t *ret_got)
{
	struct rs_want w = { .zone = RS_ZONE_META,
			     .min = want,
			     .want = want,
			     .follow = c->super.commit_pages > c->run_pages,
			     .commit = true };
	struct rs_alloc *a = &c->s->alloc;
	int err = rs_alloc_take(a, &w, ret_pgno, ret_got);

	if (err == -ENOSPC) {
		w.min = 1;
		err = rs_alloc_take(a, &w, ret_pgno, ret_got);
	}
	if (err)
		return err;
	err = rs_alloc_back(a, *ret_pgno, *ret_got);
	if (err)
		rs_alloc_give(a, *ret_pgno, *ret_got);
	return err;
}

static int reserve(struct rs_commit *c, uint64_t need)
{
	while (c->run_pages < need) {
		uint64_t missing = need - c->run_pages;
		uint32_t want = missing < RS_ZONE_SPLIT / 2 ? (uint32_t)missing
							    : RS_ZONE_SPLIT / 2;
		uint64_t pgno;
		uint32_t got;
		int err = take_run(c, want, &pgno, &got);

		if (err == -ENOSPC || err == -EDQUOT) {
			got = rs_alloc_take_spare(&c->s->alloc, want, &pgno);
			err = got ? 0 : -ENOSPC;
		}
		if (!err)
			err = add_run(c, pgno, got);
		if (err)
			return err;
	}
	return 0;
}

/* --- records ------------------------------------------------------------- */

/* The run for the nodes and the old ones of the system tree are to come. */
static unsigned room_for(const struct rs_group *g)
{
	unsigned n = rs_group_flips(g) + ROOM_AHEAD;

	if (n > RS_FLIPS_MAX)
		return ROOM_AHEAD; /* after a slot was written */
	return (n + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
}

/* Of the final size; the values follow when they are known. */
static int record(struct rs_commit *c, struct rs_touched *t)
{
	static const uint8_t nothing[RS_GROUP_VAL_MAX];
	uint8_t key[RS_GROUP_KEY];

	t->room = room_for(t->g);
	rs_group_key(t->g->number, key);
	return rs_tree_put(&c->sys, key, sizeof(key), nothing,
			   RS_GROUP_VAL(t->room), 0);
}

static int record_groups(struct rs_commit *c)
{
	int err = 0;

	while (!err && c->n_recorded < c->n_groups) {
		err = record(c, &c->groups[c->n_recorded]);
		if (!err)
			c->n_recorded++;
	}
	return err;
}

/* Nodes of the system tree that were replaced. No view looks at them, but a
 * check does, which pins its commit as a view does. */
static int free_sys_drops(struct rs_commit *c)
{
	int err = rs_drops_resolve(&c->sys.drops);

	for (; !err && c->sys_drops < c->sys.drops.n_ptrs; c->sys_drops++) {
		const struct rs_ptr *p = &c->sys.drops.ptrs[c->sys_drops];
		const struct rs_extent x = { .pgno = p->pgno,
					     .npages = p->npages,
					     .birth = p->birth,
					     .death = c->txid,
					     .commit = c->txid };

		err = rs_commit_leave(c, &x);
		if (err)
			break;
	}
	return err;
}

static uint64_t nodes_needed(const struct rs_commit *c)
{
	return rs_tree_dirty(&c->data) + rs_tree_dirty(&c->sys.root);
}

int rs_commit_space(struct rs_commit *c)
{
	/* One that changes nothing needs no page, but says that all before it
	 * is durable. */
	int err = rs_alloc_settle(&c->s->alloc);
	uint64_t need;

	if (err)
		return err;
	do {
		err = free_sys_drops(c);
		if (!err)
			err = record_groups(c);
		need = nodes_needed(c);
		if (!err)
			err = reserve(c, need);
	} while (!err && (c->n_recorded < c->n_groups ||
			  c->sys_drops < c->sys.drops.n_ptrs ||
			  c->run_pages < nodes_needed(c)));
	return err;
}

int rs_commit_trim(struct rs_commit *c)
{
	uint64_t need = nodes_needed(c);
	int err = 0;

	assert(c->run_pages >= need);
	while (!err && c->run_pages > need) {
		struct rs_extent *last = &c->runs.v[c->runs.n - 1];
		uint64_t extra = c->run_pages - need;
		uint32_t n =
			extra < last->npages ? (uint32_t)extra : last->npages;

		last->npages -= n;
		c->run_pages -= n;
		c->super.commit_pages -= n;
		err = rs_commit_unmark(c, last->pgno + last->npages, n);
		rs_alloc_give(&c->s->alloc, last->pgno + last->npages, n);
		if (last->npages == 0)
			c->runs.n--;
	}
	return err;
}
