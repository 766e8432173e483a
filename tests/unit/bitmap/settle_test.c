/* SPDX-License-Identifier: Apache-2.0 */
/* What a settle by several threads makes: the same, to the byte. */
#include "bitmap/set.h"
#include "bitmap/view.h"
#include "regionstore/base/auto.h"
#include "regionstore/base/buf.h"
#include "tests/support/rng.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SETS   4u
#define BITS   24u /* of a member, where there is a twin */
#define MANY   200000u
#define PER    12000u /* members of a write(2) */
#define ROUNDS 12u

static const uint32_t shards[SETS] = { 1, 2, 3, 16 };

struct sets {
	struct set_store *ss;
	uint64_t ino[SETS];
	struct bm_stage *stage[SETS]; /* or NULL: it goes to the set itself */
	uint8_t *twin; /* one byte for each member below 2^BITS */
};

static void make_sets(struct sets *s, struct set_store *ss)
{
	*s = (struct sets){ .ss = ss, .twin = calloc(1, 1u << BITS) };
	assert_non_null(s->twin);
	for (size_t i = 0; i < SETS; i++) {
		struct rs_object obj;
		struct rs_view *v;
		struct rs_txn *t;

		s->ino[i] = set_store_create(ss);
		assert_int_equal(rs_view_live(ss->store, &v), 0);
		assert_int_equal(rs_object_get(v, s->ino[i], &obj), 0);
		rs_view_put(v);
		assert_int_equal(bm_object_set_shards(&obj, shards[i]), 0);
		assert_int_equal(rs_txn_begin(ss->store, &t), 0);
		assert_int_equal(rs_object_put(t, s->ino[i], &obj), 0);
		assert_int_equal(rs_txn_end(t), 0);
	}
}

/* --- the same to all of them ---------------------------------------------- */

static void append(struct sets *s, size_t i, const uint64_t *members, size_t n,
		   enum bm_op op)
{
	struct bm_batch b;

	bm_batch_init(&b);
	for (size_t k = 0; k < n; k++)
		assert_int_equal(op == BM_ADD ? bm_batch_add(&b, members[k])
					      : bm_batch_range(&b, members[k],
							       members[k], op),
				 0);
	assert_int_equal(s->stage[i] ? bm_stage_append(s->stage[i], &b)
				     : bm_append(s->ss->db, s->ino[i], &b, 1),
			 0);
	bm_batch_finish(&b);
}

static void change(struct sets *s, const uint64_t *members, size_t n,
		   enum bm_op op)
{
	for (size_t at = 0; at < n; at += PER) {
		size_t len = n - at < PER ? n - at : PER;

		for (size_t i = 0; i < SETS; i++)
			append(s, i, members + at, len, op);
	}
	for (size_t k = 0; k < n; k++)
		if (members[k] >> BITS == 0)
			s->twin[members[k]] = op == BM_ADD;
}

static void change_range(struct sets *s, uint64_t lo, uint64_t hi,
			 enum bm_op op)
{
	for (size_t i = 0; i < SETS; i++) {
		struct bm_batch b;

		bm_batch_init(&b);
		assert_int_equal(bm_batch_range(&b, lo, hi, op), 0);
		assert_int_equal(bm_append(s->ss->db, s->ino[i], &b, 1), 0);
		bm_batch_finish(&b);
	}
	memset(s->twin + lo, op == BM_ADD, hi - lo + 1);
}

/* --- what became of it ---------------------------------------------------- */

/* The segments of a set, one behind the other, and the header's numbers. */
static void write_down(struct sets *s, size_t i, struct buf *out)
{
	struct bm_info info = set_store_info(s->ss, s->ino[i]);
	struct rs_object obj;
	struct bm_place pl;
	struct bm_set set;
	struct rs_view *v;
	int err;

	assert_int_equal(info.shards, shards[i]);
	info.shards = 0;
	assert_int_equal(buf_append(out, &info, sizeof(info)), 0);
	assert_int_equal(rs_view_live(s->ss->store, &v), 0);
	assert_int_equal(rs_object_get(v, s->ino[i], &obj), 0);
	assert_int_equal(bm_set_decode(&obj, &set), 0);
	bm_place_init(&pl, v, set.id);
	for (err = bm_place_at_or_after(&pl, 0); !err;
	     err = bm_place_next(&pl)) {
		struct bm_seg *seg = &pl.rec.seg;

		assert_int_equal(bm_place_load(&pl), 0);
		assert_int_equal(buf_append(out, &seg->lo, sizeof(seg->lo)), 0);
		assert_int_equal(buf_append(out, &seg->kind, sizeof(seg->kind)),
				 0);
		assert_int_equal(buf_append(out, seg->data, seg->len), 0);
	}
	assert_int_equal(err, -ENOENT);
	bm_place_finish(&pl);
	rs_view_put(v);
}

