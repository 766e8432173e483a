/* SPDX-License-Identifier: Apache-2.0 */
/* leave_test.c - tests regionstore/leave.c. */
#include "regionstore/store_state.h"
#include "tests/support/disk.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define VERSIONS 40u

static const struct rs_open_opts no_timer;

struct fixture {
	struct disk *disk;
	struct rs_store *s;
	struct rs_ptr p;
};

static void open_store(struct fixture *f, const struct rs_open_opts *opts)
{
	assert_int_equal(rs_open_io(disk_io(f->disk), opts, &f->s, NULL), 0);
}

static struct fixture start(void)
{
	struct fixture f = { .disk = mem_store_disk() };

	open_store(&f, &no_timer);
	rs_set_leave_step(f.s, 0);
	return f;
}

static void finish(struct fixture *f)
{
	rs_abandon(f->s);
	disk_free(f->disk);
}

/* A page takes the place of the one before, in a commit of its own. */
static void replace(struct fixture *f)
{
	static const uint8_t key[] = { RS_KEY_SEGMENT };
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	if (f->p.npages)
		assert_int_equal(rs_payload_free(t, &f->p), 0);
	assert_int_equal(rs_payload_put(t, "x", 1, &f->p), 0);
	assert_int_equal(rs_put(t, key, 1, &f->p, sizeof(f->p), 1), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(f->s), 0);
}

static void snapshot(struct fixture *f, const char *name)
{
	assert_int_equal(rs_snap_create(f->s, name, NULL), 0);
}

static void drop(struct fixture *f, const char *name)
{
	assert_int_equal(rs_snap_drop(f->s, name), 0);
}

static uint64_t pinned(struct fixture *f)
{
	struct rs_stats st;

	rs_stats(f->s, &st);
	return st.pinned_bytes / RS_PAGE_SIZE;
}

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct rs_ptr p;

	(void)arg;
	if (!c || c->key[0] != RS_KEY_SEGMENT)
		return 0;
	memcpy(&p, c->val, sizeof(p));
	rs_check_own(ck, &p);
	return 0;
}

static void check(struct fixture *f)
{
	mem_store_check(f->s, own, NULL);
}

/* Steps to the end; each commit looks at few extents, and all is sound in
 * between. How many there were. */
static unsigned go_on(struct fixture *f)
{
	unsigned n = 0;
	bool more = true;

	rs_set_leave_step(f->s, 1);
	while (more) {
		check(f);
		assert_int_equal(rs_leave_step(f->s, &more), 0);
		n++;
		assert_true(n < 1000);
	}
	check(f);
	rs_set_leave_step(f->s, 0);
	return n;
}

static void the_name_goes_first_and_the_pages_follow(void **state)
{
	struct fixture f = start();
	struct rs_snap sn;
	uint64_t before;

	(void)state;
	replace(&f);
	snapshot(&f, "a");
	for (unsigned i = 0; i < VERSIONS; i++)
		replace(&f);
	before = pinned(&f);
	assert_true(before > 0);
	drop(&f, "a");
	assert_int_equal(rs_snap_find(f.s, "a", &sn), -ENOENT);
	assert_int_equal(pinned(&f), before);
	assert_true(go_on(&f) > 1);
	assert_int_equal(pinned(&f), 0);
	finish(&f);
}

/* A name that has gone can be given again at once. */
static void the_next_open_goes_on(void **state)
{
	struct fixture f = start();
	uint64_t before;

	(void)state;
	for (unsigned i = 0; i < VERSIONS; i++) {
		replace(&f);
		snapshot(&f, "a");
		replace(&f);
		if (i + 1 < VERSIONS)
			drop(&f, "a");
	}
	before = pinned(&f);
	rs_abandon(f.s);
	open_store(&f, &no_timer);
	assert_int_equal(atomic_load(&f.s->n_leaving), 1);
	assert_int_equal(pinned(&f), before);
	go_on(&f);
	assert_true(pinned(&f) < before);
	assert_true(pinned(&f) > 0);
	finish(&f);
}

