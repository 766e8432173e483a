/* SPDX-License-Identifier: Apache-2.0 */
/* flip_crash.c - one wrong byte anywhere, and files that end too early.
 *
 * What is to be noticed, flip.h says. SEED= chooses the bytes, STEPS= how many;
 * STEPS=0 takes every byte there is.
 */
#include "tests/support/flip.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdio.h>

#define FLIPS	    3000u
#define RANDOM_MOST (64u * RS_PAGE_SIZE)

static struct flip_original orig;
static uint64_t flip_seed, flip_steps;

static void an_untouched_store_is_as_it_was(void **state)
{
	struct flip_tally tally = { 0 };

	(void)state;
	flip_try(&orig, orig.disk, "nothing", 0, &tally);
	assert_int_equal(tally.refused + tally.unread + tally.found, 0);
	assert_int_equal(tally.bad, 0);
}

static uint64_t place(size_t page, uint64_t byte)
{
	return (uint64_t)orig.used[page] * RS_PAGE_SIZE + byte;
}

static void a_wrong_byte_is_never_believed(void **state)
{
	struct flip_tally tally = { 0 };
	struct rng r;

	(void)state;
	rng_init(&r, flip_seed);
	for (uint64_t i = 0; i < flip_steps; i++)
		flip_byte(&orig,
			  place(rng_below(&r, orig.n_used),
				rng_below(&r, RS_PAGE_SIZE)),
			  (uint8_t)(1 + rng_below(&r, 255)), &tally);
	for (size_t page = 0; !flip_steps && page < orig.n_used; page++)
		for (uint64_t byte = 0; byte < RS_PAGE_SIZE; byte++)
			flip_byte(&orig, place(page, byte),
				  (uint8_t)(1 + rng_below(&r, 255)), &tally);
	printf("%zu pages are used; ", orig.n_used);
	flip_say(&tally);
	assert_int_equal(tally.bad, 0);
	assert_true(tally.unread > 0 && tally.found >= tally.unread);
}

static void a_wrong_superblock_is_never_believed(void **state)
{
	struct flip_tally tally = { 0 };
	struct rng r;

	(void)state;
	rng_init(&r, flip_seed);
	flip_supers(&orig, (uint8_t)(1 + rng_below(&r, 255)), &tally);
	flip_say(&tally);
	assert_int_equal(tally.bad, 0);
}

/* Pages that a damaged bitmap calls free are not written to. */
static void a_wrong_bitmap_is_never_believed(void **state)
{
	struct flip_tally tally = { 0 };

	(void)state;
	flip_bitmaps(&orig, &tally);
	flip_say(&tally);
	assert_int_equal(tally.bad, 0);
	assert_true(tally.trials > 5);
}

/* Shorter and shorter. */
static void a_file_that_ends_early_is_not_believed(void **state)
{
	struct disk *d = disk_copy(orig.disk);
	struct flip_tally tally = { 0 };

	(void)state;
	for (uint64_t pages = d->size / RS_PAGE_SIZE; pages-- > 0;) {
		assert_int_equal(disk_resize(d, pages * RS_PAGE_SIZE), 0);
		flip_try(&orig, d, "cut off", pages, &tally);
	}
	flip_say(&tally);
	assert_int_equal(tally.bad, 0);
	assert_int_equal(tally.refused, tally.trials);
	disk_free(d);
}

/* Also behind the first pages of a store. */
static void random_bytes_are_refused(void **state)
{
	struct flip_tally tally = { 0 };
	struct rng r;

	(void)state;
	rng_init(&r, flip_seed);
	for (unsigned i = 0; i < 200; i++) {
		uint64_t size = rng_below(&r, RANDOM_MOST);
		uint64_t good = i % 2 * (1 + rng_below(&r, 4)) * RS_PAGE_SIZE;
		struct disk *d = disk_new();

		for (uint64_t at = 0; at < size; at += 8) {
			uint64_t x = rng_u64(&r);

			disk_write(d, at, &x, 8);
		}
		disk_write(d, 0, orig.disk->mem, good);
		flip_try(&orig, d, "random file", i, &tally);
		disk_free(d);
	}
	flip_say(&tally);
	assert_int_equal(tally.bad, 0);
	assert_int_equal(tally.refused, tally.trials);
}

static int setup(void **state)
{
	(void)state;
	flip_original_make(&orig);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	flip_original_finish(&orig);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_untouched_store_is_as_it_was),
		cmocka_unit_test(a_wrong_byte_is_never_believed),
		cmocka_unit_test(a_wrong_superblock_is_never_believed),
		cmocka_unit_test(a_wrong_bitmap_is_never_believed),
		cmocka_unit_test(a_file_that_ends_early_is_not_believed),
		cmocka_unit_test(random_bytes_are_refused),
	};

	flip_seed = rng_seed();
	flip_steps = rng_steps(FLIPS);
	return cmocka_run_group_tests(tests, setup, teardown);
}
