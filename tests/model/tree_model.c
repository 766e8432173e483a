/* SPDX-License-Identifier: Apache-2.0 */
/* tree_model.c - the counted tree against a sorted array.
 *
 * The twin keeps records in an array, in order; a sum is a loop. Each step
 * draws an operation for both. Edits are published, thrown away, flushed to
 * pages; old roots are kept and compared again much later; the pages that an
 * epoch dropped are compared with those that became unreachable.
 */
#include "regionstore/pack.h"
#include "regionstore/regionstore.h"
#include "tests/support/mempages.h"
#include "tests/support/records.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 4u /* old versions kept alive */

struct version {
	struct rs_root root;
	struct twin twin;
};

struct model {
	struct rng rng;
	struct mempages mp;
	struct rs_tree_env env;
	struct version now;
	struct version kept[KEPT];
	struct rs_root durable; /* the last one flushed */
	struct rs_drops drops;	/* since then */
	uint64_t txid, edit_id;
	unsigned shape; /* of the keys drawn */
	unsigned small; /* values mostly small */
	unsigned grow;	/* puts among ten changes */
};

static void version_finish(struct version *v)
{
	rs_root_put(&v->root);
	twin_finish(&v->twin);
}

/* --- drawing --- */

/* Keys that are numbers, that are long and alike, that are anything. */
static void draw_key(struct model *m, struct record *r)
{
	uint64_t n = rng_below(&m->rng, 20000);

	memset(r->key, 'x', sizeof(r->key));
	switch (m->shape) {
	case 0:
		r->key[0] = 0x10;
		for (unsigned i = 0; i < 8; i++)
			r->key[1 + i] = (uint8_t)(n >> (56 - 8 * i));
		r->key_len = 9;
		break;
	case 1:
		r->key_len = 200 + rng_below(&m->rng, 73);
		memcpy(r->key + 150 + n % 40, &n, 2);
		break;
	default:
		r->key_len = 1 + rng_below(&m->rng,
					   1 + rng_below(&m->rng, RS_KEY_MAX));
		for (unsigned i = 0; i < 1 + n % 4 && i < r->key_len; i++)
			r->key[i] = (uint8_t)rng_below(&m->rng, 5);
	}
}

static void draw_record(struct model *m, struct record *r, uint8_t *val)
{
	draw_key(m, r);
	r->val = val;
	r->val_len = rng_one_in(&m->rng, m->small)
			     ? rng_below(&m->rng, RS_VAL_MAX + 1)
			     : rng_below(&m->rng, 60);
	memset(val, (int)rng_below(&m->rng, 256), r->val_len);
	r->weight = rng_one_in(&m->rng, 3) ? 0 : rng_any_size(&m->rng) >> 24;
}

/* --- comparing --- */

static void expect_record(const struct rs_cursor *c, const struct record *r)
{
	assert_true(c->key_len == r->key_len);
	assert_true(memcmp(c->key, r->key, r->key_len) == 0);
	assert_true(c->val_len == r->val_len);
	assert_true(memcmp(c->val, r->val, r->val_len) == 0);
	assert_true(c->weight == r->weight);
}

static void fail_on_finding(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "walk: %s\n", text);
	abort();
}

/* Everything, in order, twice: by cursor and by the checker's walk. */
static void compare_all(struct model *m, const struct version *v)
{
	struct rs_tree_walk walk = { .finding = fail_on_finding };
	struct rs_cursor c = { 0 };
	uint64_t weight = 0;

	for (size_t i = 0; i < v->twin.n; i++) {
		assert_true(rs_tree_next(&m->env, &v->root, &c) == 0);
		expect_record(&c, &v->twin.r[i]);
		weight += v->twin.r[i].weight;
	}
	assert_true(rs_tree_next(&m->env, &v->root, &c) == -ENOENT);
	rs_tree_release(&c);
	assert_true(v->root.sum.count == v->twin.n);
	assert_true(v->root.sum.weight == weight);
	assert_true(rs_tree_walk(&m->env, &v->root, &walk) == 0);
}