/* Some snapshots of some versions, of which bits tell. Dropped in an order
 * that a number gives, a few steps in between; what is left is as if each had
 * been dropped in one go. */
static void drop_in_order(unsigned order, unsigned steps)
{
	struct fixture f = start();
	char left[] = "abcde";
	bool more;

	for (const char *c = left; *c; c++) {
		replace(&f);
		snapshot(&f, (char[]){ *c, '\0' });
		replace(&f);
	}
	while (left[0]) {
		size_t i = order % strlen(left);

		order /= 5;
		drop(&f, (char[]){ left[i], '\0' });
		memmove(left + i, left + i + 1, strlen(left + i));
		rs_set_leave_step(f.s, 1);
		for (unsigned k = 0; k < steps; k++)
			assert_int_equal(rs_leave_step(f.s, &more), 0);
		rs_set_leave_step(f.s, 0);
		check(&f);
		assert_true(atomic_load(&f.s->n_leaving) <= strlen(left) + 1);
		if (steps == 0)
			continue;
		go_on(&f);
	}
	go_on(&f);
	assert_int_equal(pinned(&f), 0);
	finish(&f);
}

static void any_order_comes_to_nothing(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 5 * 5 * 5 * 5; order += 7) {
		drop_in_order(order, 0);
		drop_in_order(order, 2);
	}
}

/* The older one saw pages that the scan passed over. */
static void a_scan_that_missed_something_begins_anew(void **state)
{
	struct fixture f = start();
	bool more;

	(void)state;
	replace(&f);
	snapshot(&f, "old");
	snapshot(&f, "young");
	replace(&f);
	replace(&f);
	drop(&f, "young");
	rs_set_leave_step(f.s, 1);
	assert_int_equal(rs_leave_step(f.s, &more), 0);
	rs_set_leave_step(f.s, 0);
	assert_true(more);
	assert_true(pinned(&f) > 0);
	drop(&f, "old");
	assert_int_equal(atomic_load(&f.s->n_leaving), 1);
	go_on(&f);
	assert_int_equal(pinned(&f), 0);
	finish(&f);
}

/* With a thread nobody has to ask, also not after opening. */
static void the_thread_does_it(void **state)
{
	const struct rs_open_opts opts = { .commit_ms = 3600000 };
	struct fixture f = start();

	(void)state;
	replace(&f);
	snapshot(&f, "a");
	replace(&f);
	drop(&f, "a");
	rs_abandon(f.s);
	open_store(&f, &opts);
	while (atomic_load(&f.s->n_leaving) > 0)
		rs_yield(f.s);
	assert_int_equal(pinned(&f), 0);
	finish(&f);
}

/* A view of what was dropped still reads what it read. */
static void a_view_outlives_the_steps(void **state)
{
	struct fixture f = start();
	const uint8_t *data;
	struct rs_view *v;
	struct rs_snap sn;
	struct rs_ptr p;

	(void)state;
	replace(&f);
	p = f.p;
	assert_int_equal(rs_snap_create(f.s, "a", &sn), 0);
	assert_int_equal(rs_view_snap(f.s, sn.id, &v), 0);
	replace(&f);
	drop(&f, "a");
	go_on(&f);
	for (unsigned i = 0; i < VERSIONS; i++)
		replace(&f);
	assert_int_equal(rs_payload_get(v, &p, 1, &data), 0);
	assert_int_equal(*data, 'x');
	rs_view_put(v);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_goes_first_and_the_pages_follow),
		cmocka_unit_test(the_next_open_goes_on),
		cmocka_unit_test(any_order_comes_to_nothing),
		cmocka_unit_test(a_scan_that_missed_something_begins_anew),
		cmocka_unit_test(the_thread_does_it),
		cmocka_unit_test(a_view_outlives_the_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
