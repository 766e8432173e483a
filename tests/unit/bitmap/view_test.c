/* SPDX-License-Identifier: Apache-2.0 */
/* view_test.c - one version of one set, read in every way. */

#include "bitmap/bitmap.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <errno.h>
#include <pthread.h>
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

static void expect_text(const struct bm_view *v, uint64_t off, size_t len,
			const char *want)
{
	char buf[200];
	size_t got;

	assert_true(len <= sizeof(buf));
	assert_int_equal(bm_read_text(v, off, buf, len, &got), 0);
	assert_int_equal(got, strlen(want));
	assert_memory_equal(buf, want, got);
}

static void reads_text_from_any_byte(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_view *v;

	set_store_write(ss, ino, "9\n10\n123456\n18446744073709551615\n");
	v = set_store_view(ss, ino);
	expect_text(v, 0, 100, "9\n10\n123456\n18446744073709551615\n");
	expect_text(v, 0, 1, "9");
	expect_text(v, 1, 3, "\n10");
	expect_text(v, 4, 100, "\n123456\n18446744073709551615\n");
	expect_text(v, 7, 3, "345");
	expect_text(v, 32, 100, "\n");
	expect_text(v, 33, 100, "");
	expect_text(v, UINT64_MAX, 100, "");
	expect_text(v, 3, 0, "");
	bm_view_close(v);
}

static void an_empty_set_has_no_text(void **state)
{
	struct set_store *ss = *state;
	struct bm_view *v = set_store_view(ss, set_store_create(ss));
	uint64_t member;
	bool is;

	expect_text(v, 0, 100, "");
	assert_int_equal(bm_contains(v, 0, &is), 0);
	assert_false(is);
	assert_int_equal(bm_rank(v, UINT64_MAX, &member), 0);
	assert_int_equal(member, 0);
	assert_int_equal(bm_select(v, 0, &member), -ENOENT);
	bm_view_close(v);
}

/* 12 terabytes of text, any place at once. */
static void reads_enormous_sets(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_view *v;
	uint64_t got;

	set_store_write(ss, ino, "1-1000000000000\n-500000000000\n");
	v = set_store_view(ss, ino);
	expect_text(v, 0, 6, "1\n2\n3\n");
	expect_text(v, 12888888888902 - 13 - 27, 100,
		    "999999999999\n1000000000000\n");
	/* Line 123,456,789,012 is of 12 digits and 13 bytes. */
	expect_text(
		v, 1188888888888 + (123456789012 - 100000000000) * (uint64_t)13,
		26, "123456789012\n123456789013\n");
	assert_int_equal(bm_rank(v, 600000000000, &got), 0);
	assert_true(got == 599999999999);
	assert_int_equal(bm_select(v, 499999999999, &got), 0);
	assert_true(got == 500000000001);
	bm_view_close(v);
}

/* What is written later is not in a view. */
static void a_view_does_not_change(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_view *before;
	struct bm_view *after;

	set_store_write(ss, ino, "101\n103\n");
	before = set_store_view(ss, ino);
	set_store_write(ss, ino, "100\n102\n-101\n1-99\n");
	after = set_store_view(ss, ino);
	set_store_remove(ss, ino);
	expect_text(before, 0, 100, "101\n103\n");
	assert_int_equal(bm_view_info(after)->count, 102);
	assert_int_equal(bm_view_info(before)->count, 2);
	bm_view_close(before);
	bm_view_close(after);
}

static void seeks_members_between_segments(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_batch b;
	struct bm_view *v;
	struct bm_iter *it;
	uint64_t got;
	size_t n;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < 100000; i++)
		assert_int_equal(bm_batch_add(&b, 70000 + i * 4300), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	v = set_store_view(ss, ino);
	assert_true(bm_view_info(v)->segments > 5);
	assert_int_equal(bm_iter_new(v, &it), 0);
	for (uint64_t i = 0; i < 100000; i += 100) {
		assert_int_equal(bm_iter_seek(it, 70000 + i * 4300 - 1), 0);
		assert_int_equal(bm_iter_read(it, &got, 1, &n), 0);
		assert_int_equal(n, 1);
		assert_int_equal(got, 70000 + i * 4300);
	}
	assert_int_equal(bm_iter_seek(it, 0), 0);
	assert_int_equal(bm_iter_read(it, &got, 1, &n), 0);
	assert_int_equal(got, 70000);
	assert_int_equal(bm_iter_seek(it, UINT64_MAX), 0);
	assert_int_equal(bm_iter_read(it, &got, 1, &n), 0);
	assert_int_equal(n, 0);
	bm_iter_free(it);
	bm_view_close(v);
}

static void only_sets_have_views(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct rs_object obj;
	struct bm_view *bv;
	struct rs_view *v;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), ino, &obj), 0);
	obj.kind = RS_KIND_REGION;
	assert_int_equal(rs_object_put(t, ino, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_view_live(ss->store, &v), 0);
	assert_int_equal(bm_view_open(v, ino, &bv), -EUCLEAN);
	assert_int_equal(bm_view_open(v, ino + 1000, &bv), -ENOENT);
	rs_view_put(v);
}

/* --- threads -------------------------------------------------------------- */

static void *read_all(void *arg)
{
	const struct bm_view *v = arg;
	static _Thread_local char buf[65536];
	uint64_t off = 0;
	size_t got;

	do {
		if (bm_read_text(v, off, buf, sizeof(buf), &got))
			return arg;
		off += got;
	} while (got);
	return off == bm_view_info(v)->text_size ? NULL : arg;
}

static void several_threads_read_one_view(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	pthread_t threads[4];
	struct bm_batch b;
	struct bm_view *v;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < 200000; i++)
		assert_int_equal(bm_batch_add(&b, i * 999), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	v = set_store_view(ss, ino);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_all, v),
				 0);
	for (int i = 0; i < 4; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	bm_view_close(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_text_from_any_byte, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_empty_set_has_no_text, setup,
						teardown),
		cmocka_unit_test_setup_teardown(reads_enormous_sets, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_view_does_not_change, setup,
						teardown),
		cmocka_unit_test_setup_teardown(seeks_members_between_segments,
						setup, teardown),
		cmocka_unit_test_setup_teardown(only_sets_have_views, setup,
						teardown),
		cmocka_unit_test_setup_teardown(several_threads_read_one_view,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