static void compare_sums(struct model *m, const struct version *v,
			 const struct record *r, size_t pos)
{
	struct rs_sum sum;
	uint64_t weight = 0;

	assert_true(rs_tree_sum_before(&m->env, &v->root, r->key, r->key_len,
				       &sum) == 0);
	for (size_t i = 0; i < pos; i++)
		weight += v->twin.r[i].weight;
	assert_true(sum.count == pos && sum.weight == weight);
}

/* Every question about one key. */
static void compare_key(struct model *m, const struct version *v)
{
	uint8_t buf[RS_VAL_MAX];
	struct rs_cursor c = { 0 };
	struct record r;
	uint64_t weight;
	size_t len, pos;
	bool found;
	int err;

	draw_key(m, &r);
	pos = twin_find(&v->twin, r.key, r.key_len, &found);
	err = rs_tree_get(&m->env, &v->root, r.key, r.key_len, buf, sizeof(buf),
			  &len, &weight);
	assert_true(err == (found ? 0 : -ENOENT));
	if (found) {
		assert_true(len == v->twin.r[pos].val_len);
		assert_true(memcmp(buf, v->twin.r[pos].val, len) == 0);
		assert_true(weight == v->twin.r[pos].weight);
	}
	compare_sums(m, v, &r, pos);
	err = rs_tree_seek(&m->env, &v->root, &c, r.key, r.key_len);
	assert_true(err == (pos < v->twin.n ? 0 : -ENOENT));
	for (size_t i = pos; !err && i < v->twin.n && i < pos + 90; i++) {
		expect_record(&c, &v->twin.r[i]);
		err = rs_tree_next(&m->env, &v->root, &c);
		assert_true(err == (i + 1 < v->twin.n ? 0 : -ENOENT));
	}
	err = rs_tree_floor(&m->env, &v->root, &c, r.key, r.key_len);
	assert_true(err == (pos + found > 0 ? 0 : -ENOENT));
	if (!err)
		expect_record(&c, &v->twin.r[pos + found - 1]);
	rs_tree_release(&c);
}

/* By ordinal and by weight. */
static void compare_unit(struct model *m, const struct version *v)
{
	uint64_t n = rng_below(&m->rng, v->twin.n + 2);
	uint64_t weight = 0, w, before;
	struct rs_cursor c = { 0 };
	size_t i = 0;
	int err = rs_tree_nth(&m->env, &v->root, &c, n);

	assert_true(err == (n < v->twin.n ? 0 : -ENOENT));
	if (!err)
		expect_record(&c, &v->twin.r[n]);
	w = rng_below(&m->rng, v->root.sum.weight + 2);
	err = rs_tree_weigh(&m->env, &v->root, &c, w, &before);
	while (i < v->twin.n && weight + v->twin.r[i].weight <= w)
		weight += v->twin.r[i++].weight;
	assert_true(err == (i < v->twin.n ? 0 : -ENOENT));
	if (!err) {
		assert_true(before == weight);
		expect_record(&c, &v->twin.r[i]);
	}
	rs_tree_release(&c);
}

/* --- pages that leave --- */

static int mark_page(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	uint8_t *marks = arg;

	(void)level;
	assert_true(marks[ptr->pgno] == 0); /* a tree has no page twice */
	marks[ptr->pgno] = 1;
	return 0;
}

static uint8_t *reachable(struct model *m, const struct rs_root *root)
{
	uint8_t *marks = calloc(1, m->mp.n);
	struct rs_tree_walk walk = { .arg = marks,
				     .page = mark_page,
				     .finding = fail_on_finding };

	assert_true(marks);
	assert_true(rs_tree_walk(&m->env, root, &walk) == 0);
	return marks;
}

/* Each page of the old durable root is in the new one, or dropped once. */
static void compare_drops(struct model *m)
{
	uint8_t *before = reachable(m, &m->durable);
	uint8_t *after = reachable(m, &m->now.root);

	assert_true(rs_drops_resolve(&m->drops) == 0);
	for (size_t i = 0; i < m->drops.n_ptrs; i++) {
		uint64_t pgno = m->drops.ptrs[i].pgno;

		assert_true(before[pgno] == 1 && after[pgno] == 0);
		before[pgno] = 0;
	}
	for (size_t i = 0; i < m->mp.n; i++)
		assert_true(!before[i] || after[i]);
	rs_drops_finish(&m->drops);
	free(before);
	free(after);
}

