/* SPDX-License-Identifier: Apache-2.0 */
/* merge_list_test.c - lists merged without containers. */
#include "tests/unit/bitmap/seg_help.h"

#include "bitmap/packer.h"

#include <errno.h>

static struct bytes bytes;
static struct row row;
static struct bm_packer *p;

static int begin(void **state)
{
	(void)state;
	bytes.n = 0;
	p = packer_to(&row, BM_SEG_DEFAULT);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bm_packer_free(p);
	row_clear(&row);
	return 0;
}

/* n members, each in a container of its own, from the one of key on. */
static struct bm_seg far_apart(uint64_t key, size_t n)
{
	for (uint64_t i = 0; i < n; i++)
		put(&bytes, (key + i) << 16 | 5, 8);
	return seg_of(&bytes, BM_SEG_U64, key << 16, n);
}

/* What bm_merge_list() says of members that are added or removed. */
static bool list(const struct bm_seg *base, enum bm_op op,
		 const uint64_t *members, size_t n, bool *ret_changed)
{
	const struct bm_delta d = { .members = members,
				    .n_members = n,
				    .op = op };
	bool done;

	*ret_changed = false;
	assert_int_equal(bm_merge_list(base, &d, p, &done, ret_changed), 0);
	assert_int_equal(bm_packer_flush(p), 0);
	return done;
}

static void members_find_their_places(void **state)
{
	static const uint64_t more[] = { 7, 12 << 16, 12 << 16 | 5,
					 UINT64_C(99) << 32 };
	struct bm_seg base = far_apart(10, 4);
	bool changed;

	(void)state;
	assert_true(list(&base, BM_ADD, more, 4, &changed));
	assert_true(changed);
	assert_int_equal(row.n, 1);
	assert_int_equal(row.segs[0].kind, BM_SEG_U64);
	assert_int_equal(row.segs[0].card, 7); /* one was there */
	assert_int_equal(row.segs[0].lo, 0);
	for (size_t i = 0; i < 4; i++)
		assert_true(bm_seg_contains(&row.segs[0], more[i]));
}

static void members_are_removed(void **state)
{
	static const uint64_t some[] = { 1, 10 << 16 | 5, 11 << 16,
					 13 << 16 | 5 };
	struct bm_seg base = far_apart(10, 4);
	bool changed;

	(void)state;
	assert_true(list(&base, BM_REMOVE, some, 4, &changed));
	assert_true(changed);
	assert_int_equal(row.segs[0].card, 2);
	assert_int_equal(bm_seg_min(&row.segs[0]), 11 << 16 | 5);
	assert_int_equal(bm_seg_max(&row.segs[0]), 12 << 16 | 5);
}

static void the_last_one_leaves_nothing(void **state)
{
	static const uint64_t one = 10 << 16 | 5;
	struct bm_seg base = far_apart(10, 1);
	bool changed;

	(void)state;
	assert_true(list(&base, BM_REMOVE, &one, 1, &changed));
	assert_true(changed);
	assert_int_equal(row.n, 0);
}

static void what_does_not_change_is_not_handed_out(void **state)
{
	static const uint64_t there = 11 << 16 | 5;
	static const uint64_t not_there = 11 << 16 | 6;
	struct bm_seg base = far_apart(10, 4);
	bool changed;

	(void)state;
	assert_true(list(&base, BM_ADD, &there, 1, &changed));
	assert_false(changed);
	assert_true(list(&base, BM_REMOVE, &not_there, 1, &changed));
	assert_false(changed);
	assert_int_equal(row.n, 0);
}

/* A page more is a matter for the packer, who has the neighbours too. */
static void what_grows_by_a_page_is_left_to_the_packer(void **state)
{
	static const uint64_t more[] = { 1, 2 << 16 };
	struct bm_seg base = far_apart(10, 1023);
	bool changed;

	(void)state;
	assert_true(list(&base, BM_ADD, more, 1, &changed));
	assert_int_equal(row.n, 1);
	assert_false(list(&base, BM_ADD, more, 2, &changed));
	assert_int_equal(row.n, 1);
}

/* Three in one container are shorter as 16 bits each. */
static void what_is_shorter_in_containers_is_left_too(void **state)
{
	static const uint64_t three[] = { 1, 2, 3 };
	bool changed;

	(void)state;
	assert_true(list(NULL, BM_ADD, three, 2, &changed));
	assert_false(list(NULL, BM_ADD, three, 3, &changed));
}

static void ranges_are_left_too(void **state)
{
	const struct bm_command range = ADD(1, 2);
	const struct bm_delta d = { .ops = &range, .n_ops = 1 };
	bool changed;
	bool done;

	(void)state;
	assert_int_equal(bm_merge_list(NULL, &d, p, &done, &changed), 0);
	assert_false(done);
}

static void lists_that_lie_are_refused(void **state)
{
	static const uint64_t one = 99 << 16;
	const struct bm_delta d = { .members = &one,
				    .n_members = 1,
				    .op = BM_ADD };
	struct bm_seg base = far_apart(10, 4);
	bool changed;
	bool done;

	(void)state;
	base.lo = 11 << 16;
	assert_int_equal(bm_merge_list(&base, &d, p, &done, &changed),
			 -EUCLEAN);
	base.lo = 0;
	memset(bytes.b + 16, 0, 8); /* the third of them */
	assert_int_equal(bm_merge_list(&base, &d, p, &done, &changed),
			 -EUCLEAN);
	assert_int_equal(row.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(members_find_their_places),
		TEST(members_are_removed),
		TEST(the_last_one_leaves_nothing),
		TEST(what_does_not_change_is_not_handed_out),
		TEST(what_grows_by_a_page_is_left_to_the_packer),
		TEST(what_is_shorter_in_containers_is_left_too),
		TEST(ranges_are_left_too),
		TEST(lists_that_lie_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