static void settle(struct sets *s)
{
	for (size_t i = 0; i < SETS; i++)
		assert_int_equal(bm_settle(s->ss->db, s->ino[i]), 0);
}

static void are_alike(struct sets *s)
{
	struct buf first = { 0 };

	write_down(s, 0, &first);
	for (size_t i = 1; i < SETS; i++) {
		struct buf other = { 0 };

		write_down(s, i, &other);
		assert_int_equal(first.len, other.len);
		assert_memory_equal(buf_data(&first), buf_data(&other),
				    first.len);
		buf_finish(&other);
	}
	buf_finish(&first);
}

static void are_right(struct sets *s)
{
	struct bm_view *bv = set_store_view(s->ss, s->ino[1]);
	uint64_t count = 0;
	struct bm_iter it;
	uint64_t members[256];
	size_t got;

	for (size_t i = 0; i < 1u << BITS; i++)
		count += s->twin[i];
	assert_int_equal(bm_view_info(bv)->count, count);
	bm_iter_init(&it, bv);
	assert_int_equal(bm_iter_nth(&it, 0), 0);
	do {
		assert_int_equal(bm_iter_read(&it, members, 256, &got), 0);
		for (size_t i = 0; i < got; i++)
			assert_true(members[i] >> BITS == 0 &&
				    s->twin[members[i]]);
	} while (got);
	bm_iter_finish(&it);
	bm_view_close(bv);
}

/* --- tests ---------------------------------------------------------------- */

/* From a fourth of the space on, and of so many bits. */
static void draw(struct rng *r, uint64_t *members, size_t n, unsigned bits)
{
	uint64_t base = rng_below(r, 4) << (bits - 2);

	for (size_t k = 0; k < n; k++)
		members[k] = (base +
			      (rng_u64(r) >> (64 - bits) >> rng_below(r, 3))) &
			     ((UINT64_C(1) << bits) - 1);
}

static void draw_round(struct sets *s, struct rng *r, uint64_t *members)
{
	enum bm_op op = rng_one_in(r, 3) ? BM_REMOVE : BM_ADD;
	size_t n = rng_one_in(r, 4) ? rng_below(r, 1000) + 1 : MANY;

	draw(r, members, n, BITS);
	change(s, members, n, op);
	if (rng_one_in(r, 3)) {
		uint64_t lo = rng_below(r, 1u << (BITS - 1));

		change_range(s, lo, lo + rng_below(r, 1u << 19),
			     rng_one_in(r, 2) ? BM_ADD : BM_REMOVE);
		draw(r, members, MANY, BITS);
		change(s, members, MANY, BM_ADD);
	}
}

static void shards_do_not_show(void **state)
{
	AUTO_FREE uint64_t *members = malloc(MANY * sizeof(*members));
	struct sets s;
	struct rng r;

	assert_non_null(members);
	rng_init(&r, 1);
	make_sets(&s, *state);
	for (unsigned i = 0; i < ROUNDS; i++) {
		draw_round(&s, &r, members);
		settle(&s);
		are_alike(&s);
		are_right(&s);
	}
	free(s.twin);
}

/* Sparse ones and wide ones, which are sorted in other ways. */
static void nor_where_members_lie_apart(void **state)
{
	AUTO_FREE uint64_t *members = malloc(MANY * sizeof(*members));
	struct sets s;
	struct rng r;

	assert_non_null(members);
	rng_init(&r, 2);
	make_sets(&s, *state);
	for (unsigned bits = 30; bits < 64; bits += 11) {
		draw(&r, members, MANY, bits);
		change(&s, members, MANY, BM_ADD);
		change(&s, members, MANY / 2, BM_REMOVE);
		settle(&s);
		are_alike(&s);
	}
	free(s.twin);
}

static void nor_in_a_stage(void **state)
{
	AUTO_FREE uint64_t *members = malloc(4 * MANY * sizeof(*members));
	struct sets s;
	struct rng r;

	assert_non_null(members);
	rng_init(&r, 3);
	make_sets(&s, *state);
	for (size_t i = 0; i < SETS; i++) {
		assert_int_equal(bm_stage_new(s.ss->db, &s.stage[i]), 0);
		assert_int_equal(bm_stage_set_shards(s.stage[i], shards[i]), 0);
	}
	draw(&r, members, 4 * MANY, BITS);
	change(&s, members, 4 * MANY, BM_ADD);
	for (size_t i = 0; i < SETS; i++) {
		assert_int_equal(bm_stage_settle(s.stage[i]), 0);
		set_store_apply(s.ss, s.ino[i], s.stage[i], false);
		bm_stage_free(s.stage[i]);
	}
	are_alike(&s);
	are_right(&s);
	free(s.twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(shards_do_not_show),
		SET_STORE_TEST(nor_where_members_lie_apart),
		SET_STORE_TEST(nor_in_a_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
