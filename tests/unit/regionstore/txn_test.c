/* SPDX-License-Identifier: Apache-2.0 */
/* txn_test.c - tests regionstore/txn.c. */
#include "regionstore/store_state.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

static const uint8_t key[] = { RS_KEY_SEGMENT, 1 };

static struct rs_txn *begin(struct rs_store *s)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	return t;
}

static int get(const struct rs_view *v)
{
	uint8_t buf[RS_VAL_MAX];
	size_t len;

	return rs_get(v, key, sizeof(key), buf, sizeof(buf), &len, NULL);
}

static int get_live(struct rs_store *s)
{
	struct rs_view *v;
	int err;

	assert_int_equal(rs_view_live(s, &v), 0);
	err = get(v);
	rs_view_put(v);
	return err;
}

/* Inside at once, outside when it ends. */
static void a_change_is_seen_by_others_when_the_txn_ends(void **state)
{
	struct rs_store *s = *state;
	struct rs_txn *t = begin(s);

	assert_int_equal(rs_put(t, key, sizeof(key), "v", 1, 1), 0);
	assert_int_equal(get(rs_txn_view(t)), 0);
	assert_int_equal(get_live(s), -ENOENT);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(get_live(s), 0);
}

static void an_aborted_txn_never_was(void **state)
{
	struct rs_store *s = *state;
	struct rs_txn *t = begin(s);

	assert_int_equal(rs_put(t, key, sizeof(key), "v", 1, 1), 0);
	rs_txn_abort(t);
	rs_txn_abort(NULL);
	assert_int_equal(get_live(s), -ENOENT);
}

static void what_does_not_fit_is_refused_and_harms_nothing(void **state)
{
	struct rs_store *s = *state;
	uint8_t big[RS_VAL_MAX + 1] = { 0x11 };
	struct rs_txn *t = begin(s);

	assert_int_equal(rs_put(t, big, RS_KEY_MAX + 1, "v", 1, 0), -E2BIG);
	assert_int_equal(rs_put(t, key, sizeof(key), big, sizeof(big), 0),
			 -E2BIG);
	assert_int_equal(rs_put(t, key, 0, "v", 1, 0), -E2BIG);
	assert_int_equal(rs_del(t, key, sizeof(key)), -ENOENT);
	assert_int_equal(rs_put(t, key, sizeof(key), "v", 1, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(get_live(s), 0);
}

/* A txn that could not be carried out whole is not carried out at all. */
static void a_failed_change_fails_the_txn(void **state)
{
	const uint8_t other[] = { RS_KEY_SEGMENT, 2 };
	struct rs_store *s = *state;
	struct rs_txn *t = begin(s);

	assert_int_equal(rs_put(t, key, sizeof(key), "v", 1, 1), 0);
	assert_int_equal(
		rs_put(t, other, sizeof(other), "v", 1, RS_WEIGHT_MAX - 1),
		-EFBIG);
	assert_int_equal(rs_put(t, other, sizeof(other), "v", 1, 0), -EFBIG);
	assert_int_equal(rs_txn_end(t), -EFBIG);
	assert_int_equal(get_live(s), -ENOENT);
}

static void numbers_are_never_given_twice(void **state)
{
	struct rs_store *s = *state;
	struct rs_txn *t = begin(s);
	uint64_t first = rs_txn_new_id(t);

	assert_true(first >= RS_FIRST_ID);
	rs_txn_abort(t);
	t = begin(s);
	assert_true(rs_txn_new_id(t) > first);
	assert_int_equal(rs_txn_end(t), 0);
}

static uint64_t busy_pages(struct rs_store *s)
{
	return rs_bits_count(&s->alloc.groups[0]->busy, 0, RS_GROUP_PAGES);
}

/* Claimed and freed in one open commit: no need to wait. */
static void pages_nobody_saw_come_back_at_once(void **state)
{
	struct rs_store *s = *state;
	uint64_t before = busy_pages(s);
	struct rs_txn *t = begin(s);
	struct rs_ptr p;

	assert_int_equal(rs_payload_put(t, "x", 1, &p), 0);
	rs_txn_abort(t);
	assert_int_equal(busy_pages(s), before);
	t = begin(s);
	assert_int_equal(rs_payload_put(t, "x", 1, &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(busy_pages(s), before + 1);
	t = begin(s);
	assert_int_equal(rs_payload_free(t, &p), 0);
	assert_int_equal(busy_pages(s), before + 1);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(busy_pages(s), before);
}

static void pages_a_view_may_see_do_not(void **state)
{
	struct rs_store *s = *state;
	uint64_t before = busy_pages(s);
	struct rs_txn *t = begin(s);
	struct rs_view *v;
	struct rs_ptr p;

	assert_int_equal(rs_payload_put(t, "x", 1, &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_view_live(s, &v), 0);
	t = begin(s);
	assert_int_equal(rs_payload_free(t, &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(busy_pages(s), before + 1);
	rs_view_put(v);
}

static void frees_that_cannot_be_are_refused(void **state)
{
	struct rs_store *s = *state;
	struct rs_txn *t = begin(s);

	assert_int_equal(rs_free(t, 100, 1, t->txid + 1), -EUCLEAN);
	assert_int_equal(rs_free(t, 4, 1, 1), -EUCLEAN); /* a bitmap */
	assert_int_equal(rs_free(t, 1, 1, 1), -EUCLEAN);
	assert_int_equal(rs_free(t, UINT64_MAX, 2, 1), -EUCLEAN);
	assert_int_equal(rs_free(t, 100, 0, 1), -EUCLEAN);
	assert_int_equal(rs_free(t, 3000, 1, 1), -EUCLEAN); /* not in use */
	assert_int_equal(rs_free(t, 3000, 1, t->txid), -EUCLEAN);
	rs_txn_abort(t);
}

/* What two txns free is found by the commit, which stops everything. */
static void a_page_freed_twice_is_the_error_state(void **state)
{
	struct rs_store *s = *state;
	struct rs_txn *t = begin(s);
	struct rs_stats st;
	struct rs_ptr p;

	assert_int_equal(rs_payload_put(t, "x", 1, &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(s), 0);
	for (unsigned i = 0; i < 2; i++) {
		t = begin(s);
		assert_int_equal(rs_payload_free(t, &p), 0);
		assert_int_equal(rs_txn_end(t), 0);
	}
	assert_int_equal(rs_sync(s), -EIO);
	rs_stats(s, &st);
	assert_int_equal(st.error, -EUCLEAN);
	assert_int_equal(rs_txn_begin(s, &t), -EIO);
}

int main(void)
{
#define TEST(name)                                             \
	cmocka_unit_test_setup_teardown(name, mem_store_setup, \
					mem_store_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_change_is_seen_by_others_when_the_txn_ends),
		TEST(an_aborted_txn_never_was),
		TEST(what_does_not_fit_is_refused_and_harms_nothing),
		TEST(a_failed_change_fails_the_txn),
		TEST(numbers_are_never_given_twice),
		TEST(pages_nobody_saw_come_back_at_once),
		TEST(pages_a_view_may_see_do_not),
		TEST(frees_that_cannot_be_are_refused),
		TEST(a_page_freed_twice_is_the_error_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
