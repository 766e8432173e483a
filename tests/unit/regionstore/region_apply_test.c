/* SPDX-License-Identifier: Apache-2.0 */
/* region_apply_test.c - the second step of a write. */

#include "tests/support/test.h"

#include "regionstore/region_write.h"
#include "tests/support/region_store.h"

#include <string.h>

static void write(struct region_fixture *f, uint64_t off, size_t len)
{
	assert_int_equal(region_write(f->s, REGION_INO, off, f->data, len), 0);
}

static void assert_stored(struct region_fixture *f, uint64_t size,
			  uint64_t stored)
{
	struct rs_region_info info = region_info(f->s, REGION_INO);

	assert_int_equal(info.size, size);
	assert_int_equal(info.stored, stored);
}

/* Up to 1,024 bytes need no page, wherever in them is written. */
static void keeps_small_regions_inline(void **state)
{
	struct region_fixture *f = *state;
	uint8_t want[1024] = { 0 };

	write(f, 500, 24);
	memcpy(want + 500, f->data, 24);
	assert_region_equal(f->s, REGION_INO, want, 524);
	write(f, 0, 1024);
	assert_stored(f, 1024, 1024);
	assert_int_equal(store_pages(f->s), f->pages);
	assert_region_equal(f->s, REGION_INO, f->data, 1024);
}

/* What is stale behind the inline bytes never shows. */
static void fills_inline_gaps_with_zeros(void **state)
{
	struct region_fixture *f = *state;
	uint8_t want[900] = { 0 };

	write(f, 0, 800);
	assert_int_equal(region_truncate(f->s, REGION_INO, 10), 0);
	write(f, 890, 10);
	memcpy(want, f->data, 10);
	memcpy(want + 890, f->data, 10);
	assert_region_equal(f->s, REGION_INO, want, 900);
}

/* One byte more, and the bytes are on a page. */
static void spills_what_outgrows_the_object(void **state)
{
	struct region_fixture *f = *state;
	static uint8_t want[20000];

	write(f, 0, 1000);
	memcpy(want, f->data, 1000);
	assert_int_equal(
		region_write(f->s, REGION_INO, 1000, f->data + 1000, 25), 0);
	assert_stored(f, 1025, 4096);
	assert_region_equal(f->s, REGION_INO, f->data, 1025);
	assert_int_equal(region_truncate(f->s, REGION_INO, 0), 0);
	write(f, 0, 1000);
	write(f, 16000, 4000); /* far from the inline bytes */
	memcpy(want + 16000, f->data, 4000);
	assert_region_equal(f->s, REGION_INO, want, 20000);
	assert_stored(f, 20000, 3 * 4096);
}

/* A write over all inline bytes needs no page for them. */
static void does_not_spill_what_is_replaced(void **state)
{
	struct region_fixture *f = *state;

	write(f, 0, 1000);
	write(f, 0, 4096);
	assert_stored(f, 4096, 4096);
	assert_int_equal(store_pages(f->s), f->pages + 1);
}

/* Ragged ends keep what was around them. */
static void merges_ragged_ends(void **state)
{
	struct region_fixture *f = *state;
	static uint8_t want[600000];

	write(f, 0, 600000);
	memcpy(want, f->data, sizeof(want));
	for (uint64_t off = 4000; off < 560000; off += 50021) {
		size_t len = off % 9000;

		write(f, off, len);
		memcpy(want + off, f->data, len);
	}
	assert_region_equal(f->s, REGION_INO, want, sizeof(want));
	assert_stored(f, 600000, 147 * 4096);
	assert_int_equal(store_pages(f->s), f->pages + 147);
}

/* No byte behind the end of a short last block comes from anywhere. */
static void leaves_zeros_behind_the_end(void **state)
{
	struct region_fixture *f = *state;
	static uint8_t want[8192];

	write(f, 0, 5000);
	assert_int_equal(region_truncate(f->s, REGION_INO, 8192), 0);
	memcpy(want, f->data, 5000);
	assert_region_equal(f->s, REGION_INO, want, 8192);
}

static struct rs_chunk load(struct region_fixture *f)
{
	struct rs_chunk c;
	struct rs_view *v;

	assert_int_equal(rs_view_live(f->s, &v), 0);
	assert_int_equal(rs_chunk_load(v, REGION_INO, 0, &c), 0);
	rs_view_put(v);
	return c;
}

/* A page is never written twice: what is replaced was another page. */
static void writes_to_fresh_pages(void **state)
{
	struct region_fixture *f = *state;
	struct rs_chunk before, after;

	for (size_t len = 4096; len > 100; len /= 5) {
		write(f, 0, 8192);
		before = load(f);
		write(f, 0, len);
		after = load(f);
		assert_int_not_equal(before.pgno[0], after.pgno[0]);
		assert_int_equal(before.pgno[1], after.pgno[1]);
	}
}

/* What is appended lies behind what was there, if there is room: here the
 * allocator would go on elsewhere.
 */
static void lies_behind_the_block_before(void **state)
{
	struct region_fixture *f = *state;
	struct rs_write *w;
	struct rs_chunk c;

	write(f, 0, 4096);
	assert_int_equal(rs_write_prepare(f->s, 0, f->data, 400000, &w), 0);
	rs_write_drop(w);
	write(f, 4096, 100);
	c = load(f);
	assert_int_equal(c.pgno[1], c.pgno[0] + 1);
}

