/* SPDX-License-Identifier: Apache-2.0 */
/* journal_code_test.c - batches as bytes and back. */

#include "bitmap/batch.h"
#include "bitmap/journal_code.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void append(struct buf *out, struct bm_head *prev,
		   const struct bm_head *head, struct bm_batch *b)
{
	uint8_t *code = malloc(bm_code_max(b));
	size_t len;

	assert_non_null(code);
	len = bm_code_put(b, code);
	assert_true(len <= bm_code_max(b));
	assert_int_equal(bm_code_append(out, prev, head, code, len), 0);
	free(code);
}

static void expect_same(const struct bm_batch *a, const struct bm_batch *b)
{
	assert_int_equal(a->n_members, b->n_members);
	assert_int_equal(a->op, b->op);
	assert_int_equal(a->n_ops, b->n_ops);
	if (a->n_members)
		assert_memory_equal(a->members, b->members,
				    a->n_members * sizeof(*a->members));
	for (size_t i = 0; i < a->n_ops; i++) {
		assert_true(a->ops[i].lo == b->ops[i].lo);
		assert_true(a->ops[i].hi == b->ops[i].hi);
		assert_int_equal(a->ops[i].op, b->ops[i].op);
	}
}

/* Members of all sizes, and commands from end to end. */
static struct bm_batch draw(struct rng *r)
{
	uint64_t n = 1 + rng_below(r, rng_one_in(r, 3) ? 300 : 3);
	bool plain = rng_one_in(r, 2);
	enum bm_op all = rng_one_in(r, 3) ? BM_REMOVE : BM_ADD;
	struct bm_batch b;

	bm_batch_init(&b);
	for (; n > 0; n--) {
		uint64_t lo = rng_any_size(r);
		uint64_t hi = rng_one_in(r, 3) ? lo | rng_any_size(r) : lo;

		if (plain)
			assert_int_equal(bm_batch_range(&b, lo, lo, all), 0);
		else
			assert_int_equal(bm_batch_range(&b, lo, hi,
							rng_one_in(r, 2)
								? BM_ADD
								: BM_REMOVE),
					 0);
	}
	assert_int_equal(bm_batch_sort(&b), 0);
	return b;
}

static void gives_back_what_it_took(void **state)
{
	static struct bm_batch batches[200];
	static struct bm_head heads[200];
	struct bm_head prev = { 0 };
	struct bm_code_reader reader;
	struct buf out = { 0 };
	struct bm_batch b;
	struct rng r;

	(void)state;
	rng_init(&r, 1);
	for (unsigned i = 0; i < 200; i++) {
		heads[i].seq = prev.seq + 1 + (rng_any_size(&r) >> 8);
		heads[i].ino = rng_any_size(&r);
		heads[i].when_ns = (int64_t)rng_any_size(&r);
		batches[i] = draw(&r);
		append(&out, &prev, &heads[i], &batches[i]);
	}
	bm_code_reader_init(&reader, buf_data(&out), out.len);
	bm_batch_init(&b);
	for (unsigned i = 0; i < 200; i++) {
		struct bm_head h;

		assert_int_equal(bm_code_next(&reader, &h, &b), 0);
		assert_true(h.seq == heads[i].seq);
		assert_true(h.ino == heads[i].ino);
		assert_true(h.when_ns == heads[i].when_ns);
		expect_same(&b, &batches[i]);
		bm_batch_finish(&b);
		bm_batch_finish(&batches[i]);
	}
	assert_int_equal(bm_code_next(&reader, &prev, &b), -ENOENT);
	buf_finish(&out);
}

/* A thousand members of 32 bits take less than four bytes each, and a member
 * that is one more than the last takes one. */
static void is_short(void **state)
{
	struct bm_batch b;
	static uint8_t code[12000];
	struct rng r;

	(void)state;
	rng_init(&r, 1);
	bm_batch_init(&b);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(bm_batch_add(&b, rng_u64(&r) >> 32), 0);
	assert_int_equal(bm_batch_sort(&b), 0);
	assert_true(bm_code_put(&b, code) < 4000);
	bm_batch_finish(&b);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(bm_batch_add(&b, 100 + i), 0);
	assert_int_equal(bm_code_put(&b, code), 2 + 1 + 999);
	bm_batch_finish(&b);
}

static int read_bytes(const void *bytes, size_t len)
{
	struct bm_code_reader r;
	struct bm_head h;
	struct bm_batch b;
	int err;

	bm_code_reader_init(&r, bytes, len);
	bm_batch_init(&b);
	while ((err = bm_code_next(&r, &h, &b)) == 0)
		bm_batch_finish(&b);
	return err;
}

static void refuses_what_no_writer_makes(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int err;
	} rows[] = {
		{ "\x01\x20\x00\x02\x07", 5, -ENOENT },	 /* as it should be */
		{ "\x01\x20\x00\x02", 4, -EUCLEAN },	 /* ends early */
		{ "\x00\x20\x00\x02\x07", 5, -EUCLEAN }, /* the same number */
		{ "\x01\x20\x00\x00\x07", 5, -EUCLEAN }, /* no member */
		{ "\x01\x20\x00\x04\x07", 5, -EUCLEAN }, /* more than bytes */
		{ "\x01\x20\x00\x03\x04\x07", 6, -EUCLEAN }, /* what command? */
		{ "\x01\x20\x00\x03\x01\x07", 6, -ENOENT },
		/* members to add as commands; to remove, in no order; twice */
		{ "\x01\x20\x00\x05\x00\x0e\x00\x02", 8, -EUCLEAN },
		{ "\x01\x20\x00\x05\x01\x0e\x01\x01", 8, -EUCLEAN },
		{ "\x01\x20\x00\x05\x01\x0e\x01\x00", 8, -EUCLEAN },
		{ "\x01\x20\x00\x05\x01\x0e\x01\x02", 8, -ENOENT },
		{ "\x01\x20\x00\x05\x00\x0e\x01\x01", 8, -ENOENT },
		{ "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 10, -EUCLEAN },
		/* the second member goes beyond 2^64 */
		{ "\x01\x20\x00\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
		  "\x00",
		  15, -EUCLEAN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(read_bytes(rows[i].bytes, rows[i].len),
				 rows[i].err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_it_took),
		cmocka_unit_test(is_short),
		cmocka_unit_test(refuses_what_no_writer_makes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
