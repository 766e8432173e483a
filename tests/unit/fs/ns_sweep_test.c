/* SPDX-License-Identifier: Apache-2.0 */
/* ns_sweep_test.c - tests fs/ns_sweep.c. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/fs/ns_fixture.h"

#define SOON 1000u  /* ms */
#define MANY 20000u /* more than one stretch */

/* Drop all names that a sweep finds, cap at a time; how many. */
static unsigned sweep(struct ns *n, size_t cap, fs_spare_fn *spare, void *arg)
{
	struct fs_stale *found = calloc(cap, sizeof(*found));
	struct fs_sweep s;
	unsigned names = 0;
	bool done = false;

	assert_non_null(found);
	assert_int_equal(fs_sweep_begin(ns_view(n), n->now, spare, arg, &s), 0);
	while (!done) {
		struct rs_txn *t;
		size_t got = 0;

		assert_int_equal(
			fs_sweep_next(ns_view(n), &s, found, cap, &got, &done),
			0);
		assert_true(got <= cap);
		assert_int_equal(rs_txn_begin(n->store, &t), 0);
		for (size_t i = 0; i < got; i++)
			assert_int_equal(fs_expire_name(t, found[i].parent,
							found[i].name, n->now,
							&n->orphan),
					 0);
		assert_int_equal(rs_txn_end(t), 0);
		names += (unsigned)got;
	}
	fs_sweep_finish(&s);
	free(found);
	return names;
}

static uint64_t make(struct ns *n, uint64_t dir, const char *name, uint64_t ms)
{
	int64_t ino = ns_make(n, dir, name, S_IFREG);

	assert_true(ino > 0);
	if (ms)
		assert_int_equal(ns_expire(n, (uint64_t)ino, ms), 0);
	return (uint64_t)ino;
}

/* In any directory, under any name, and nothing else. */
static void finds_every_name(void **state)
{
	struct ns *n = *state;
	int64_t d = ns_make(n, FS_INO_REGIONS, "d", S_IFDIR);
	uint64_t f = make(n, FS_INO_REGIONS, "f", SOON);

	assert_int_equal(ns_link(n, f, (uint64_t)d, "g"), 0);
	make(n, (uint64_t)d, "later", SOON + 5000);
	make(n, FS_INO_BITMAPS, "s", SOON);
	make(n, FS_INO_BITMAPS, "stays", 0);
	assert_int_equal(sweep(n, 2, NULL, NULL), 0);
	ns_at(n, SOON);
	assert_int_equal(sweep(n, 2, NULL, NULL), 3);
	n->now = FS_SHOW_EXPIRED;
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "f"), -ENOENT);
	assert_int_equal(ns_find(n, (uint64_t)d, "g"), -ENOENT);
	assert_int_equal(ns_find(n, FS_INO_BITMAPS, "s"), -ENOENT);
	assert_true(ns_find(n, (uint64_t)d, "later") > 0);
	assert_true(ns_find(n, FS_INO_BITMAPS, "stays") > 0);
	assert_int_equal(ns_findings(n), 0);
}

static bool is_this(void *arg, uint64_t ino)
{
	return ino == *(uint64_t *)arg;
}

static void spares_what_is_open(void **state)
{
	struct ns *n = *state;
	uint64_t f = make(n, FS_INO_REGIONS, "f", SOON);

	make(n, FS_INO_REGIONS, "g", SOON);
	ns_at(n, SOON);
	assert_int_equal(sweep(n, 8, is_this, &f), 1);
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "f"), -ENOENT);
	assert_int_equal(ns_nlink(n, f), 1);
	assert_int_equal(sweep(n, 8, NULL, NULL), 1);
	assert_int_equal(n->orphan, f);
}

/* Over several stretches, while it removes names and others make some. */
static void goes_through_a_large_directory(void **state)
{
	struct ns *n = *state;
	char name[16];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%05u", i);
		make(n, FS_INO_REGIONS, name, i % 1000 ? 0 : SOON);
	}
	make(n, FS_INO_REGIONS, "zz", SOON);
	ns_at(n, SOON);
	assert_int_equal(sweep(n, 7, NULL, NULL), MANY / 1000 + 1);
	assert_int_equal(sweep(n, 7, NULL, NULL), 0);
	assert_int_equal(ns_findings(n), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ns_setup, ns_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_every_name),
		TEST(spares_what_is_open),
		TEST(goes_through_a_large_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