static void commit(struct model *m)
{
	mempages_commit(&m->mp, &m->now.root, m->txid++);
	compare_drops(m);
	rs_root_put(&m->durable);
	rs_root_ref(&m->durable, &m->now.root);
}

/* Freeze, edit on while the frozen root is not flushed, flush it then: what
 * the edit replaced has no page when it is replaced. */
static void freeze(struct model *m, struct rs_root *ret_frozen)
{
	rs_root_ref(ret_frozen, &m->now.root);
	m->txid++;
}

/* --- steps --- */

static void change(struct model *m, struct rs_edit *ed, struct twin *t)
{
	uint8_t val[RS_VAL_MAX];
	struct record r;
	size_t pos;
	bool found;
	int err;

	draw_record(m, &r, val);
	if (rng_below(&m->rng, 10) >= m->grow && t->n) {
		pos = rng_below(&m->rng, t->n);
		r = t->r[pos];
		if (rng_one_in(&m->rng, 4))
			draw_key(m, &r);
		pos = twin_find(t, r.key, r.key_len, &found);
		err = rs_tree_del(ed, r.key, r.key_len);
		assert_true(err == (found ? 0 : -ENOENT));
		if (found)
			twin_remove(t, pos);
		return;
	}
	assert_true(rs_tree_put(ed, r.key, r.key_len, r.val, r.val_len,
				r.weight) == 0);
	twin_put(t, &r);
}

/* A row of ascending puts or of deletes, which splits and merges many. */
static void sweep(struct model *m, struct rs_edit *ed, struct twin *t)
{
	size_t from = rng_one_in(&m->rng, 3) ? 0 : rng_below(&m->rng, t->n + 1);
	size_t n = rng_below(&m->rng, rng_one_in(&m->rng, 5) ? 3000 : 300);

	if (rng_one_in(&m->rng, 2)) {
		while (n-- && from < t->n) {
			assert_true(rs_tree_del(ed, t->r[from].key,
						t->r[from].key_len) == 0);
			twin_remove(t, from);
		}
		return;
	}
	for (size_t i = 0; i < n; i++) {
		uint8_t val[40] = { 0 };
		struct record r = { .key_len = 12, .val = val, .val_len = 40 };

		r.key[0] = 0x11;
		r.key[1] = (uint8_t)(from % 7);
		r.key[10] = (uint8_t)(i >> 8);
		r.key[11] = (uint8_t)i;
		r.weight = i;
		assert_true(rs_tree_put(ed, r.key, r.key_len, r.val, r.val_len,
					r.weight) == 0);
		twin_put(t, &r);
	}
}

/* Leaves are put together, those of one branch or all. No record changes, and
 * looking before promised as much. */
static void pack(struct model *m, struct rs_edit *ed)
{
	uint64_t since = rng_one_in(&m->rng, 3) ? m->txid - 1 : 0;
	struct rs_pack_branch b = { .next_len = 1 };
	unsigned saved;

	if (rng_one_in(&m->rng, 2)) {
		struct record r;

		draw_key(m, &r);
		assert_true(rs_tree_pack(ed, r.key, r.key_len, since, &saved) ==
			    0);
		return;
	}
	while (b.next_len) {
		uint8_t key[RS_KEY_MAX];
		unsigned len = b.next_len;
		int err;

		memcpy(key, b.next, len);
		err = rs_pack_look(&m->env, &ed->root, key, len, since, &b);
		if (err == -ENOENT)
			return;
		assert_true(err == 0);
		assert_true(rs_tree_pack(ed, key, len, since, &saved) == 0);
		assert_true(saved <= b.saved);
	}
}

