/* SPDX-License-Identifier: Apache-2.0 */
/* parser_test.c - binary formats as they come in, cut anywhere, and lies. */

#include "bitmap/bitmap.h"
#include "tests/support/rng.h"
#include "tests/support/shapes.h"
#include "tests/support/test.h"

#include <errno.h>
#include <inttypes.h>
#include <roaring/roaring64.h>
#include <stdlib.h>
#include <string.h>

/* What was handed on, as CRoaring has it. */
static int collect(void *arg, struct bm_batch *b)
{
	roaring64_bitmap_t *r = arg;

	for (size_t i = 0; i < b->n_members; i++)
		roaring64_bitmap_add(r, b->members[i]);
	for (size_t i = 0; i < b->n_ops; i++) {
		assert_int_equal(b->ops[i].op, BM_ADD);
		roaring64_bitmap_add_range_closed(r, b->ops[i].lo,
						  b->ops[i].hi);
	}
	return 0;
}

static int feed(struct bm_parser *p, const char *bytes, size_t len, size_t most,
		struct rng *rng, struct bm_parse_error *error)
{
	int err = 0;

	while (!err && len) {
		size_t n = rng ? 1 + rng_below(rng, most) : most;

		n = n < len ? n : len;
		err = bm_parser_feed(p, bytes, n, error);
		bytes += n;
		len -= n;
	}
	return err ? err : bm_parser_end(p, error);
}

static int parse(enum bm_format format, const void *bytes, size_t len,
		 size_t most, struct rng *rng, roaring64_bitmap_t **ret_r,
		 struct bm_parse_error *error)
{
	roaring64_bitmap_t *r = roaring64_bitmap_create();
	struct bm_parser *p;
	int err;

	*error = (struct bm_parse_error){ 0 };
	assert_int_equal(bm_parser_new(format, collect, r, &p), 0);
	err = feed(p, bytes, len, most, rng, error);
	bm_parser_free(p);
	if (!err && ret_r)
		*ret_r = r;
	else
		roaring64_bitmap_free(r);
	return err;
}

/* --- what is right -------------------------------------------------------- */

static void expect_back(enum bm_format format, const char *bytes, size_t len,
			const roaring64_bitmap_t *want, struct rng *rng)
{
	static const size_t pieces[] = { 1, 7, 100, 5000, 1000000 };

	for (unsigned i = 0; i < 5; i++) {
		struct bm_parse_error error;
		roaring64_bitmap_t *got = NULL;

		if (pieces[i] == 1 && len > 100000)
			continue;
		assert_int_equal(
			parse(format, bytes, len, pieces[i], rng, &got, &error),
			0);
		assert_true(roaring64_bitmap_equals(got, want));
		roaring64_bitmap_free(got);
	}
}

static void round_trip64(const roaring64_bitmap_t *r, struct rng *rng)
{
	size_t len = roaring64_bitmap_portable_size_in_bytes(r);
	char *bytes = malloc(len);

	assert_non_null(bytes);
	roaring64_bitmap_portable_serialize(r, bytes);
	expect_back(BM_FORMAT_ROARING, bytes, len, r, rng);
	free(bytes);
}

static void round_trip_le64(const roaring64_bitmap_t *r, struct rng *rng)
{
	uint64_t n = roaring64_bitmap_get_cardinality(r);
	uint64_t *members = calloc(n + 1, 8);

	assert_non_null(members);
	roaring64_bitmap_to_uint64_array(r, members);
	for (uint64_t i = 0; i + 1 < n; i++) {
		uint64_t k = rng_below(rng, n);
		uint64_t swap = members[i];

		members[i] = members[k];
		members[k] = swap;
	}
	if (n)
		members[n] = members[0];
	expect_back(BM_FORMAT_LE64, (const char *)members, n ? 8 * n + 8 : 0, r,
		    rng);
	free(members);
}

