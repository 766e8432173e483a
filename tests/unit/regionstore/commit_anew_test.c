/* SPDX-License-Identifier: Apache-2.0 */
/* commit_anew_test.c - tests regionstore/commit_anew.c and suspect.c.
 *
 * The disk is the worst there is: what a failed sync should have written never
 * gets to it, and a later sync says that all is well.
 */
#include "regionstore/commit.h"
#include "tests/support/lossy_store.h"
#include "tests/support/test.h"

#include <string.h>

/* --- once ----------------------------------------------------------------- */

static const struct rs_open_opts ways[] = {
	{ .two_flush = false },
	{ .two_flush = true },
};

/* False when there is no call n. */
static bool fails_once(enum fault_loss loss, const struct rs_open_opts *opts,
		       uint64_t n)
{
	struct lossy f;
	bool hit;

	lossy_begin(&f, loss, opts);
	lossy_change(&f, 2);
	fault_fail(f.fault, n, FAULT_EIO, false);
	n += fault_ops(f.fault);
	if (rs_sync(f.s)) {
		/* No room on the disk is no write that failed. */
		assert_false(fault_note(f.fault, n).flushes);
		lossy_end(&f);
		return true;
	}
	hit = fault_hits(f.fault) > 0;
	fault_fail(f.fault, 0, FAULT_EIO, false);
	assert_int_equal(lossy_stats(&f).anew,
			 hit && fault_note(f.fault, n).flushes);
	assert_int_equal(f.told, lossy_stats(&f).anew);
	lossy_assert_is(&f, f.s);
	lossy_assert_durable(&f);
	lossy_assert_sound(f.s);
	lossy_change(&f, 3);
	assert_int_equal(rs_sync(f.s), 0);
	lossy_assert_durable(&f);
	lossy_end(&f);
	return hit;
}

static void one_call_that_fails_is_not_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (enum fault_loss loss = LOSS_NONE; loss <= LOSS_DISK;
		     loss++) {
			uint64_t n = 1;

			while (fails_once(loss, &ways[i], n))
				n++;
			assert_true(n > 3 + i); /* nodes, superblock, sync */
		}
	}
}

/* The last call of a commit. */
static uint64_t last_call(enum fault_loss loss, const struct rs_open_opts *opts)
{
	struct lossy f;
	uint64_t n;

	lossy_begin(&f, loss, opts);
	lossy_change(&f, 2);
	n = fault_ops(f.fault);
	assert_int_equal(rs_commit(f.s, NULL), 0);
	n = fault_ops(f.fault) - n;
	lossy_end(&f);
	return n;
}

/* Make the sync of a commit fail. */
static void fail_sync(struct lossy *f, enum fault_loss loss,
		      const struct rs_open_opts *opts)
{
	uint64_t n = last_call(loss, opts);

	lossy_begin(f, loss, opts);
	lossy_change(f, 2);
	fault_fail(f->fault, n, FAULT_EIO, false);
}

static void each_time_it_is_good_for_one_more(void **state)
{
	struct lossy f;

	(void)state;
	fail_sync(&f, LOSS_DISK, &ways[0]);
	for (unsigned i = 1; i < 6; i++) {
		assert_int_equal(rs_commit(f.s, NULL), 0);
		assert_int_equal(lossy_stats(&f).anew, i);
		lossy_assert_durable(&f);
		lossy_change(&f, 2 + i);
		fault_fail(f.fault, 2 + i % 2, FAULT_EIO, false);
	}
	lossy_end(&f);
}

/* --- twice ---------------------------------------------------------------- */

/* Is it the ERROR state when call n fails, and the one that is gap behind? */
static bool fails_twice(enum fault_loss loss, uint64_t n, uint64_t gap)
{
	struct lossy f;
	struct disk *d;
	struct rs_store *s;
	int err;

	lossy_begin(&f, loss, &ways[0]);
	lossy_change(&f, 2);
	fault_fail_twice(f.fault, n, gap, FAULT_EIO);
	err = rs_commit(f.s, NULL);
	fault_fail(f.fault, 0, FAULT_EIO, false);
	assert_int_equal(err ? -EIO : 0, err);
	lossy_assert_is(&f, f.s); /* reads go on */
	if (!err) {
		lossy_assert_durable(&f);
		lossy_end(&f);
		return false;
	}
	assert_int_equal(lossy_stats(&f).error, -EIO);
	assert_true(lossy_stats(&f).error_text[0] != '\0');
	assert_int_equal(rs_commit(f.s, NULL), -EIO);
	lossy_forget_changes(&f);
	s = lossy_after_a_power_cut(&f, &d);
	lossy_assert_is(&f, s);
	lossy_assert_sound(s);
	rs_abandon(s);
	disk_free(d);
	lossy_end(&f);
	return true;
}