/* Hold pages until a write no longer fits one run. */
static struct rs_write *prepare_in_runs(struct region_fixture *f,
					const uint8_t *data, size_t len)
{
	struct rs_write *held[64], *w = NULL;
	size_t n = 0;

	do {
		held[n++] = w;
		assert_true(n < 64);
		assert_int_equal(rs_write_prepare(f->s, 0, data, len, &w), 0);
	} while (w->n_runs == 1);
	while (n)
		rs_write_drop(held[--n]);
	return w;
}

/* What no free run has room for lies in several, and chunks know it. */
static void lies_in_several_runs(void **state)
{
	static uint8_t data[(4u << 20) + 5];
	struct region_fixture *f = *state;
	struct rs_object obj;
	struct rs_write *w;
	struct rs_txn *t;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i % 253);
	w = prepare_in_runs(f, data, sizeof(data));
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), REGION_INO, &obj), 0);
	assert_int_equal(rs_write_apply(t, REGION_INO, &obj, w), 0);
	assert_int_equal(rs_object_put(t, REGION_INO, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
	assert_region_equal(f->s, REGION_INO, data, sizeof(data));
	assert_stored(f, sizeof(data), 1025 * 4096);
}

/* Within a txn a second write sees the first. */
static void builds_on_the_same_txn(void **state)
{
	struct region_fixture *f = *state;
	struct rs_write *w[2];
	struct rs_object obj;
	struct rs_txn *t;
	uint8_t want[6000];

	memset(want, 0x55, sizeof(want));
	memcpy(want + 100, f->data, 4000);
	assert_int_equal(rs_write_prepare(f->s, 0, want, 6000, &w[0]), 0);
	assert_int_equal(rs_write_prepare(f->s, 100, f->data, 4000, &w[1]), 0);
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), REGION_INO, &obj), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rs_write_apply(t, REGION_INO, &obj, w[i]), 0);
		rs_write_drop(w[i]);
	}
	assert_int_equal(rs_object_put(t, REGION_INO, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_region_equal(f->s, REGION_INO, want, 6000);
	assert_int_equal(store_pages(f->s), f->pages + 2);
}

/* A txn that is aborted after the write leaves no page behind. */
static void gives_all_back_on_abort(void **state)
{
	struct region_fixture *f = *state;
	struct rs_object obj;
	struct rs_write *w;
	struct rs_txn *t;

	write(f, 0, 9000);
	assert_int_equal(rs_write_prepare(f->s, 50, f->data, 50000, &w), 0);
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), REGION_INO, &obj), 0);
	assert_int_equal(rs_write_apply(t, REGION_INO, &obj, w), 0);
	rs_txn_abort(t);
	rs_write_drop(w);
	assert_region_equal(f->s, REGION_INO, f->data, 9000);
	assert_int_equal(store_pages(f->s), f->pages + 3);
}

/* No bytes change nothing, not even the size. */
static void ignores_no_bytes(void **state)
{
	struct region_fixture *f = *state;

	write(f, 50000, 0);
	assert_stored(f, 0, 0);
}

/* The last bytes a region can have. */
static void writes_up_to_the_limit(void **state)
{
	struct region_fixture *f = *state;
	uint8_t buf[10];
	size_t got;

	write(f, RS_REGION_MAX - 10, 10);
	assert_stored(f, RS_REGION_MAX, 4096);
	assert_int_equal(region_read(f->s, REGION_INO, RS_REGION_MAX - 10, buf,
				     10, &got),
			 0);
	assert_memory_equal(buf, f->data, 10);
}

/* Chunks that hold more than the object says are damage, and found. */
static void refuses_objects_that_disagree(void **state)
{
	struct region_fixture *f = *state;
	struct rs_object obj, lie;
	struct rs_write *w;
	struct rs_txn *t;
	struct rs_region r;

	write(f, 0, 8192);
	assert_int_equal(rs_write_prepare(f->s, 0, f->data, 8192, &w), 0);
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), REGION_INO, &obj), 0);
	assert_int_equal(rs_region_decode(&obj, &r), 0);
	lie = obj;
	r.stored = 4096;
	assert_int_equal(rs_region_encode(&r, &lie), 0);
	assert_int_equal(rs_write_apply(t, REGION_INO, &lie, w), -EUCLEAN);
	rs_txn_abort(t);
	rs_write_drop(w);
	assert_region_equal(f->s, REGION_INO, f->data, 8192);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, region_setup, region_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_small_regions_inline),
		TEST(fills_inline_gaps_with_zeros),
		TEST(spills_what_outgrows_the_object),
		TEST(does_not_spill_what_is_replaced),
		TEST(merges_ragged_ends),
		TEST(leaves_zeros_behind_the_end),
		TEST(writes_to_fresh_pages),
		TEST(lies_behind_the_block_before),
		TEST(lies_in_several_runs),
		TEST(builds_on_the_same_txn),
		TEST(gives_all_back_on_abort),
		TEST(ignores_no_bytes),
		TEST(writes_up_to_the_limit),
		TEST(refuses_objects_that_disagree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