/* With runs and without, whatever CRoaring writes is read. */
static void reads_what_croaring_writes(void **state)
{
	uint64_t seed = rng_seed();
	uint64_t steps = rng_steps(30);
	struct rng rng;

	(void)state;
	rng_init(&rng, seed);
	print_message("SEED=%" PRIu64 " STEPS=%" PRIu64 "\n", seed, steps);
	for (uint64_t step = 0; step < steps; step++) {
		roaring64_bitmap_t *r = roaring64_bitmap_create();
		uint64_t members = rng_below(&rng, 20000);
		uint64_t ranges = rng_below(&rng, 4);
		struct shape s;
		uint64_t lo;
		uint64_t hi;

		shape_draw(&s, &rng);
		while (members--)
			roaring64_bitmap_add(r, shape_member(&s, &rng));
		while (ranges--) {
			shape_range(&s, &rng, &lo, &hi);
			roaring64_bitmap_add_range_closed(r, lo, hi);
		}
		round_trip64(r, &rng);
		roaring64_bitmap_run_optimize(r);
		round_trip64(r, &rng);
		round_trip_le64(r, &rng);
		roaring64_bitmap_free(r);
	}
}

static void reads_32_bits(void **state)
{
	roaring_bitmap_t *r = roaring_bitmap_from_range(5, 300000, 3);
	roaring64_bitmap_t *want = roaring64_bitmap_create();
	struct rng rng;
	char *bytes;
	size_t len;

	(void)state;
	rng_init(&rng, 1);
	roaring_bitmap_add_range(r, 1000000, 1200000);
	roaring_bitmap_add(r, UINT32_MAX);
	len = roaring_bitmap_portable_size_in_bytes(r);
	bytes = malloc(len);
	assert_non_null(bytes);
	roaring_bitmap_portable_serialize(r, bytes);
	for (uint32_t i = 5; i < 300000; i += 3)
		roaring64_bitmap_add(want, i);
	roaring64_bitmap_add_range_closed(want, 1000000, 1199999);
	roaring64_bitmap_add(want, UINT32_MAX);
	expect_back(BM_FORMAT_ROARING32, bytes, len, want, &rng);
	free(bytes);
	roaring_bitmap_free(r);
	roaring64_bitmap_free(want);
}

/* That is what truncate(2) means. */
static void no_bytes_are_an_empty_set(void **state)
{
	struct bm_parse_error error;

	(void)state;
	for (int f = BM_FORMAT_LE64; f < BM_FORMAT_COUNT; f++)
		assert_int_equal(
			parse((enum bm_format)f, "", 0, 1, NULL, NULL, &error),
			0);
}

/* --- what is wrong -------------------------------------------------------- */

/* Bytes as numbers of 16 bits, after a bucket's count and upper half. */
struct lie {
	const char *why;
	uint64_t off;
	unsigned n;
	uint16_t v[24];
};

#define HEAD 1, 0, 0, 0, 0, 0

static const struct lie lies[] = {
	{ "the file ends too early", 2, 1, { 1 } },
	{ "the file ends too early", 12, 6, { HEAD } },
	{ "more buckets than there are", 0, 4, { 0, 0, 1, 0 } },
	{ "no cookie of a roaring bitmap", 12, 8, { HEAD, 12345, 0 } },
	{ "no cookie of a roaring bitmap", 12, 8, { HEAD, 12346, 1 } },
	{ "more than 65536 containers", 16, 10, { HEAD, 12346, 0, 1, 1 } },
	{ "keys do not ascend", 24, 14, { HEAD, 12346, 0, 2, 0, 7, 0, 7, 0 } },
	{ "not where its offset says",
	  28,
	  15,
	  { HEAD, 12346, 0, 1, 0, 7, 0, 17, 0, 1 } },
	{ "members do not ascend",
	  30,
	  16,
	  { HEAD, 12346, 0, 1, 0, 7, 1, 16, 0, 9, 9 } },
	{ "the file ends too early",
	  30,
	  15,
	  { HEAD, 12346, 0, 1, 0, 7, 1, 16, 0, 8 } },
	{ "bytes follow after the end",
	  32,
	  17,
	  { HEAD, 12346, 0, 1, 0, 7, 1, 16, 0, 8, 9, 10 } },
	{ "upper 32 bits do not ascend",
	  30,
	  17,
	  { 2, 0, 0, 0, 0, 0, 12346, 0, 1, 0, 7, 0, 16, 0, 8, 0, 0 } },
};

static void refuses_lies_and_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		const struct lie *l = &lies[i];

		for (size_t most = 1; most < 60; most += 58) {
			struct bm_parse_error error;

			assert_int_equal(parse(BM_FORMAT_ROARING, l->v,
					       2 * (size_t)l->n, most, NULL,
					       NULL, &error),
					 -EINVAL);
			assert_string_equal(error.reason, l->why);
			assert_int_equal(error.off, l->off);
		}
	}
}

