/* SPDX-License-Identifier: Apache-2.0 */
/* file_test.c - sets as files, byte for byte as the naive way and CRoaring
 * make them. */

#include "bitmap/bitmap.h"
#include "tests/support/rng.h"
#include "tests/support/set_store.h"
#include "tests/support/shapes.h"
#include "tests/support/test.h"

#include <errno.h>
#include <inttypes.h>
#include <roaring/roaring64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
	static struct set_store ss;

	set_store_init(&ss);
	*state = &ss;
	return 0;
}

static int teardown(void **state)
{
	set_store_finish(*state);
	return 0;
}

/* --- the naive way -------------------------------------------------------- */

struct bytes {
	char *v;
	size_t len, cap;
};

static void add(struct bytes *b, const void *v, size_t len)
{
	if (b->len + len > b->cap) {
		b->cap = 2 * (b->len + len);
		b->v = realloc(b->v, b->cap);
		assert_non_null(b->v);
	}
	memcpy(b->v + b->len, v, len);
	b->len += len;
}

static void add_lines(struct bytes *b, const uint64_t *m, size_t n, int width)
{
	char line[32];

	for (size_t i = 0; i < n; i++)
		add(b, line,
		    (size_t)snprintf(line, sizeof(line), "%0*" PRIu64 "\n",
				     width, m[i]));
}

static void add_ranges(struct bytes *b, const uint64_t *m, size_t n)
{
	char line[64];

	for (size_t i = 0; i < n; i++) {
		uint64_t first = m[i];

		while (i + 1 < n && m[i + 1] == m[i] + 1)
			i++;
		if (m[i] == first)
			snprintf(line, sizeof(line), "%" PRIu64 "\n", first);
		else
			snprintf(line, sizeof(line),
				 "%" PRIu64 "-%" PRIu64 "\n", first, m[i]);
		add(b, line, strlen(line));
	}
}

static void add_roaring(struct bytes *b, const uint64_t *m, size_t n)
{
	roaring64_bitmap_t *r = roaring64_bitmap_create();
	roaring64_bulk_context_t at = { 0 };

	for (size_t i = 0; i < n; i++)
		roaring64_bitmap_add_bulk(r, &at, m[i]);
	roaring64_bitmap_run_optimize(r);
	b->cap = roaring64_bitmap_portable_size_in_bytes(r);
	b->v = malloc(b->cap);
	assert_non_null(b->v);
	b->len = roaring64_bitmap_portable_serialize(r, b->v);
	roaring64_bitmap_free(r);
}

static void add_roaring32(struct bytes *b, const uint64_t *m, size_t n)
{
	roaring_bitmap_t *r = roaring_bitmap_create();
	roaring_bulk_context_t at = { 0 };

	for (size_t i = 0; i < n; i++)
		roaring_bitmap_add_bulk(r, &at, (uint32_t)m[i]);
	roaring_bitmap_run_optimize(r);
	b->cap = roaring_bitmap_portable_size_in_bytes(r);
	b->v = malloc(b->cap);
	assert_non_null(b->v);
	b->len = roaring_bitmap_portable_serialize(r, b->v);
	roaring_bitmap_free(r);
}

static struct bytes expected(enum bm_format format, const uint64_t *m, size_t n)
{
	struct bytes b = { .v = malloc(1) };

	switch (format) {
	case BM_FORMAT_PAD:
		add_lines(&b, m, n, 20);
		break;
	case BM_FORMAT_RANGES:
		add_ranges(&b, m, n);
		break;
	case BM_FORMAT_LE64:
		add(&b, m, n * sizeof(*m));
		break;
	case BM_FORMAT_ROARING:
		free(b.v);
		add_roaring(&b, m, n);
		break;
	case BM_FORMAT_ROARING32:
		free(b.v);
		add_roaring32(&b, m, n);
		break;
	case BM_FORMAT_TEXT:
	case BM_FORMAT_COUNT:
		add_lines(&b, m, n, 1);
		break;
	}
	return b;
}

/* --- comparing ------------------------------------------------------------ */