/* One edit; sometimes it comes to nothing. */
static void step_edit(struct model *m)
{
	bool give_up = rng_one_in(&m->rng, 10);
	struct twin before = { 0 };
	uint64_t n = 1 + rng_below(&m->rng, 40);
	struct rs_edit ed;

	if (give_up)
		before = twin_copy(&m->now.twin);
	rs_edit_init(&ed, &m->env, &m->now.root, m->txid, ++m->edit_id);
	if (rng_one_in(&m->rng, 12))
		sweep(m, &ed, &m->now.twin);
	else if (rng_one_in(&m->rng, 8))
		pack(m, &ed);
	else
		while (n--)
			change(m, &ed, &m->now.twin);
	if (give_up) {
		twin_finish(&m->now.twin);
		m->now.twin = before;
	} else {
		assert_true(rs_drops_move(&m->drops, &ed.drops) == 0);
		rs_root_put(&m->now.root);
		rs_root_ref(&m->now.root, &ed.root);
	}
	rs_edit_finish(&ed);
}

/* A commit during which edits go on. */
static void step_overlapped_commit(struct model *m)
{
	struct rs_root frozen;
	struct rs_drops settled = m->drops;
	struct rs_ptr ptr;

	m->drops = (struct rs_drops){ 0 };
	freeze(m, &frozen);
	step_edit(m);
	rs_tree_flush(&frozen, m->txid - 1, &m->mp.placer, &ptr);
	step_edit(m);
	rs_tree_clean(&frozen);
	rs_tree_clean(&m->now.root);
	assert_true(frozen.mem == NULL && frozen.ptr.pgno == ptr.pgno);
	/* The frozen root is the durable one now: judge its drops. */
	{
		struct rs_drops later = m->drops;
		struct rs_root now = m->now.root;

		m->drops = settled;
		m->now.root = frozen;
		compare_drops(m);
		m->now.root = now;
		m->drops = later;
	}
	rs_root_put(&m->durable);
	m->durable = frozen;
}

static void step_keep(struct model *m)
{
	struct version *v = &m->kept[rng_below(&m->rng, KEPT)];

	compare_all(m, v);
	version_finish(v);
	rs_root_ref(&v->root, &m->now.root);
	v->twin = twin_copy(&m->now.twin);
}

static void step(struct model *m)
{
	switch (rng_below(&m->rng, 12)) {
	case 0:
		commit(m);
		break;
	case 1:
		step_overlapped_commit(m);
		break;
	case 2:
		if (rng_one_in(&m->rng, 8))
			step_keep(m);
		break;
	case 3:
		if (rng_one_in(&m->rng, 20)) {
			m->shape = (unsigned)rng_below(&m->rng, 3);
			m->small = rng_one_in(&m->rng, 2) ? 1 : 20;
			m->grow = 2 + (unsigned)rng_below(&m->rng, 8);
		}
		break;
	case 4:
	case 5:
	case 6:
		compare_key(m, &m->kept[rng_below(&m->rng, KEPT)]);
		compare_key(m, &m->now);
		compare_unit(m, &m->now);
		break;
	default:
		step_edit(m);
	}
	if (rng_one_in(&m->rng, 60))
		compare_all(m, &m->now);
}

static void behaves_as_a_sorted_array(void **state)
{
	struct model m = { .txid = 1, .small = 1, .grow = 8 };
	uint64_t steps = rng_steps(4000);

	(void)state;
	rng_init(&m.rng, rng_seed());
	mempages_init(&m.mp);
	m.env = (struct rs_tree_env){ .pages = &m.mp.pages, .tree_id = 1 };
	m.shape = (unsigned)rng_below(&m.rng, 3);
	for (uint64_t i = 0; i < steps; i++)
		step(&m);
	commit(&m);
	compare_all(&m, &m.now);
	for (unsigned i = 0; i < KEPT; i++) {
		compare_all(&m, &m.kept[i]);
		version_finish(&m.kept[i]);
	}
	version_finish(&m.now);
	rs_root_put(&m.durable);
	rs_drops_finish(&m.drops);
	mempages_finish(&m.mp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaves_as_a_sorted_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
