/* SPDX-License-Identifier: Apache-2.0 */
/* store_test.c - tests regionstore/store.c and stats.c, in files. */
#include "regionstore/regionstore.h"

#include "tests/support/io_fault.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char dir[32];
	char path[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->dir, "/tmp/store_test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/store", f->dir);
	assert_int_equal(rs_create(f->path, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static struct rs_store *open_store(const struct fixture *f, bool read_only)
{
	const struct rs_open_opts opts = { .read_only = read_only };
	struct rs_store *s;

	assert_int_equal(rs_open(f->path, &opts, &s, NULL), 0);
	return s;
}

static int put(struct rs_store *s, const char *key)
{
	struct rs_txn *t;
	int err = rs_txn_begin(s, &t);

	if (err)
		return err;
	assert_int_equal(rs_put(t, key, strlen(key), "value", 5, 7), 0);
	return rs_txn_end(t);
}

static bool has(struct rs_store *s, const char *key)
{
	struct rs_view *v;
	char buf[8];
	size_t len;
	int err;

	assert_int_equal(rs_view_live(s, &v), 0);
	err = rs_get(v, key, strlen(key), buf, sizeof(buf), &len, NULL);
	rs_view_put(v);
	return err == 0;
}

/* A fresh store is small on the host, whatever its length. */
static void a_new_store_takes_little_room(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_true(st.st_blocks * 512 <= 64 * 1024);
	assert_int_equal(rs_create(f->path, NULL), -EEXIST);
}

static void closing_keeps_everything(void **state)
{
	struct fixture *f = *state;
	struct rs_store *s = open_store(f, false);

	assert_int_equal(put(s, "\x11"
				"a"),
			 0);
	assert_int_equal(rs_close(s), 0);
	s = open_store(f, true);
	assert_true(has(s, "\x11"
			   "a"));
	assert_int_equal(rs_close(s), 0);
	assert_int_equal(rs_close(NULL), 0);
}

static void abandoning_keeps_what_was_synced(void **state)
{
	struct fixture *f = *state;
	struct rs_store *s = open_store(f, false);

	assert_int_equal(put(s, "\x11"
				"a"),
			 0);
	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(put(s, "\x11"
				"b"),
			 0);
	rs_abandon(s);
	s = open_store(f, false);
	assert_true(has(s, "\x11"
			   "a"));
	assert_false(has(s, "\x11"
			    "b"));
	rs_abandon(s);
}

static void opened_for_reading_nothing_changes(void **state)
{
	struct fixture *f = *state;
	struct rs_store *s = open_store(f, true);

	assert_int_equal(put(s, "\x11"
				"a"),
			 -EROFS);
	assert_int_equal(rs_snap_create(s, "x", NULL), -EROFS);
	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(rs_close(s), 0);
}

static void statistics_tell_the_truth(void **state)
{
	struct fixture *f = *state;
	struct rs_store *s = open_store(f, false);
	struct rs_stats st;
	struct stat file;

	assert_int_equal(put(s, "\x11"
				"a"),
			 0);
	rs_stats(s, &st);
	assert_int_equal(st.records, 1);
	assert_int_equal(st.weight, 7);
	assert_true(st.dirty_bytes >= RS_PAGE_SIZE);
	assert_int_equal(st.txid, 1);
	assert_int_equal(rs_sync(s), 0);
	rs_stats(s, &st);
	assert_int_equal(st.dirty_bytes, 0);
	assert_int_equal(st.commits, 1);
	assert_int_equal(st.syncs, 1);
	assert_int_equal(st.one_flush, 1);
	assert_int_equal(st.runs, 3); /* bitmap, leaves, superblock */
	assert_int_equal(st.used_bytes, 2 * RS_PAGE_SIZE); /* two leaves */
	assert_int_equal(stat(f->path, &file), 0);
	assert_int_equal(st.file_bytes, file.st_size);
	assert_int_equal(st.error, 0);
	assert_int_equal(rs_close(s), 0);
}

/* A failed sync: reads go on, changes do not, and the reason is kept. */
static void after_a_failed_sync_the_store_can_be_read(void **state)
{
	const struct rs_open_opts opts = { 0 };
	struct disk *d = mem_store_disk();
	struct fault *fault;
	struct rs_store *s;
	struct rs_stats st;

	(void)state;
	fault = fault_new(d);
	assert_int_equal(rs_open_io(fault_io(fault), &opts, &s, NULL), 0);
	assert_int_equal(put(s, "\x11"
				"a"),
			 0);
	fault_fail(fault, 1, FAULT_EIO, true);
	assert_int_equal(rs_sync(s), -EIO);
	fault_fail(fault, 0, FAULT_EIO, false);
	assert_int_equal(rs_sync(s), -EIO);
	assert_int_equal(put(s, "\x11"
				"b"),
			 -EIO);
	assert_true(has(s, "\x11"
			   "a"));
	rs_stats(s, &st);
	assert_int_equal(st.error, -EIO);
	assert_non_null(strstr(st.error_text, "commit"));
	assert_int_equal(rs_close(s), -EIO);
	fault_free(fault);
	disk_free(d);
}

/* Returns false when it does not, for that is one failure alone. */
static bool commit_fails_at(uint64_t n, uint64_t gap)
{
	const struct rs_open_opts opts = { 0 };
	struct disk *d = mem_store_disk();
	struct fault *fault;
	struct rs_store *s;
	int err;

	fault = fault_new(d);
	assert_int_equal(rs_open_io(fault_io(fault), &opts, &s, NULL), 0);
	assert_int_equal(put(s, "\x11"
				"a"),
			 0);
	fault_fail_twice(fault, n, gap, FAULT_EIO);
	err = rs_sync(s);
	fault_fail(fault, 0, FAULT_EIO, false);
	assert_true(err == 0 || err == -EIO);
	rs_abandon(s);
	assert_int_equal(rs_open_io(fault_io(fault), &opts, &s, NULL), 0);
	assert_int_equal(has(s, "\x11"
				"a"),
			 err == 0);
	rs_abandon(s);
	fault_free(fault);
	disk_free(d);
	return err != 0;
}

/* After a failed sync the host may go on showing what is not on the disk, and
 * say that it is. */
static void a_commit_that_failed_is_not_found_by_the_next(void **state)
{
	unsigned failed = 0;

	(void)state;
	/* If it cannot even be overwritten there is nothing to be done. */
	for (uint64_t n = 1; n <= 6; n++)
		for (uint64_t gap = 2; gap <= 6; gap++)
			failed += commit_fails_at(n, gap);
	print_message("%u commits failed\n", failed);
	assert_true(failed > 6);
}

/* Removing is possible on a full host, and makes room. */
static void a_full_host_is_not_the_end(void **state)
{
	const struct rs_open_opts opts = { 0 };
	static uint8_t data[1 << 16];
	struct disk *d = disk_new();
	static struct rs_ptr p[1000];
	struct rs_store *s;
	struct rs_io *io = disk_io(d);
	size_t n = 0, all;
	struct rs_txn *t;
	int err = 0;

	(void)state;
	assert_int_equal(rs_create_io(io, NULL), 0);
	d->limit = 4000; /* pages: 16 MiB */
	assert_int_equal(rs_open_io(io, &opts, &s, NULL), 0);
	while (!err) {
		uint8_t key[] = { RS_KEY_SEGMENT, (uint8_t)n };

		assert_true(n < 1000);
		assert_int_equal(rs_txn_begin(s, &t), 0);
		err = rs_payload_put(t, data, sizeof(data), &p[n]);
		if (err) {
			rs_txn_abort(t);
			break;
		}
		assert_int_equal(rs_put(t, key, sizeof(key), "", 0, 1), 0);
		assert_int_equal(rs_txn_end(t), 0);
		n++;
	}
	assert_int_equal(err, -ENOSPC);
	assert_true(n > 100);
	assert_int_equal(rs_sync(s), 0); /* from the spare */
	all = n;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t key[] = { RS_KEY_SEGMENT, (uint8_t)--n };

		assert_int_equal(rs_txn_begin(s, &t), 0);
		assert_int_equal(rs_del(t, key, sizeof(key)), 0);
		assert_int_equal(rs_payload_free(t, &p[n]), 0);
		assert_int_equal(rs_txn_end(t), 0);
		assert_int_equal(rs_sync(s), 0);
	}
	assert_true(n < all);
	assert_int_equal(put(s, "\x11"
				"x"),
			 0);
	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, data, sizeof(data), &p[n]), 0);
	rs_txn_abort(t);
	assert_int_equal(rs_close(s), 0);
	disk_free(d);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_new_store_takes_little_room),
		TEST(closing_keeps_everything),
		TEST(abandoning_keeps_what_was_synced),
		TEST(opened_for_reading_nothing_changes),
		TEST(statistics_tell_the_truth),
		cmocka_unit_test(after_a_failed_sync_the_store_can_be_read),
		cmocka_unit_test(a_commit_that_failed_is_not_found_by_the_next),
		cmocka_unit_test(a_full_host_is_not_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