static void expect_piece(const struct bm_file *f, const struct bytes *want,
			 uint64_t off, size_t len)
{
	char *buf = malloc(len + 1);
	size_t there = off < want->len ? want->len - off : 0;
	size_t got;

	assert_non_null(buf);
	assert_int_equal(bm_file_read(f, off, buf, len, &got), 0);
	assert_int_equal(got, there < len ? there : len);
	if (got)
		assert_memory_equal(buf, want->v + off, got);
	free(buf);
}

static void expect_format(const struct bm_view *v, enum bm_format format,
			  const uint64_t *m, size_t n, struct rng *r)
{
	struct bytes want;
	struct bm_file *f;
	int err = bm_file_open(v, format, &f);

	if (format == BM_FORMAT_ROARING32 && n && m[n - 1] > UINT32_MAX) {
		assert_int_equal(err, -EOVERFLOW);
		return;
	}
	assert_int_equal(err, 0);
	want = expected(format, m, n);
	assert_int_equal(bm_file_size(f), want.len);
	expect_piece(f, &want, 0, want.len + 1);
	expect_piece(f, &want, want.len, 10);
	for (int i = 0; i < 100; i++)
		expect_piece(f, &want, rng_below(r, want.len + 1),
			     rng_below(r, rng_one_in(r, 4) ? 20000 : 50));
	/* As cp and cat do. */
	for (uint64_t off = 0; off < want.len; off += 4096)
		expect_piece(f, &want, off, 4096);
	bm_file_close(f);
	free(want.v);
}

static void expect_all(const struct bm_view *v, struct rng *r)
{
	size_t n = bm_view_info(v)->count;
	uint64_t *m = calloc(n + 1, sizeof(*m));
	struct bm_iter *it;
	size_t got;

	assert_non_null(m);
	assert_int_equal(bm_iter_new(v, &it), 0);
	assert_int_equal(bm_iter_read(it, m, n + 1, &got), 0);
	assert_int_equal(got, n);
	bm_iter_free(it);
	for (unsigned i = 0; i < BM_FORMAT_COUNT; i++)
		expect_format(v, (enum bm_format)i, m, n, r);
	free(m);
}

static void expect_set(struct set_store *ss, const char *text, uint64_t seed)
{
	uint64_t ino = set_store_create(ss);
	struct bm_view *v;
	struct rng r;

	rng_init(&r, seed);
	set_store_write(ss, ino, text);
	v = set_store_view(ss, ino);
	expect_all(v, &r);
	bm_view_close(v);
}

/* --- tests ---------------------------------------------------------------- */

static void small_sets(void **state)
{
	struct set_store *ss = *state;

	expect_set(ss, "", 1);
	expect_set(ss, "0\n", 2);
	expect_set(ss, "18446744073709551615\n", 3);
	expect_set(ss, "1\n2\n3\n", 4);
	expect_set(ss, "1-4\n65534-65537\n4294967295\n", 5);
	expect_set(ss, "1-4\n65534-65537\n4294967295-4294967296\n", 6);
	expect_set(ss, "1\n131072\n262144-262199\n400000\n", 7);
}

/* An array of odd length can be as long as its runs: it stays an array. */
static void ties_are_arrays(void **state)
{
	struct set_store *ss = *state;

	expect_set(ss, "7-9\n", 1);
	expect_set(ss, "7-8\n10-11\n13\n", 2);
	expect_set(ss, "7-10\n", 3);
}

/* Between 3,073 and 4,096 members bits may lie in the store, arrays do in
 * files; and 65,536 members are one run. */
static void containers_at_their_limits(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct rng r;
	char line[64];

	rng_init(&r, 9);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "%u\n", i * 13);
		set_store_write(ss, ino, line);
	}
	for (unsigned i = 5000; i-- > 3000;) {
		struct bm_view *v;

		snprintf(line, sizeof(line), "-%u\n", i * 13);
		set_store_write(ss, ino, line);
		if (i != 4097 && i != 4096 && i != 3500 && i != 3073)
			continue;
		v = set_store_view(ss, ino);
		expect_all(v, &r);
		bm_view_close(v);
	}
	expect_set(ss, "0-65535\n", 1);
	expect_set(ss, "1-65535\n65536-131071\n", 1);
	expect_set(ss, "0-65534\n", 1);
}