/* Cookie, flags of one run container, key, members - 1, runs. */
static const struct {
	const char *why;
	uint8_t v[19];
} run_lies[] = {
	{ "a container without runs",
	  { 0x3b, 0x30, 0, 0, 1, 0, 0, 9, 0, 0, 0 } },
	{ "runs have not as many members",
	  { 0x3b, 0x30, 0, 0, 1, 0, 0, 9, 0, 2, 0, 1, 0, 4, 0, 9, 0, 5, 0 } },
	{ "runs overlap or touch",
	  { 0x3b, 0x30, 0, 0, 1, 0, 0, 9, 0, 2, 0, 1, 0, 4, 0, 6, 0, 4, 0 } },
	{ "runs overlap or touch",
	  { 0x3b, 0x30, 0, 0, 1, 0, 0, 9, 0, 2, 0, 9, 0, 4, 0, 2, 0, 4, 0 } },
	{ "a run leaves its container",
	  { 0x3b, 0x30, 0, 0, 1, 0, 0, 1, 0, 1, 0, 255, 255, 1, 0 } },
};

static void refuses_runs_that_lie(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(run_lies) / sizeof(run_lies[0]); i++) {
		struct bm_parse_error error;

		assert_int_equal(parse(BM_FORMAT_ROARING32, run_lies[i].v, 19,
				       1, NULL, NULL, &error),
				 -EINVAL);
		assert_string_equal(error.reason, run_lies[i].why);
	}
}

static void refuses_bits_that_were_miscounted(void **state)
{
	roaring_bitmap_t *r = roaring_bitmap_from_range(0, 60000, 2);
	size_t len = roaring_bitmap_portable_size_in_bytes(r);
	char *bytes = malloc(len);
	struct bm_parse_error error;

	(void)state;
	assert_non_null(bytes);
	roaring_bitmap_portable_serialize(r, bytes);
	bytes[len - 1] = (char)(bytes[len - 1] ^ 1);
	assert_int_equal(
		parse(BM_FORMAT_ROARING32, bytes, len, 999, NULL, NULL, &error),
		-EINVAL);
	assert_string_equal(error.reason, "not as many bits as members");
	free(bytes);
	roaring_bitmap_free(r);
}

static void refuses_a_torn_member_at_the_end(void **state)
{
	struct bm_parse_error error;

	(void)state;
	assert_int_equal(parse(BM_FORMAT_LE64, "123456789abc", 12, 5, NULL,
			       NULL, &error),
			 -EINVAL);
	assert_int_equal(error.off, 12);
}

/* --- sinks ---------------------------------------------------------------- */

static int fail_once(void *arg, struct bm_batch *b)
{
	unsigned *calls = arg;

	if ((*calls)++ == 1)
		return -ENOSPC;
	assert_int_equal(b->n_members, 1);
	return 0;
}

/* A piece of le64 that could not be taken may be sent again. */
static void le64_pieces_are_whole_or_not_at_all(void **state)
{
	struct bm_parse_error error;
	struct bm_parser *p;
	unsigned calls = 0;

	(void)state;
	assert_int_equal(bm_parser_new(BM_FORMAT_LE64, fail_once, &calls, &p),
			 0);
	assert_int_equal(bm_parser_feed(p, "0123456789", 10, &error), 0);
	assert_false(bm_parser_is_whole(p));
	assert_int_equal(bm_parser_feed(p, "abcdef", 6, &error), -ENOSPC);
	assert_null(error.reason);
	assert_int_equal(bm_parser_feed(p, "abcdef", 6, &error), 0);
	assert_true(bm_parser_is_whole(p));
	assert_int_equal(bm_parser_end(p, &error), 0);
	bm_parser_free(p);
}

static void lines_have_another_parser(void **state)
{
	struct bm_parser *p;

	(void)state;
	assert_int_equal(bm_parser_new(BM_FORMAT_PAD, fail_once, NULL, &p),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_croaring_writes),
		cmocka_unit_test(reads_32_bits),
		cmocka_unit_test(no_bytes_are_an_empty_set),
		cmocka_unit_test(refuses_lies_and_says_why),
		cmocka_unit_test(refuses_runs_that_lie),
		cmocka_unit_test(refuses_bits_that_were_miscounted),
		cmocka_unit_test(refuses_a_torn_member_at_the_end),
		cmocka_unit_test(le64_pieces_are_whole_or_not_at_all),
		cmocka_unit_test(lines_have_another_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
