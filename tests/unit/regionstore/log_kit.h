/* SPDX-License-Identifier: Apache-2.0 */
/* log_kit.h - what the tests of the log share: a store that has one, in memory,
 * and words for records and syncs. Everything asserts. */
#ifndef TESTS_LOG_KIT_H
#define TESTS_LOG_KIT_H

#include "regionstore/base/buf.h"
#include "regionstore/store_state.h"
#include "tests/support/disk.h"
#include "tests/support/mem_store.h"
#include "tests/support/region_store.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct disk *disk;
	struct rs_store *s;
};

static inline int try_open(struct fixture *f, unsigned log_pages, struct err *e)
{
	const struct rs_open_opts opts = { .log_pages = log_pages };
	struct rs_io *io = disk_io(f->disk);
	int err = rs_open_io(io, &opts, &f->s, e);

	if (err)
		io->ops->close(io);
	return err;
}

/* As after a crash. */
static inline void reopen(struct fixture *f)
{
	rs_abandon(f->s);
	assert_int_equal(try_open(f, RS_LOG_PAGES, NULL), 0);
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->disk = mem_store_disk();
	assert_int_equal(try_open(f, RS_LOG_PAGES, NULL), 0);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rs_close(f->s), 0);
	disk_free(f->disk);
	free(f);
	return 0;
}

static inline struct rs_stats stats(struct rs_store *s)
{
	struct rs_stats st;

	rs_stats(s, &st);
	return st;
}

static inline void put(struct rs_store *s, uint8_t n, const void *val,
		       size_t len)
{
	const uint8_t key[] = { RS_KEY_ENTRY, n };
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_put(t, key, sizeof(key), val, len, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

/* A txn that the log does not take. */
static inline void put_large(struct rs_store *s)
{
	static const uint8_t data[(RS_REDO_PAGES_MAX + 1) * RS_PAGE_SIZE] = {
		1
	};
	struct rs_txn *t;
	struct rs_ptr p;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, data, sizeof(data), &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static inline void del(struct rs_store *s, uint8_t n)
{
	const uint8_t key[] = { RS_KEY_ENTRY, n };
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_del(t, key, sizeof(key)), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static inline int has(struct rs_store *s, uint8_t n)
{
	const uint8_t key[] = { RS_KEY_ENTRY, n };
	uint8_t val[RS_VAL_MAX];
	struct rs_view *v;
	size_t len;
	int err;

	assert_int_equal(rs_view_live(s, &v), 0);
	err = rs_get(v, key, sizeof(key), val, sizeof(val), &len, NULL);
	rs_view_put(v);
	return err;
}

static inline void sync_in_log(struct rs_store *s)
{
	struct rs_stats was = stats(s), now;

	assert_int_equal(rs_sync(s), 0);
	now = stats(s);
	assert_int_equal(now.log_writes, was.log_writes + 1);
	assert_int_equal(now.commits, was.commits);
}

static inline void sync_by_commit(struct rs_store *s)
{
	struct rs_stats was = stats(s), now;

	assert_int_equal(rs_sync(s), 0);
	now = stats(s);
	assert_int_equal(now.log_writes, was.log_writes);
	assert_int_equal(now.commits, was.commits + 1);
}

static inline void expect_sound(struct rs_store *s)
{
	assert_regions_sound(s);
	(void)store_pages(s); /* checks */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
