/* SPDX-License-Identifier: Apache-2.0 */
/* suspect_test.c - tests regionstore/suspect.c; what a commit makes of it is in
 * commit_anew_test.c. */
#include "regionstore/alloc.h"
#include "tests/support/disk.h"
#include "tests/support/test.h"

#include <stdlib.h>

#define PAGES 16384u

struct fixture {
	struct disk *disk;
	struct rs_io *io;
	struct rs_alloc a;
	struct rs_pins pins;
	uint64_t told; /* pages */
};

static int load(void *arg, uint32_t number, struct rs_group_rec *rec,
		const uint8_t **page)
{
	(void)arg;
	(void)number;
	(void)rec;
	(void)page;
	return -ENOENT;
}

static bool is_bad(void *arg, uint64_t pgno, uint64_t npages)
{
	(void)arg;
	(void)pgno;
	(void)npages;
	return false;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct rs_alloc_env env = { .load = load, .is_bad = is_bad };

	assert_non_null(f);
	f->disk = disk_new();
	f->io = disk_io(f->disk);
	env.io = f->io;
	env.pages_max = PAGES;
	disk_resize(f->disk, PAGES * (uint64_t)RS_PAGE_SIZE);
	rs_alloc_init(&f->a, &env);
	atomic_store(&f->a.file_pages, PAGES);
	rs_pins_init(&f->pins);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rs_alloc_finish(&f->a);
	rs_pins_finish(&f->pins);
	f->io->ops->close(f->io);
	disk_free(f->disk);
	free(f);
	return 0;
}

static uint64_t take(struct fixture *f, uint32_t n)
{
	struct rs_want w = { .zone = RS_ZONE_META, .min = n, .want = n };
	uint64_t pgno;
	uint32_t got;

	assert_int_equal(rs_alloc_take(&f->a, &w, &pgno, &got), 0);
	return pgno;
}

static void note(void *arg, uint64_t pgno, uint64_t npages)
{
	struct fixture *f = arg;

	assert_true(pgno > 0);
	f->told += npages;
}

static void suspect(struct fixture *f)
{
	f->told = 0;
	assert_int_equal(rs_alloc_suspect(&f->a, note, f), 0);
}

static bool is_free(struct fixture *f, uint64_t pgno, uint32_t n)
{
	return rs_alloc_holds(&f->a, pgno, n, false) != 0;
}

/* A commit has them. */
static void mark(struct fixture *f, uint64_t pgno, uint32_t n)
{
	struct rs_group *g;

	assert_int_equal(rs_alloc_group(&f->a, rs_group_of(pgno), &g), 0);
	rs_bits_set(&g->disk, rs_page_in_group(pgno),
		    rs_page_in_group(pgno) + n);
}

/* What was handed out, and neither what a commit has nor what is free. */
static void all_that_no_commit_has_is_suspect(void **state)
{
	struct fixture *f = *state;
	uint64_t durable = take(f, 8), back = take(f, 8), mine = take(f, 8);

	mark(f, durable, 8);
	rs_alloc_give(&f->a, back, 8);
	assert_false(rs_alloc_is_suspect(&f->a, mine, 8));
	suspect(f);
	assert_int_equal(f->told, 8);
	assert_true(rs_alloc_is_suspect(&f->a, mine, 1));
	assert_true(rs_alloc_is_suspect(&f->a, mine - 3, 4));
	assert_false(rs_alloc_is_suspect(&f->a, durable, 8));
	assert_false(rs_alloc_is_suspect(&f->a, back, 8));
	assert_false(rs_alloc_is_suspect(&f->a, take(f, 4), 4));
}

/* Giving a run back gives back what of it is not suspect. */
static void what_is_suspect_does_not_come_back(void **state)
{
	struct fixture *f = *state;
	uint64_t pgno = take(f, 4), more;

	suspect(f);
	more = take(f, 4);
	assert_int_equal(more, pgno + 4);
	rs_alloc_give(&f->a, pgno, 8);
	assert_false(is_free(f, pgno, 4));
	assert_true(is_free(f, more, 4));
	assert_true(f->a.warm_pages == 0);
}

/* What waits in quarantine since it was in a commit was written by nobody. */
static void quarantine_is_left_as_usual(void **state)
{
	struct fixture *f = *state;
	struct rs_extent old = { .pgno = take(f, 4),
				 .npages = 4,
				 .birth = 1,
				 .death = 3,
				 .commit = 3 };
	struct rs_extent fresh = {
		.pgno = take(f, 4), .npages = 4, .birth = 5, .death = 5
	};

	suspect(f);
	assert_int_equal(f->told, 8);
	assert_int_equal(rs_extents_add(&f->a.quarantine, &old), 0);
	assert_int_equal(rs_extents_add(&f->a.quarantine, &fresh), 0);
	rs_alloc_reclaim(&f->a, &f->pins, 5);
	assert_int_equal(f->a.quarantine.n, 0);
	assert_true(is_free(f, old.pgno, 4));
	assert_false(is_free(f, fresh.pgno, 4));
	assert_false(rs_alloc_is_suspect(&f->a, old.pgno, 4));
}

/* It holds nothing, and is what a full disk lives on. */
static void the_spare_is_trusted(void **state)
{
	struct fixture *f = *state;
	uint64_t pgno;

	rs_alloc_fill_spare(&f->a);
	assert_int_equal(f->a.spare_pages, RS_SPARE_PAGES);
	suspect(f);
	assert_int_equal(f->told, 0);
	assert_int_equal(rs_alloc_take_spare(&f->a, 4, &pgno), 4);
	assert_false(rs_alloc_is_suspect(&f->a, pgno, 4));
	suspect(f);
	assert_int_equal(f->told, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			all_that_no_commit_has_is_suspect, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_suspect_does_not_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(quarantine_is_left_as_usual,
						setup, teardown),
		cmocka_unit_test_setup_teardown(the_spare_is_trusted, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
