/* SPDX-License-Identifier: Apache-2.0 */
/* segment_model.c - sets made of segments, against CRoaring and an array.
 *
 * A set is kept as the store will keep it, as a row of segments, each with
 * all members up to the next one. Random batches are reduced to a delta, each
 * segment is merged with its part of it, as an array or as crowds, and replaced
 * by what the packer emits. After each step every segment is valid, small
 * enough and where it belongs, P32 is what CRoaring reads, and all questions
 * have the answers of CRoaring's 64-bit set and, while the set is small, of a
 * sorted array.
 */
#include "tests/support/test.h"

#include "bitmap/segment.h"
#include "tests/support/deltas.h"
#include "tests/support/rng.h"
#include "tests/support/shapes.h"

#include <roaring/roaring.h>
#include <roaring/roaring64.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_DEFAULT 600
#define MEMBERS_MAX   300000u
#define NAIVE_MAX     40000u

/* --- the set under test: a row of segments -------------------------------- */

struct row {
	struct bm_seg *segs;
	uint8_t **data; /* of each, from malloc */
	size_t n;
};

static void row_finish(struct row *row)
{
	for (size_t i = 0; i < row->n; i++)
		free(row->data[i]);
	free(row->data);
	free(row->segs);
	*row = (struct row){ 0 };
}

static int row_add(void *arg, const struct bm_seg *seg)
{
	struct row *row = arg;
	uint8_t *data = malloc(seg->len);

	assert_non_null(data);
	memcpy(data, seg->data, seg->len);
	row->segs = realloc(row->segs, (row->n + 1) * sizeof(*row->segs));
	row->data = realloc(row->data, (row->n + 1) * sizeof(*row->data));
	assert_non_null(row->segs);
	assert_non_null(row->data);
	row->segs[row->n] = *seg;
	row->segs[row->n].data = data;
	row->data[row->n] = data;
	assert_int_equal(bm_seg_open(&row->segs[row->n]), 0);
	row->n++;
	return 0;
}

/* --- the twins ------------------------------------------------------------ */

struct twin {
	roaring64_bitmap_t *big;
	uint64_t *all; /* sorted, all members of big */
	uint64_t n;
};

/* An array so simple that it is right. */
struct naive {
	uint64_t members[NAIVE_MAX + 400000];
	size_t n;
	bool on;
};

