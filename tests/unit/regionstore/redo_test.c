/* SPDX-License-Identifier: Apache-2.0 */
/* redo_test.c - tests regionstore/redo.c. */
#include "regionstore/log_record.h"
#include "regionstore/redo.h"
#include "tests/support/test.h"

#include <string.h>

static const uint8_t value[1024] = { 1 };

static struct rs_redo_op put_op(size_t len)
{
	return (struct rs_redo_op){ .kind = RS_REDO_PUT,
				    .key = (const uint8_t *)"key",
				    .key_len = 3,
				    .val = value,
				    .val_len = len,
				    .weight = 4 };
}

static struct rs_redo_op claim_op(uint32_t npages)
{
	return (struct rs_redo_op){
		.kind = RS_REDO_CLAIM, .pgno = 300, .npages = npages, .birth = 7
	};
}

/* --- coding --------------------------------------------------------------- */

static void ops_come_back(void **state)
{
	const struct rs_redo_op put = put_op(20), claim = claim_op(2);
	const struct rs_redo_op del = { .kind = RS_REDO_DEL,
					.key = (const uint8_t *)"old",
					.key_len = 3 };
	struct buf b = { 0 };
	struct rs_redo_op op;
	size_t at = 0;

	(void)state;
	assert_int_equal(rs_redo_code(&b, &put), 0);
	assert_int_equal(rs_redo_code(&b, &del), 0);
	assert_int_equal(rs_redo_code(&b, &claim), 0);
	assert_int_equal(rs_redo_next(buf_data(&b), b.len, &at, &op), 0);
	assert_int_equal(op.kind, RS_REDO_PUT);
	assert_memory_equal(op.key, "key", 3);
	assert_int_equal(op.val_len, 20);
	assert_memory_equal(op.val, value, 20);
	assert_int_equal(op.weight, 4);
	assert_int_equal(rs_redo_next(buf_data(&b), b.len, &at, &op), 0);
	assert_int_equal(op.kind, RS_REDO_DEL);
	assert_memory_equal(op.key, "old", 3);
	assert_int_equal(rs_redo_next(buf_data(&b), b.len, &at, &op), 0);
	assert_int_equal(op.kind, RS_REDO_CLAIM);
	assert_int_equal(op.pgno, 300);
	assert_int_equal(op.npages, 2);
	assert_int_equal(op.birth, 7);
	assert_int_equal(rs_redo_next(buf_data(&b), b.len, &at, &op), -ENOENT);
	buf_finish(&b);
}

/* However it is cut. */
static void part_of_an_op_is_none(void **state)
{
	const struct rs_redo_op ops[] = { put_op(20), claim_op(2) };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buf b = { 0 };
		struct rs_redo_op op;
		size_t at = 0;

		assert_int_equal(rs_redo_code(&b, &ops[i]), 0);
		for (size_t len = 1; len < b.len; len++)
			assert_int_equal(
				rs_redo_next(buf_data(&b), len, &at, &op),
				-EUCLEAN);
		assert_int_equal(at, 0);
		buf_finish(&b);
	}
}

/* --- collecting ----------------------------------------------------------- */

static void run(struct rs_redo *r, struct rs_redo_op op, bool derived)
{
	rs_redo_begin(r);
	rs_redo_add(r, &op);
	rs_redo_end(r, derived);
}

static size_t count(const struct rs_redo *r)
{
	struct rs_log_entry en;
	size_t at = 0, n = 0;

	while (rs_log_entry_next(buf_data(&r->bytes), r->bytes.len, &at, &en) ==
	       0)
		n++;
	return n;
}

static void each_txn_is_an_entry(void **state)
{
	struct rs_redo r = { 0 };

	(void)state;
	run(&r, put_op(10), false);
	run(&r, claim_op(2), false);
	rs_redo_begin(&r);
	rs_redo_end(&r, false); /* did nothing */
	rs_redo_begin(&r);
	rs_redo_add(&r, &(struct rs_redo_op){ .kind = RS_REDO_CLAIM,
					      .pgno = 400,
					      .npages = 1 });
	rs_redo_abort(&r);
	assert_int_equal(count(&r), 2);
	assert_int_equal(r.pages, 2);
	assert_false(r.broken || r.sealed);
	rs_redo_finish(&r);
}

static void what_is_too_large_breaks(void **state)
{
	struct rs_redo r = { 0 };

	(void)state;
	run(&r, claim_op(RS_REDO_PAGES_MAX), false);
	assert_false(r.broken);
	run(&r, claim_op(1), false);
	assert_true(r.broken);
	run(&r, put_op(10), false);
	assert_int_equal(count(&r), 0);
	rs_redo_reset(&r);
	assert_false(r.broken);
	while (!r.broken && count(&r) < RS_REDO_MAX)
		run(&r, put_op(1024), false);
	assert_true(r.broken);
	rs_redo_finish(&r);
}

/* What comes before it is there; what comes after cannot be. */
static void what_is_derived_seals(void **state)
{
	struct rs_redo r = { 0 };

	(void)state;
	run(&r, put_op(10), false);
	run(&r, put_op(10), true);
	assert_false(r.sealed);
	run(&r, claim_op(1), true);
	assert_true(r.sealed && !r.broken);
	assert_int_equal(count(&r), 2);
	run(&r, put_op(10), true);
	assert_int_equal(count(&r), 2);
	assert_false(r.broken);
	run(&r, put_op(10), false);
	assert_true(r.broken);
	rs_redo_finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ops_come_back),
		cmocka_unit_test(part_of_an_op_is_none),
		cmocka_unit_test(each_txn_is_an_entry),
		cmocka_unit_test(what_is_too_large_breaks),
		cmocka_unit_test(what_is_derived_seals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
