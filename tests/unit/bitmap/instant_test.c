/* SPDX-License-Identifier: Apache-2.0 */
/* instant_test.c - a commit is one instant, of sets and of everything else.
 *
 * One thread appends the next number to a set, and then writes that number
 * down elsewhere, in a txn. So whoever sees the second must see the first.
 */

#include "bitmap/db.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct writer {
	struct set_store *ss;
	uint64_t set, note;
	atomic_bool stop;
	pthread_t thread;
};

static int setup(void **state)
{
	static struct writer w;

	w = (struct writer){ 0 };
	w.ss = calloc(1, sizeof(*w.ss));
	set_store_init(w.ss);
	w.set = set_store_create(w.ss);
	w.note = set_store_create(w.ss);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct writer *w = *state;

	set_store_check(w->ss);
	set_store_finish(w->ss);
	free(w->ss);
	return 0;
}

static int append(struct writer *w, uint64_t number)
{
	struct bm_batch b;
	int err;

	bm_batch_init(&b);
	err = bm_batch_add(&b, number);
	if (!err)
		err = bm_append(w->ss->db, w->set, &b, 7);
	bm_batch_finish(&b);
	return err;
}

static int write_down(struct writer *w, uint64_t number)
{
	struct rs_object obj;
	struct rs_txn *t;
	int err = rs_txn_begin(w->ss->store, &t);

	if (err)
		return err;
	err = rs_object_get(rs_txn_view(t), w->note, &obj);
	memcpy(obj.attr, &number, sizeof(number));
	obj.attr_len = sizeof(number);
	if (!err)
		err = rs_object_put(t, w->note, &obj);
	if (err)
		rs_txn_abort(t);
	else
		err = rs_txn_end(t);
	return err;
}

static void *count(void *arg)
{
	struct writer *w = arg;

	for (uint64_t n = 1; !atomic_load(&w->stop); n++)
		if (append(w, n) || write_down(w, n))
			return w;
	return NULL;
}

static void start(struct writer *w)
{
	assert_int_equal(pthread_create(&w->thread, NULL, count, w), 0);
}

static void stop(struct writer *w)
{
	void *failed;

	atomic_store(&w->stop, true);
	assert_int_equal(pthread_join(w->thread, &failed), 0);
	assert_null(failed);
}

/* What was written down there, and how many numbers the set has. */
static uint64_t noted(const struct writer *w, const struct rs_view *v)
{
	struct rs_object obj;
	uint64_t number = 0;

	assert_int_equal(rs_object_get(v, w->note, &obj), 0);
	if (obj.attr_len == sizeof(number))
		memcpy(&number, obj.attr, sizeof(number));
	return number;
}

static uint64_t counted(const struct writer *w, const struct rs_view *v)
{
	struct rs_object obj;
	struct bm_info info;

	assert_int_equal(rs_object_get(v, w->set, &obj), 0);
	assert_int_equal(bm_object_info(&obj, &info), 0);
	assert_int_equal(info.max, info.count);
	return info.count;
}

/* One number may be in the set and not be written down yet. */
static void expect_instant(const struct writer *w, struct rs_view *v)
{
	uint64_t number = noted(w, v), members = counted(w, v);

	rs_view_put(v);
	assert_in_range(members, number, number + 1);
}

static void a_snapshot_is_one_instant(void **state)
{
	struct writer *w = *state;
	struct rs_store *s = w->ss->store;

	start(w);
	for (int i = 0; i < 1500; i++) {
		struct rs_snap sn;
		struct rs_view *v;

		assert_int_equal(rs_snap_create(s, "now", &sn), 0);
		assert_int_equal(rs_view_snap(s, sn.id, &v), 0);
		expect_instant(w, v);
		assert_int_equal(rs_snap_drop(s, "now"), 0);
	}
	stop(w);
}

/* What a power cut leaves of a sync. */
static void expect_instant_after_cut(struct writer *w, int syncs)
{
	struct rs_view *v;

	atomic_store(&w->stop, false);
	start(w);
	for (int i = 0; i < syncs; i++)
		assert_int_equal(rs_sync(w->ss->store), 0);
	stop(w);
	set_store_crash(w->ss);
	assert_int_equal(bm_settle_all(w->ss->db), 0);
	assert_int_equal(rs_view_live(w->ss->store, &v), 0);
	expect_instant(w, v);
}

static void begin_again(struct writer *w)
{
	set_store_remove(w->ss, w->set);
	set_store_remove(w->ss, w->note);
	w->set = set_store_create(w->ss);
	w->note = set_store_create(w->ss);
}

static void a_commit_is_one_instant(void **state)
{
	struct writer *w = *state;

	for (int i = 0; i < 700; i++) {
		expect_instant_after_cut(w, 1 + i % 3);
		begin_again(w);
	}
}

static void the_log_is_one_instant(void **state)
{
	struct writer *w = *state;

	w->ss->log_pages = RS_LOG_PAGES;
	set_store_reopen(w->ss);
	for (int i = 0; i < 700; i++) {
		expect_instant_after_cut(w, 1 + i % 10);
		begin_again(w);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_snapshot_is_one_instant),
		TEST(a_commit_is_one_instant),
		TEST(the_log_is_one_instant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