static void two_calls_that_fail_are_the_error_state(void **state)
{
	uint64_t n = last_call(LOSS_DISK, &ways[0]);
	uint64_t gap = 1;

	(void)state;
	while (fails_twice(LOSS_DISK, n, gap)) /* up to the end of the second */
		gap++;
	assert_true(gap > n + 2);
}

/* --- what is lost --------------------------------------------------------- */

static void content_that_is_lost_is_not_taken_for_good(void **state)
{
	struct lossy f;

	(void)state;
	fail_sync(&f, LOSS_ALL, &ways[0]);
	assert_int_equal(rs_commit(f.s, NULL), -EIO);
	assert_int_equal(lossy_stats(&f).error, -EBADMSG);
	assert_non_null(strstr(lossy_stats(&f).error_text, "elsewhere"));
	assert_int_equal(f.told, 0);
	lossy_forget_changes(&f);
	lossy_assert_durable(&f);
	lossy_end(&f);
}

/* Nodes are in memory: nothing has to be read. */
static void what_is_in_memory_cannot_be_lost(void **state)
{
	uint64_t n = last_call(LOSS_ALL, &ways[0]);
	struct lossy f;

	(void)state;
	for (uint64_t i = 1; i <= n; i++) {
		lossy_begin(&f, LOSS_ALL, &ways[0]);
		lossy_put(&f, LOSSY_PLAIN, LOSSY_PLAIN + 8, 2);
		lossy_take_away(&f, 3);
		fault_fail(f.fault, i, FAULT_EIO, false);
		if (rs_commit(f.s, NULL) == 0) {
			lossy_assert_is(&f, f.s);
			lossy_assert_durable(&f);
		}
		lossy_end(&f);
	}
}

/* Who does not say where records point cannot be helped. */
static void without_help_it_is_the_error_state(void **state)
{
	struct lossy f;

	(void)state;
	fail_sync(&f, LOSS_DISK, &ways[0]);
	rs_set_rescue(f.s, NULL);
	assert_int_equal(rs_commit(f.s, NULL), -EIO);
	assert_non_null(strstr(lossy_stats(&f).error_text, "cannot be moved"));
	lossy_assert_is(&f, f.s);
	lossy_forget_changes(&f);
	lossy_assert_durable(&f);
	lossy_end(&f);
}

/* --- the old places ------------------------------------------------------- */

/* Later writes to pages that ops (from, to] wrote. */
static unsigned reused(const struct lossy *f, uint64_t from, uint64_t to)
{
	uint64_t end = fault_ops(f->fault);
	unsigned n = 0;

	for (uint64_t i = from + 1; i <= to; i++) {
		struct fault_note a = fault_note(f->fault, i);

		if (!rs_is_payload(a.pgno, a.npages,
				   LOSSY_CAP >> RS_PAGE_SHIFT))
			continue;
		for (uint64_t k = to + 1; k <= end; k++) {
			struct fault_note b = fault_note(f->fault, k);

			n += b.npages && a.pgno < b.pgno + b.npages &&
			     b.pgno < a.pgno + a.npages;
		}
	}
	return n;
}

/* With next to no room, so that what is freed is soon taken again. */
static unsigned reused_after(bool fail)
{
	struct lossy f;
	uint64_t from, to;
	unsigned n;

	lossy_begin(&f, LOSS_DISK, &ways[0]);
	from = fault_ops(f.fault);
	lossy_change(&f, 2);
	fault_fail(f.fault, fail ? 1 : 0, FAULT_EIO, false);
	to = fault_ops(f.fault) + 1;
	assert_int_equal(rs_commit(f.s, NULL), 0);
	assert_int_equal(lossy_stats(&f).anew, fail);
	rs_alloc_set_fence(&f.s->alloc, 2500);
	for (unsigned i = 0; i < 40; i++) {
		lossy_change(&f, 3 + i);
		lossy_put(&f, 13, 14, 3 + i);
		assert_int_equal(rs_commit(f.s, NULL), 0);
	}
	lossy_assert_is(&f, f.s);
	lossy_assert_sound(f.s);
	n = reused(&f, from, to);
	lossy_end(&f);
	return n;
}

