/* SPDX-License-Identifier: Apache-2.0 */
/* Set algebra when memory runs out, at each allocation in turn: an error, and
 * nothing is left behind or used twice. */

#include "bitmap/bitmap.h"
#include "tests/support/oom.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <errno.h>

static uint64_t make_steps(struct set_store *ss, uint64_t end, uint64_t step)
{
	uint64_t ino = set_store_create(ss);
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t v = 0; v < end; v += step)
		assert_int_equal(bm_batch_add(&b, v), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	bm_batch_finish(&b);
	assert_int_equal(bm_settle_all(ss->db), 0);
	return ino;
}

/* In two of three at least: sets a and b, and a literal. */
static int make(struct set_store *ss, const uint64_t ino[2],
		struct bm_expr **ret_expr)
{
	struct bm_expr *of[3] = { NULL };
	struct rs_view *rs;
	struct bm_batch b;
	int err = rs_view_live(ss->store, &rs);

	if (err)
		return err;
	bm_batch_init(&b);
	for (unsigned i = 0; !err && i < 2; i++) {
		struct bm_view *v;

		err = bm_view_open(rs, ino[i], &v);
		if (!err)
			err = bm_expr_view(v, &of[i]);
	}
	rs_view_put(rs);
	if (!err)
		err = bm_batch_range(&b, 1000, 2000000, BM_ADD);
	if (!err)
		err = bm_expr_batch(&b, &of[2]);
	bm_batch_finish(&b);
	if (!err)
		return bm_expr_atleast(2, of, 3, ret_expr);
	for (unsigned i = 0; i < 3; i++)
		bm_expr_free(of[i]);
	return err;
}

/* All that is asked of it; the answers are right when there are any. */
static int ask(struct set_store *ss, const uint64_t ino[2])
{
	struct bm_view *v;
	struct bm_expr *e;
	uint64_t n;
	char buf[100];
	size_t got;
	int err = make(ss, ino, &e);

	if (err)
		return err;
	err = bm_expr_count(e, &n);
	if (!err)
		err = bm_expr_max(e, &n);
	if (err) {
		bm_expr_free(e);
		return err;
	}
	assert_int_equal(n, 599998);
	err = bm_expr_open(e, &v);
	if (err)
		return err;
	err = bm_select(v, 200000, &n);
	if (!err)
		err = bm_read_text(v, 500000, buf, sizeof(buf), &got);
	bm_view_close(v);
	return err;
}

static void each_allocation_may_fail(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino[2] = { make_steps(ss, 600000, 2),
			    make_steps(ss, 600000, 3) };
	uint64_t n = 1;

	for (;; n++) {
		int err;

		oom_fail(n, false);
		err = ask(ss, ino);
		if (oom_hits() == 0) {
			oom_fail(0, false);
			assert_int_equal(err, 0);
			break;
		}
		assert_int_equal(err, -ENOMEM);
	}
	assert_true(n > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(each_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