/* How many of n ascending members lie below member. */
static size_t below(const uint64_t *members, size_t n, uint64_t member)
{
	size_t i = 0;

	while (n) {
		if (members[i + n / 2] < member) {
			i += n / 2 + 1;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	return i;
}

static size_t naive_below(const struct naive *na, uint64_t member)
{
	return below(na->members, na->n, member);
}

static void naive_apply(struct naive *na, const struct bm_command *c)
{
	size_t from = naive_below(na, c->lo);
	size_t to = naive_below(na, c->hi);
	size_t len = c->op == BM_ADD ? c->hi - c->lo + 1 : 0;

	if (to < na->n && na->members[to] == c->hi)
		to++;
	if (na->n - (to - from) + len > NAIVE_MAX) {
		na->on = false;
		return;
	}
	memmove(na->members + from + len, na->members + to,
		(na->n - to) * sizeof(*na->members));
	for (size_t i = 0; i < len; i++)
		na->members[from + i] = c->lo + i;
	na->n = na->n - (to - from) + len;
}

static void twin_apply(struct twin *t, const struct bm_command *c)
{
	if (c->op == BM_ADD)
		roaring64_bitmap_add_range_closed(t->big, c->lo, c->hi);
	else
		roaring64_bitmap_remove_range_closed(t->big, c->lo, c->hi);
}

static void twin_list(struct twin *t)
{
	t->n = roaring64_bitmap_get_cardinality(t->big);
	t->all = realloc(t->all, (t->n + 1) * sizeof(*t->all));
	assert_non_null(t->all);
	roaring64_bitmap_to_uint64_array(t->big, t->all);
}

/* --- one step ------------------------------------------------------------- */

struct model {
	struct rng r;
	struct row row;
	struct twin twin;
	struct naive *naive;
	size_t seg_max;
};

/* Commands of one step, put into one to three batches; both twins too. */
static void draw_batches(struct model *m, struct bm_batch *batches, size_t n)
{
	struct shape shape;
	bool plain = rng_one_in(&m->r, 3);
	enum bm_op all = rng_one_in(&m->r, 3) ? BM_REMOVE : BM_ADD;
	size_t count = rng_below(&m->r, rng_one_in(&m->r, 4) ? 3000 : 60);

	shape_draw(&shape, &m->r);
	if (rng_one_in(&m->r, 4))
		count = rng_below(&m->r, 3);
	if (rng_one_in(&m->r, 12)) { /* dense, too slow for the array */
		count = rng_below(&m->r, 60000);
		m->naive->on = false;
	}
	for (size_t i = 0; i <= count; i++) {
		struct bm_batch *b = &batches[i * n / (count + 1)];
		struct bm_command c = { .op = BM_ADD };

		c.lo = shape_member(&shape, &m->r);
		if (m->twin.n && rng_one_in(&m->r, 4)) /* or one it has */
			c.lo = m->twin.all[rng_below(&m->r, m->twin.n)];
		c.hi = c.lo;
		if (plain)
			c.op = all;
		else if (rng_one_in(&m->r, 3))
			c.op = BM_REMOVE;
		if (!plain && rng_one_in(&m->r, 20))
			shape_range(&shape, &m->r, &c.lo, &c.hi);
		if (!plain && rng_one_in(&m->r, 200)) {
			c.op = BM_REMOVE;
			c.hi |= UINT64_MAX >> rng_below(&m->r, 60);
		}
		if (c.lo == c.hi && c.op == BM_ADD)
			assert_int_equal(bm_batch_add(b, c.lo), 0);
		else
			assert_int_equal(bm_batch_range(b, c.lo, c.hi, c.op),
					 0);
		twin_apply(&m->twin, &c);
		if (m->naive->on)
			naive_apply(m->naive, &c);
	}
}

/* Merge segment i of row (or nothing: NULL) with what lies in lo..hi. */
static void merge_one(struct model *m, struct bm_packer *p, struct row *out,
		      const struct bm_seg *seg, const struct bm_delta *d)
{
	size_t before = out->n;
	bool changed;

	assert_int_equal(bm_merge(seg, d, p, &changed), 0);
	if (!changed && seg) {
		assert_int_equal(out->n, before);
		if (rng_one_in(&m->r, 8))
			assert_int_equal(bm_packer_copy(p, seg), 0);
		else
			assert_int_equal(row_add(out, seg), 0);
	}
	if (rng_below(&m->r, 3))
		assert_int_equal(bm_packer_flush(p), 0);
}

static bool has_any(const roaring64_bitmap_t *r, uint64_t lo, uint64_t hi)
{
	roaring64_iterator_t *it = roaring64_iterator_create(r);
	bool any = roaring64_iterator_move_equalorlarger(it, lo) &&
		   roaring64_iterator_value(it) <= hi;

	roaring64_iterator_free(it);
	return any;
}

static void merge_all(struct model *m, const struct bm_delta *d,
		      const roaring64_bitmap_t *differs)
{
	struct bm_command *room = malloc((d->n_ops + 1) * sizeof(*room));
	struct row out = { 0 };
	struct bm_packer *p;
	uint64_t lo = 0;

	assert_int_equal(bm_packer_new(m->seg_max, row_add, &out, &p), 0);
	for (size_t i = 0; i < m->row.n || i == 0; i++) {
		bool last = i + 1 >= m->row.n;
		uint64_t hi = last ? UINT64_MAX : m->row.segs[i + 1].lo - 1;
		struct bm_delta part = delta_slice(d, lo, hi, room);
		const struct bm_seg *seg = m->row.n ? &m->row.segs[i] : NULL;
		struct bm_packer *probe;
		struct row dropped = { 0 };
		bool changed;

		assert_int_equal(
			bm_packer_new(m->seg_max, row_add, &dropped, &probe),
			0);
		assert_int_equal(bm_merge(seg, &part, probe, &changed), 0);
		assert_int_equal(changed, has_any(differs, lo, hi));
		assert_int_equal(bm_packer_flush(probe), 0);
		assert_true(changed || dropped.n == 0);
		bm_packer_free(probe);
		row_finish(&dropped);

		if (!changed)
			assert_int_equal(bm_packer_flush(p), 0);
		merge_one(m, p, &out, seg, &part);
		lo = hi + 1;
	}
	assert_int_equal(bm_packer_flush(p), 0);
	bm_packer_free(p);
	free(room);
	row_finish(&m->row);
	m->row = out;
}

/* --- what must hold after it ---------------------------------------------- */

static void check_portable(const struct bm_seg *seg)
{
	const char *why = NULL;
	roaring_bitmap_t *r = roaring_bitmap_portable_deserialize_safe(
		(const char *)seg->data, seg->len);

	assert_non_null(r);
	assert_true(roaring_bitmap_internal_validate(r, &why));
	assert_int_equal(roaring_bitmap_get_cardinality(r), seg->card);
	assert_int_equal(roaring_bitmap_portable_deserialize_size(
				 (const char *)seg->data, seg->len),
			 seg->len);
	roaring_bitmap_free(r);
}

static void check_row(const struct model *m)
{
	uint64_t card = 0;

	for (size_t i = 0; i < m->row.n; i++) {
		const struct bm_seg *seg = &m->row.segs[i];

		assert_int_equal(bm_seg_validate(seg), 0);
		assert_true(seg->len <= m->seg_max);
		assert_int_equal(seg->lo & 0xffff, 0);
		assert_int_equal(seg->lo >> 16, bm_seg_min(seg) >> 16);
		if (i + 1 < m->row.n)
			assert_true(bm_seg_max(seg) < m->row.segs[i + 1].lo);
		if (seg->kind == BM_SEG_P32)
			check_portable(seg);
		card += seg->card;
	}
	assert_int_equal(card, m->twin.n);
}

/* All members, in pieces of random size. */
static void check_members(struct model *m)
{
	uint64_t buf[1000];
	uint64_t at = 0;

	for (size_t i = 0; i < m->row.n; i++) {
		struct bm_seg_iter it;
		size_t got;

		bm_seg_iter_init(&it, &m->row.segs[i]);
		do {
			size_t ask = 1 + rng_below(&m->r, 1000);

			got = bm_seg_iter_read(&it, buf, ask);
			assert_true(got <= m->twin.n - at);
			assert_memory_equal(buf, m->twin.all + at, 8 * got);
			at += got;
		} while (got);
	}
	assert_int_equal(at, m->twin.n);
	if (m->naive->on) {
		assert_int_equal(m->naive->n, m->twin.n);
		assert_memory_equal(m->naive->members, m->twin.all,
				    8 * m->twin.n);
	}
}

static uint64_t draw_member(struct model *m, const struct bm_seg *seg)
{
	uint64_t member;

	if (rng_one_in(&m->r, 8))
		return rng_u64(&m->r);
	assert_int_equal(
		bm_seg_select(seg, rng_below(&m->r, seg->card), &member), 0);
	return member + rng_below(&m->r, 3) - 1;
}

/* Members up to x. CRoaring looks at each container for that, so it is asked
 * now and then. */
static uint64_t twin_rank(struct model *m, uint64_t x)
{
	uint64_t rank = below(m->twin.all, m->twin.n, x);

	if (rank < m->twin.n && m->twin.all[rank] == x)
		rank++;
	if (x % 50 == 0)
		assert_int_equal(rank, roaring64_bitmap_rank(m->twin.big, x));
	return rank;
}

/* Members of twin below the segment: answers count from there. */
static void check_question(struct model *m, const struct bm_seg *seg,
			   uint64_t before)
{
	uint64_t x = draw_member(m, seg);
	uint64_t n = rng_below(&m->r, seg->card);
	uint64_t upto = twin_rank(m, x);
	uint64_t member;
	uint64_t next[5];
	struct bm_seg_iter it;
	size_t got;

	assert_int_equal(bm_seg_select(seg, n, &member), 0);
	assert_true(member == m->twin.all[before + n]);
	upto = upto < before ? 0 : upto - before;
	if (upto > seg->card)
		upto = seg->card;
	assert_int_equal(bm_seg_rank(seg, x), upto);
	if (x >= seg->lo && x <= bm_seg_max(seg))
		assert_int_equal(bm_seg_contains(seg, x),
				 roaring64_bitmap_contains(m->twin.big, x));
	bm_seg_iter_init(&it, seg);
	bm_seg_iter_seek(&it, x);
	upto -= bm_seg_contains(seg, x);
	got = bm_seg_iter_read(&it, next, 5);
	assert_int_equal(got, seg->card - upto < 5 ? seg->card - upto : 5);
	assert_memory_equal(next, m->twin.all + before + upto, 8 * got);
	bm_seg_iter_nth(&it, n);
	got = bm_seg_iter_read(&it, next, 5);
	assert_int_equal(got, seg->card - n < 5 ? seg->card - n : 5);
	assert_memory_equal(next, m->twin.all + before + n, 8 * got);
}

static void check_questions(struct model *m)
{
	uint64_t before = 0;

	for (size_t i = 0; i < m->row.n; i++) {
		for (int k = 0; k < 10; k++)
			check_question(m, &m->row.segs[i], before);
		before += m->row.segs[i].card;
	}
}

static void step(struct model *m)
{
	roaring64_bitmap_t *old = roaring64_bitmap_copy(m->twin.big);
	struct bm_batch batches[3];
	struct bm_batch *queue[3] = { &batches[0], &batches[1], &batches[2] };
	size_t n = 1 + rng_below(&m->r, 3);
	struct bm_delta_buf d;

	for (size_t i = 0; i < 3; i++)
		bm_batch_init(&batches[i]);
	draw_batches(m, batches, n);
	assert_int_equal(bm_delta_build(queue, n, 0, &d), 0);
	delta_check(&d.delta);
	if (rng_one_in(&m->r, 2))
		delta_turn(&d);
	roaring64_bitmap_xor_inplace(old, m->twin.big);
	merge_all(m, &d.delta, old);
	twin_list(&m->twin);
	check_row(m);
	check_members(m);
	check_questions(m);
	bm_delta_finish(&d);
	for (size_t i = 0; i < 3; i++)
		bm_batch_finish(&batches[i]);
	roaring64_bitmap_free(old);
}

static void start_anew(struct model *m)
{
	static const size_t sizes[] = { 8192, 16384, 16384, 32768, 65536 };

	row_finish(&m->row);
	roaring64_bitmap_clear(m->twin.big);
	m->twin.n = 0;
	m->naive->n = 0;
	m->naive->on = true;
	m->seg_max = sizes[rng_below(&m->r, 5)];
}

static void agrees_with_its_twins(void **state)
{
	uint64_t steps = rng_steps(STEPS_DEFAULT);
	struct model m = { .twin.big = roaring64_bitmap_create() };

	(void)state;
	m.naive = malloc(sizeof(*m.naive));
	assert_non_null(m.naive);
	rng_init(&m.r, rng_seed());
	start_anew(&m);
	for (uint64_t i = 0; i < steps; i++) {
		step(&m);
		if (m.twin.n > MEMBERS_MAX || rng_one_in(&m.r, 40))
			start_anew(&m);
	}
	row_finish(&m.row);
	roaring64_bitmap_free(m.twin.big);
	free(m.twin.all);
	free(m.naive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_its_twins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