static void the_old_places_are_given_to_nobody(void **state)
{
	(void)state;
	assert_true(reused_after(false) > 0);
	assert_int_equal(reused_after(true), 0);
}

/* The next process knows nothing of them. */
static void the_next_process_gets_them_back(void **state)
{
	const struct rs_open_opts opts = { 0 };
	struct lossy f;
	uint64_t used;

	(void)state;
	fail_sync(&f, LOSS_DISK, &ways[0]);
	assert_int_equal(rs_commit(f.s, NULL), 0);
	used = lossy_stats(&f).used_bytes;
	rs_abandon(f.s);
	assert_int_equal(rs_open_io(fault_io(f.fault), &opts, &f.s, NULL), 0);
	lossy_assert_is(&f, f.s);
	lossy_assert_sound(f.s);
	assert_int_equal(lossy_stats(&f).used_bytes, used);
	lossy_end(&f);
}

/* --- all that may be on its way ------------------------------------------- */

/* What a write put on pages before the failure is put on others. */
static void a_write_that_was_prepared_is_renewed(void **state)
{
	struct rs_object obj;
	struct rs_write *w;
	struct lossy f;
	struct rs_txn *t;
	static uint8_t data[LOSSY_BYTES];

	(void)state;
	lossy_begin(&f, LOSS_ALL, &ways[0]);
	memcpy(data, lossy_fill(LOSSY_BYTES, 9), LOSSY_BYTES);
	assert_int_equal(rs_write_prepare(f.s, 0, data, LOSSY_BYTES, &w), 0);
	lossy_put(&f, LOSSY_PLAIN, LOSSY_PLAIN + 3, 2);
	fault_fail(f.fault, 1, FAULT_EIO, false);
	assert_int_equal(rs_commit(f.s, NULL), 0);
	assert_int_equal(lossy_stats(&f).anew, 1);
	assert_int_equal(rs_txn_begin(f.s, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), LOSSY_REGION, &obj), 0);
	assert_int_equal(rs_write_apply(t, LOSSY_REGION, &obj, w), 0);
	assert_int_equal(rs_object_put(t, LOSSY_REGION, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
	f.region = 9;
	assert_int_equal(rs_commit(f.s, NULL), 0);
	lossy_assert_is(&f, f.s);
	lossy_assert_durable(&f);
	lossy_end(&f);
}

static void a_view_is_as_it_was(void **state)
{
	struct rs_view *before, *after;
	struct lossy f;

	(void)state;
	fail_sync(&f, LOSS_DISK, &ways[0]);
	assert_int_equal(rs_view_live(f.s, &before), 0);
	memcpy(f.was, f.generation, sizeof(f.was));
	f.region_was = f.region;
	assert_int_equal(rs_commit(f.s, NULL), 0);
	assert_int_equal(rs_view_live(f.s, &after), 0);
	for (unsigned i = 3; i < 9; i++) {
		lossy_change(&f, i);
		lossy_put(&f, 13, 14, i);
		assert_int_equal(rs_commit(f.s, NULL), 0);
	}
	lossy_assert_all(before, f.was, f.region_was);
	lossy_assert_all(after, f.was, f.region_was);
	rs_view_put(before);
	rs_view_put(after);
	assert_int_equal(rs_commit(f.s, NULL), 0);
	lossy_assert_durable(&f);
	lossy_end(&f);
}

static void assert_snapshot(const struct lossy *f, struct rs_store *s,
			    const struct rs_snap *snap)
{
	struct rs_view *v;

	assert_int_equal(rs_view_snap(s, snap->id, &v), 0);
	lossy_assert_all(v, f->was, f->region_was);
	rs_view_put(v);
}

static void assert_snapshot_is_durable(const struct lossy *f,
				       const struct rs_snap *snap)
{
	struct disk *d;
	struct rs_store *s = lossy_after_a_power_cut(f, &d);
	struct rs_snap found;

	assert_int_equal(rs_snap_find(s, "new", &found), 0);
	assert_int_equal(found.id, snap->id);
	assert_snapshot(f, s, snap);
	lossy_assert_is(f, s);
	lossy_assert_sound(s);
	rs_abandon(s);
	disk_free(d);
}

/* Call n of taking one fails, and then one of dropping the one before. */
static bool snapshot_fails(uint64_t n)
{
	struct lossy f;
	struct rs_snap snap;
	bool hit;
	int err;

	lossy_begin(&f, LOSS_DISK, &ways[0]);
	assert_int_equal(rs_snap_create(f.s, "old", NULL), 0);
	lossy_change(&f, 2);
	fault_fail(f.fault, n, FAULT_EIO, false);
	err = rs_snap_create(f.s, "new", &snap);
	hit = fault_hits(f.fault) > 0;
	fault_fail(f.fault, 0, FAULT_EIO, false);
	memcpy(f.was, f.generation, sizeof(f.was));
	f.region_was = f.region;
	if (!err) {
		assert_snapshot_is_durable(&f, &snap);
		lossy_change(&f, 3);
		fault_fail(f.fault, n, FAULT_EIO, false);
		err = rs_snap_drop(f.s, "old");
	}
	fault_fail(f.fault, 0, FAULT_EIO, false);
	if (!err) {
		assert_snapshot(&f, f.s, &snap);
		lossy_assert_sound(f.s);
		assert_snapshot_is_durable(&f, &snap);
	}
	lossy_end(&f);
	return hit;
}

static void a_snapshot_is_taken_all_the_same(void **state)
{
	uint64_t n = 1;

	(void)state;
	while (snapshot_fails(n))
		n++;
	assert_true(n > 3);
}

/* A record of the log that cannot be written goes with a commit. */
static void the_log_is_given_up(void **state)
{
	const struct rs_open_opts opts = { .log_pages = 64 };
	struct lossy f;
	uint64_t commits;

	(void)state;
	lossy_begin(&f, LOSS_DISK, &opts);
	lossy_put(&f, LOSSY_PLAIN, LOSSY_PLAIN + 2, 2);
	assert_int_equal(rs_sync(f.s), 0);
	assert_int_equal(lossy_stats(&f).log_writes, 1);
	for (unsigned i = 1; i < 4; i++) {
		commits = lossy_stats(&f).commits;
		lossy_put(&f, LOSSY_PLAIN, LOSSY_PLAIN + 2, 2 + i);
		lossy_put(&f, 7, 8, 2 + i);
		fault_fail(f.fault, 1, FAULT_EIO, false);
		assert_int_equal(rs_sync(f.s), 0);
		assert_int_equal(lossy_stats(&f).anew, i);
		assert_int_equal(lossy_stats(&f).commits, commits + 1);
		lossy_assert_durable(&f);
		lossy_put(&f, LOSSY_PLAIN, LOSSY_PLAIN + 1, 9 + i);
		assert_int_equal(rs_sync(f.s), 0);
		assert_int_equal(lossy_stats(&f).log_writes, i + 1);
	}
	lossy_assert_is(&f, f.s);
	lossy_end(&f);
}

/* A sync that is no commit's takes as much with it. */
static void any_sync_that_fails_makes_suspect(void **state)
{
	struct lossy f;

	(void)state;
	lossy_begin(&f, LOSS_DISK, &ways[0]);
	lossy_change(&f, 2);
	fault_fail(f.fault, 2, FAULT_EIO, false);
	assert_int_equal(rs_write_steady(f.s), -EIO);
	assert_int_equal(rs_commit(f.s, NULL), 0);
	assert_int_equal(lossy_stats(&f).anew, 1);
	lossy_assert_is(&f, f.s);
	lossy_assert_durable(&f);
	lossy_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_that_fails_is_not_noticed),
		cmocka_unit_test(each_time_it_is_good_for_one_more),
		cmocka_unit_test(two_calls_that_fail_are_the_error_state),
		cmocka_unit_test(content_that_is_lost_is_not_taken_for_good),
		cmocka_unit_test(what_is_in_memory_cannot_be_lost),
		cmocka_unit_test(without_help_it_is_the_error_state),
		cmocka_unit_test(the_old_places_are_given_to_nobody),
		cmocka_unit_test(the_next_process_gets_them_back),
		cmocka_unit_test(a_write_that_was_prepared_is_renewed),
		cmocka_unit_test(a_view_is_as_it_was),
		cmocka_unit_test(a_snapshot_is_taken_all_the_same),
		cmocka_unit_test(the_log_is_given_up),
		cmocka_unit_test(any_sync_that_fails_makes_suspect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
