/* SPDX-License-Identifier: Apache-2.0 */
/* sync_test.c - tests regionstore/sync.c. */
#include "regionstore/regionstore.h"
#include "tests/support/disk.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 8u
#define ROUNDS	50u

struct fixture {
	struct disk *disk;
	struct rs_store *s;
	atomic_uint next;
};

static int open_with(void **state, unsigned commit_ms)
{
	const struct rs_open_opts opts = { .commit_ms = commit_ms };
	struct fixture *f = calloc(1, sizeof(*f));
	struct rs_io *io;

	assert_non_null(f);
	f->disk = disk_new();
	io = disk_io(f->disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	assert_int_equal(rs_open_io(io, &opts, &f->s, NULL), 0);
	*state = f;
	return 0;
}

static int setup(void **state)
{
	return open_with(state, 0);
}

static int setup_timer(void **state)
{
	return open_with(state, 5);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rs_close(f->s), 0);
	disk_free(f->disk);
	free(f);
	return 0;
}

static void put(struct rs_store *s, unsigned n)
{
	const uint8_t key[] = { RS_KEY_ENTRY, (uint8_t)(n >> 8), (uint8_t)n };
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_put(t, key, sizeof(key), "v", 1, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static struct rs_stats stats(struct rs_store *s)
{
	struct rs_stats st;

	rs_stats(s, &st);
	return st;
}

static void nothing_to_do_is_nothing_done(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rs_sync(f->s), 0);
	assert_int_equal(stats(f->s).writes, 0);
	put(f->s, 1);
	assert_int_equal(rs_sync(f->s), 0);
	assert_int_equal(rs_sync(f->s), 0);
	assert_int_equal(stats(f->s).commits, 1);
}

static int settle(void *arg, bool whole)
{
	struct fixture *f = arg;

	(void)whole;
	put(f->s, atomic_fetch_add(&f->next, 1));
	return 0;
}

static int fail_to_settle(void *arg, bool whole)
{
	settle(arg, whole);
	return -ENOMEM;
}

/* What the layer above holds back is part of the commit. */
static void a_sync_settles_first(void **state)
{
	struct fixture *f = *state;

	rs_set_hooks(f->s, &(struct rs_hooks){ .settle = settle, .arg = f });
	assert_int_equal(rs_sync(f->s), 0);
	assert_int_equal(f->next, 1);
	assert_int_equal(stats(f->s).commits, 1);
	rs_set_hooks(f->s,
		     &(struct rs_hooks){ .settle = fail_to_settle, .arg = f });
	assert_int_equal(rs_sync(f->s), -ENOMEM);
	assert_int_equal(stats(f->s).commits, 2); /* of what there was */
	rs_set_hooks(f->s, NULL);
	assert_int_equal(rs_sync(f->s), 0);
}

static void *put_and_sync(void *arg)
{
	struct fixture *f = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		put(f->s, atomic_fetch_add(&f->next, 1));
		if (rs_sync(f->s))
			abort();
	}
	return NULL;
}

/* Whoever waits at the same time shares a commit; nobody waits for ever. */
static void many_who_sync_share_commits(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, put_and_sync, f);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(stats(f->s).records, THREADS * ROUNDS);
	assert_int_equal(stats(f->s).dirty_bytes, 0);
	assert_true(stats(f->s).commits <= THREADS * ROUNDS);
}

static bool wait_for(struct rs_store *s, uint64_t commits)
{
	for (unsigned i = 0; i < 1000; i++) {
		if (stats(s).commits >= commits)
			return true;
		usleep(10000);
	}
	return false;
}

static void the_timer_commits_by_itself(void **state)
{
	struct fixture *f = *state;

	put(f->s, 1);
	assert_true(wait_for(f->s, 1));
}

/* What was removed comes back to the host with nobody doing anything. */
static void the_timer_gives_space_back(void **state)
{
	const size_t len = (size_t)60 << 20;
	uint8_t *data = calloc(1, len);
	struct fixture *f = *state;
	struct rs_ptr p[2];
	struct rs_txn *t;
	bool less = false;

	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(rs_payload_put(t, data, len, &p[i]), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(f->s), 0);
	assert_true(f->disk->n_backed >= 2 * len / RS_PAGE_SIZE);
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(rs_payload_free(t, &p[i]), 0);
	assert_int_equal(rs_txn_end(t), 0);
	for (unsigned i = 0; !less && i < 1000; i++) {
		usleep(10000);
		pthread_mutex_lock(&f->disk->mutex);
		less = f->disk->n_backed < len * 3 / 2 / RS_PAGE_SIZE;
		pthread_mutex_unlock(&f->disk->mutex);
	}
	assert_true(less);
	free(data);
}

int main(void)
{
#define TEST(name, how) cmocka_unit_test_setup_teardown(name, how, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_to_do_is_nothing_done, setup),
		TEST(a_sync_settles_first, setup),
		TEST(many_who_sync_share_commits, setup),
		TEST(the_timer_commits_by_itself, setup_timer),
		TEST(the_timer_gives_space_back, setup_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
