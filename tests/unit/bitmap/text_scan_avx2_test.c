/* SPDX-License-Identifier: Apache-2.0 */
/* text_scan_avx2_test.c - the vectors say what the portable twin says: members,
 * order, errors, on texts of any kind.
 */

#include "bitmap/text_scan.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES	 400u
#define LINE_MAX 320u

struct outcome {
	struct bm_batch b;
	struct bm_text_error error;
	size_t used;
	int err;
};

static struct outcome outcome(bm_scan_fn *scan, const char *text, size_t len,
			      bool last)
{
	struct outcome o = { .used = 0 };

	bm_batch_init(&o.b);
	o.err = bm_text_parse_by(scan, text, len, last, &o.b, &o.used,
				 &o.error);
	return o;
}

static void expect_same_batch(const struct bm_batch *a,
			      const struct bm_batch *b)
{
	assert_int_equal(a->n_members, b->n_members);
	assert_int_equal(a->op, b->op);
	assert_int_equal(a->n_ops, b->n_ops);
	assert_int_equal(a->ascending, b->ascending);
	if (a->n_ops == 0 && a->n_members)
		assert_memory_equal(a->members, b->members,
				    a->n_members * sizeof(*a->members));
	for (size_t i = 0; i < a->n_ops; i++) {
		assert_true(a->ops[i].lo == b->ops[i].lo);
		assert_true(a->ops[i].hi == b->ops[i].hi);
		assert_int_equal(a->ops[i].op, b->ops[i].op);
	}
}

/* Both on a copy that ends where its memory ends, so that a sanitizer sees
 * whoever reads on. */
static void expect_twins(const char *text, size_t len, bool last)
{
	char *exact = malloc(len ? len : 1);
	struct outcome a;
	struct outcome b;

	assert_non_null(exact);
	memcpy(exact, text, len);
	a = outcome(bm_scan_portable, exact, len, last);
	b = outcome(bm_scan_best(), exact, len, last);
	assert_int_equal(a.err, b.err);
	assert_int_equal(a.used, b.used);
	assert_true(a.error.line == b.error.line);
	assert_ptr_equal(a.error.reason, b.error.reason);
	assert_string_equal(a.error.text, b.error.text);
	expect_same_batch(&a.b, &b.b);
	bm_batch_finish(&a.b);
	bm_batch_finish(&b.b);
	free(exact);
}

/* --- texts ---------------------------------------------------------------- */

static uint64_t number(struct rng *r)
{
	return rng_one_in(r, 2) ? rng_u64(r) >> 32 : rng_any_size(r);
}

static size_t plain_line(struct rng *r, const char *sign, char *to)
{
	return (size_t)sprintf(to, "%s%" PRIu64 "\n", sign, number(r));
}

/* Seldom seen, and not all of them allowed: what is around a number. */
static size_t odd_line(struct rng *r, char *to)
{
	static const char *const around[][2] = {
		{ "", "\r\n" },
		{ "+", "\n" },
		{ "-", "\n" },
		{ "--", "\n" },
		{ "!", "\n" },
		{ "-\n", "-\n" },
		{ "-1-", "\n" },
		{ "", "-18446744073709551615\n" },
		{ "00000000000000000000000000000", "\n" },
		{ "0000000", "\n" },
		{ "# ", "\n" },
		{ "\n\n", "\n\n" },
		{ "18446744073709551615\n", "\n" },
		{ "18446744073709551616\n", "\n" },
		{ "99999999999999999999\n", "\n" },
		{ "", ":\n" },
		{ "", "/\n" },
		{ "", " \n" },
		{ "\x8b", "\n" },
		{ "1", "0000\n" },
	};
	uint64_t i = rng_below(r, sizeof(around) / sizeof(*around));

	return (size_t)sprintf(to, "%s%" PRIu64 "%s", around[i][0], number(r),
			       around[i][1]);
}

/* One odd line in so many; 0: none. */
static size_t make_text(struct rng *r, char *text, uint64_t odd)
{
	const char *sign = rng_one_in(r, 2) ? "-" : "";
	uint64_t n = rng_below(r, LINES);
	size_t len = 0;

	for (uint64_t i = 0; i < n; i++)
		len += odd && rng_one_in(r, odd)
			       ? odd_line(r, text + len)
			       : plain_line(r, sign, text + len);
	return len;
}

static void same_for_random_lines(void **state)
{
	static char text[LINES * LINE_MAX];
	static const uint64_t odd[] = { 0, 400, 40, 5, 1 };
	struct rng r;

	(void)state;
	rng_init(&r, 3);
	for (unsigned i = 0; i < 5000; i++) {
		size_t len = make_text(&r, text, odd[i % 5]);
		size_t cut = len ? rng_below(&r, len) : 0;

		expect_twins(text, len, true);
		expect_twins(text, cut, rng_one_in(&r, 2));
	}
}

/* Plain lines with a byte changed here and there. */
static void same_for_spoilt_lines(void **state)
{
	static char text[LINES * LINE_MAX];
	struct rng r;

	(void)state;
	rng_init(&r, 4);
	for (unsigned i = 0; i < 5000; i++) {
		size_t len = make_text(&r, text, 0);

		for (unsigned k = 0; len && k < 2; k++)
			text[rng_below(&r, len)] = (char)rng_u64(&r);
		expect_twins(text, len, true);
	}
}

/* Lines of the same length, so that each length meets each place in a block. */
static void same_for_every_length(void **state)
{
	static char text[100 * 32];

	(void)state;
	for (unsigned width = 0; width <= 30; width++) {
		size_t len = 0;

		for (unsigned i = 0; i < 100; i++)
			len += (size_t)sprintf(text + len, "%.*s\n", (int)width,
					       "184467440737095516150000000000"
					       "0");
		expect_twins(text, len, true);
	}
}

/* Rising, with one step down, or none up, at each place in turn. */
static void same_order_seen(void **state)
{
	static char text[200 * 8];

	(void)state;
	for (unsigned at = 0; at <= 400; at++) {
		unsigned step = at % 2 ? 1 : 1000;
		size_t len = 0;

		for (unsigned i = 0; i < 200; i++)
			len += (size_t)sprintf(text + len, "%u\n",
					       1000 + i - (i == at / 2) * step);
		expect_twins(text, len, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_for_random_lines),
		cmocka_unit_test(same_for_spoilt_lines),
		cmocka_unit_test(same_for_every_length),
		cmocka_unit_test(same_order_seen),
	};

	if (bm_scan_best() == bm_scan_portable) {
		fprintf(stderr, "skipped: no AVX2 here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
