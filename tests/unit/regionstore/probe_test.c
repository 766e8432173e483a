/* SPDX-License-Identifier: Apache-2.0 */
/* probe_test.c - tests regionstore/probe.c. */
#include "regionstore/store_state.h"
#include "tests/support/disk.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <unistd.h>

static const struct rs_open_opts no_timer;

/* A store whose process has ended, with so many free pages that the host still
 * has blocks for, and some that are in use. */
static struct disk *used_disk(uint32_t warm)
{
	const size_t len = 60u * RS_PAGE_SIZE;
	uint8_t *data = calloc(1, len);
	struct disk *d = disk_new();
	struct rs_io *io = disk_io(d);
	struct rs_store *s;
	struct rs_ptr p;
	uint64_t pgno;
	uint32_t got;
	struct rs_txn *t;

	assert_int_equal(rs_create_io(io, NULL), 0);
	assert_int_equal(rs_open_io(io, &no_timer, &s, NULL), 0);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, data, len, &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	while (warm > 0) {
		assert_int_equal(
			rs_reserve(s, RS_ZONE_DATA, 0, warm, &pgno, &got), 0);
		assert_int_equal(
			disk_allocate(d, rs_bytes(pgno), rs_bytes(got)), 0);
		warm -= got;
	}
	assert_int_equal(rs_close(s), 0);
	free(data);
	return d;
}

static uint64_t warm_pages(struct rs_store *s)
{
	uint64_t n;

	lock_take(&s->alloc.lock);
	n = s->alloc.warm_pages;
	lock_drop(&s->alloc.lock);
	return n;
}

static void warm_pages_of_an_earlier_process_are_found(void **state)
{
	struct disk *d = used_disk(5000);
	struct rs_store *s;
	uint64_t before;

	(void)state;
	s = mem_store_open(d, &no_timer);
	before = warm_pages(s);
	assert_true(before < 2 * RS_SPARE_PAGES);
	assert_true(rs_alloc_probe(&s->alloc, 0));
	assert_true(warm_pages(s) >= before + 5000);
	/* Once more makes no difference. */
	before = warm_pages(s);
	assert_true(rs_alloc_probe(&s->alloc, 0));
	assert_int_equal(warm_pages(s), before);
	assert_false(rs_alloc_probe(&s->alloc, 1));
	rs_abandon(s);
	disk_free(d);
}

static void they_are_given_back(void **state)
{
	struct disk *d = used_disk(5000);
	struct rs_store *s;
	uint64_t before;

	(void)state;
	s = mem_store_open(d, &no_timer);
	s->alloc.warm_pool = 100;
	before = d->n_backed;
	assert_true(rs_alloc_probe(&s->alloc, 0));
	while (rs_alloc_punch_one(&s->alloc))
		;
	assert_true(d->n_backed + 4800 <= before);
	assert_true(warm_pages(s) <= 100 + RS_PUNCH_MIN);
	rs_abandon(s);
	disk_free(d);
}

/* What is reserved meanwhile is not touched. */
static void what_is_in_use_is_left_alone(void **state)
{
	struct disk *d = used_disk(200);
	struct rs_store *s;
	uint64_t pgno;
	uint32_t got;

	(void)state;
	s = mem_store_open(d, &no_timer);
	assert_int_equal(rs_reserve(s, RS_ZONE_DATA, 0, 100, &pgno, &got), 0);
	s->alloc.warm_pool = 0;
	assert_true(rs_alloc_probe(&s->alloc, 0));
	assert_int_equal(rs_alloc_holds(&s->alloc, pgno, got, true), 0);
	while (rs_alloc_punch_one(&s->alloc))
		;
	assert_int_equal(rs_alloc_holds(&s->alloc, pgno, got, true), 0);
	rs_unreserve(s, pgno, got);
	rs_abandon(s);
	disk_free(d);
}

/* At its first tick; by the next one, when nobody has changed anything, most of
 * what it found is given back. */
static void the_thread_does_it(void **state)
{
	const struct rs_open_opts opts = { .commit_ms = 300 };
	struct disk *d = used_disk(16000);
	struct rs_store *s;
	bool found = false;

	(void)state;
	s = mem_store_open(d, &opts);
	for (unsigned i = 0; !found && i < 1000; i++) {
		usleep(10000);
		found = warm_pages(s) >= 10000;
	}
	assert_true(found);
	assert_int_equal(rs_close(s), 0);
	disk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warm_pages_of_an_earlier_process_are_found),
		cmocka_unit_test(they_are_given_back),
		cmocka_unit_test(what_is_in_use_is_left_alone),
		cmocka_unit_test(the_thread_does_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