/* Ranges of many containers, buckets full and in part. */
static void long_ranges(void **state)
{
	struct set_store *ss = *state;

	expect_set(ss, "5-1000000\n", 1);
	expect_set(ss, "4294000000-4295967296\n4296000000\n", 2);
	expect_set(ss, "1\n65536-655359\n655361-1300000\n2000000-2000001\n", 3);
}

/* Far too many members for the naive way: read where something is known. */
static void enormous_ranges(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	const uint64_t full = 4 + 4 + 8192 + 65536 * 14;
	uint8_t buf[64];
	struct bm_view *v;
	struct bm_file *f;
	uint64_t number;
	size_t got;

	/* Buckets 1 to 999 full; half of 1,000; one member in 2,000. */
	set_store_write(ss, ino, "4294967296-4297114779647\n8589934592000\n");
	v = set_store_view(ss, ino);
	assert_int_equal(bm_file_open(v, BM_FORMAT_ROARING, &f), 0);
	assert_int_equal(bm_file_size(f),
			 8 + 999 * full + (8 + 4096 + 32768 * 14) + 22);
	assert_int_equal(bm_file_read(f, 0, (char *)buf, 64, &got), 0);
	memcpy(&number, buf, 8);
	assert_int_equal(number, 1001);
	for (uint64_t i = 0; i < 999; i += 111) {
		uint32_t head[2];

		assert_int_equal(
			bm_file_read(f, 8 + i * full, (char *)head, 8, &got),
			0);
		assert_int_equal(head[0], 1 + i);
		assert_int_equal(head[1], 0xffff303b);
		assert_int_equal(bm_file_read(f, 8 + i * full + full - 6,
					      (char *)buf, 10, &got),
				 0);
		assert_memory_equal(buf, "\1\0\0\0\xff\xff", 6);
		memcpy(head, buf + 6, 4);
		assert_int_equal(head[0], 2 + i);
	}
	assert_int_equal(
		bm_file_read(f, bm_file_size(f) - 22, (char *)buf, 22, &got),
		0);
	memcpy(&number, buf, 4);
	assert_int_equal((uint32_t)number, 2000);
	bm_file_close(f);
	assert_int_equal(bm_file_open(v, BM_FORMAT_RANGES, &f), 0);
	assert_int_equal(bm_file_read(f, 0, (char *)buf, 64, &got), 0);
	assert_int_equal(got, 24 + 1 + 14);
	assert_memory_equal(buf, "4294967296-4297114779647\n8589934592000\n",
			    got);
	bm_file_close(f);
	bm_view_close(v);
}

static void append_some(struct set_store *ss, uint64_t ino, struct rng *r)
{
	uint64_t members = rng_below(r, rng_one_in(r, 8) ? 60000 : 3000);
	uint64_t ranges = rng_below(r, 4);
	struct shape s;
	struct bm_batch b;
	uint64_t lo;
	uint64_t hi;

	shape_draw(&s, r);
	bm_batch_init(&b);
	while (members--)
		assert_int_equal(bm_batch_add(&b, shape_member(&s, r)), 0);
	while (ranges--) {
		enum bm_op op = rng_one_in(r, 3) ? BM_REMOVE : BM_ADD;

		shape_range(&s, r, &lo, &hi);
		assert_int_equal(bm_batch_range(&b, lo, hi, op), 0);
	}
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	bm_batch_finish(&b);
}

static void random_sets(void **state)
{
	struct set_store *ss = *state;
	uint64_t seed = rng_seed();
	uint64_t steps = rng_steps(60);
	struct rng r;

	rng_init(&r, seed);
	print_message("SEED=%" PRIu64 " STEPS=%" PRIu64 "\n", seed, steps);
	for (uint64_t step = 0; step < steps; step++) {
		uint64_t ino = set_store_create(ss);
		uint64_t shapes = 1 + rng_below(&r, 3);
		struct bm_view *v;

		while (shapes--)
			append_some(ss, ino, &r);
		v = set_store_view(ss, ino);
		expect_all(v, &r);
		bm_view_close(v);
		set_store_remove(ss, ino);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(small_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(ties_are_arrays, setup,
						teardown),
		cmocka_unit_test_setup_teardown(containers_at_their_limits,
						setup, teardown),
		cmocka_unit_test_setup_teardown(long_ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(enormous_ranges, setup,
						teardown),
		cmocka_unit_test_setup_teardown(random_sets, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
