/* SPDX-License-Identifier: Apache-2.0 */
/* store_model.c - random life of a store, against arrays of records.
 *
 * Txns with records and payloads, aborted now and then; views and snapshots,
 * each with a copy of the twin as it was, compared as long as they live; drops
 * of snapshots that stay half done for a while; syncs; closing and opening; and
 * power cuts, after which the store is what it was at the last sync. After each
 * opening everything is checked, so a page that is lost or owned twice fails
 * the test.
 *
 * Every other opening leaves few free pages in a file that cannot grow, so
 * that what is freed is soon written again, and that space runs out.
 */
#include "regionstore/store.h"
#include "tests/support/disk.h"
#include "tests/support/store_work.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEWS 6u
#define SNAPS 6u

struct past {
	struct rs_view *view;
	struct twin twin;
};

struct snap {
	bool there;
	char name[32];
	uint64_t id;
	struct twin twin;
};

struct model {
	struct work work;
	struct rng *rng;
	struct disk *disk;
	struct rs_store *s;
	bool crowded; /* few free pages: anything may find none */
	struct twin now;
	struct twin durable;
	struct past pasts[VIEWS];
	struct snap snaps[SNAPS];
	uint64_t named;
};

static void open_store(struct model *m, bool crowded)
{
	const struct rs_open_opts opts = { 0 };
	struct err e = { 0 };
	int err = rs_open_io(disk_io(m->disk), &opts, &m->s, &e);

	if (err)
		print_error("open: %s\n", e.msg);
	assert_int_equal(err, 0);
	m->crowded = crowded;
	/* Drops that are done at once, and such that wait for step_leave(). */
	rs_set_leave_step(m->s, rng_one_in(m->rng, 2) ? 0 : 3);
	if (crowded)
		work_crowd(m->s, m->rng, 1200);
}

/* Did it work? The only excuse is a want of space. */
static bool did(const struct model *m, int err)
{
	if (err == -ENOSPC && m->crowded)
		return false;
	assert_int_equal(err, 0);
	return true;
}

static void set_durable(struct model *m)
{
	twin_finish(&m->durable);
	m->durable = twin_copy(&m->now);
}

static void drop_view(struct past *p)
{
	rs_view_put(p->view);
	p->view = NULL;
	twin_finish(&p->twin);
}

/* Some changes, in one txn; one in eight is taken back. */
static void step_txn(struct model *m)
{
	struct twin before = twin_copy(&m->now);
	uint64_t n = 1 + rng_below(m->rng, 20);
	bool good = true;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(m->s, &t), 0);
	while (good && n-- > 0)
		good = did(m, work_change(&m->work, m->rng, t, &m->now));
	if (!good || rng_one_in(m->rng, 8)) {
		rs_txn_abort(t);
		twin_finish(&m->now);
		m->now = before;
		return;
	}
	if (rng_one_in(m->rng, 20))
		work_compare(rs_txn_view(t), &m->now);
	assert_int_equal(rs_txn_end(t), 0);
	twin_finish(&before);
}

static void step_view(struct model *m)
{
	struct past *p = &m->pasts[rng_below(m->rng, VIEWS)];

	if (p->view) {
		work_compare(p->view, &p->twin);
		if (rng_one_in(m->rng, 2))
			drop_view(p);
		return;
	}
	assert_int_equal(rs_view_live(m->s, &p->view), 0);
	p->twin = twin_copy(&m->now);
}

static void view_snapshot(struct model *m, const struct snap *sn)
{
	struct past *p = &m->pasts[rng_below(m->rng, VIEWS)];

	if (p->view)
		drop_view(p);
	assert_int_equal(rs_view_snap(m->s, sn->id, &p->view), 0);
	p->twin = twin_copy(&sn->twin);
	work_compare(p->view, &p->twin);
}

static void create_snapshot(struct model *m, struct snap *sn)
{
	struct rs_snap got;

	snprintf(sn->name, sizeof(sn->name), "snap %llu",
		 (unsigned long long)m->named++);
	if (!did(m, rs_snap_create(m->s, sn->name, &got)))
		return;
	assert_int_equal(rs_snap_create(m->s, sn->name, &got), -EEXIST);
	sn->there = true;
	sn->id = got.id;
	sn->twin = twin_copy(&m->now);
	set_durable(m);
}

static void drop_snapshot(struct model *m, struct snap *sn)
{
	if (!did(m, rs_snap_drop(m->s, sn->name)))
		return;
	assert_int_equal(rs_snap_drop(m->s, sn->name), -ENOENT);
	sn->there = false;
	twin_finish(&sn->twin);
	set_durable(m);
}

static void rename_snapshot(struct model *m, struct snap *sn)
{
	char to[32];

	snprintf(to, sizeof(to), "other %llu", (unsigned long long)m->named++);
	if (!did(m, rs_snap_rename(m->s, sn->name, to)))
		return;
	memcpy(sn->name, to, sizeof(to));
	set_durable(m);
}

static void step_snapshot(struct model *m)
{
	struct snap *sn = &m->snaps[rng_below(m->rng, SNAPS)];

	if (!sn->there)
		create_snapshot(m, sn);
	else if (rng_one_in(m->rng, 3))
		drop_snapshot(m, sn);
	else if (rng_one_in(m->rng, 3))
		rename_snapshot(m, sn);
	else
		view_snapshot(m, sn);
}

/* A drop that waits gets on, and the next ones wait. */
static void step_leave(struct model *m)
{
	bool more = false;

	rs_set_leave_step(m->s, (uint32_t)rng_below(m->rng, 4));
	if (did(m, rs_leave_step(m->s, &more)) && did(m, rs_sync(m->s))) {
		set_durable(m);
		work_check(m->s);
	}
	rs_set_leave_step(m->s, 0);
}

static void check_snapshots(struct model *m)
{
	struct rs_snap *list;
	size_t n, there = 0;

	assert_int_equal(rs_snap_list(m->s, &list, &n), 0);
	for (size_t i = 0; i < SNAPS; i++) {
		struct rs_snap sn;

		if (!m->snaps[i].there)
			continue;
		there++;
		assert_int_equal(rs_snap_find(m->s, m->snaps[i].name, &sn), 0);
		assert_int_equal(sn.id, m->snaps[i].id);
	}
	assert_int_equal(n, there);
	free(list);
}

/* Close, or lose power, and look at everything. */
static void step_reopen(struct model *m)
{
	for (size_t i = 0; i < VIEWS; i++)
		if (m->pasts[i].view)
			drop_view(&m->pasts[i]);
	if (rng_one_in(m->rng, 2) && did(m, rs_sync(m->s))) {
		assert_int_equal(rs_close(m->s), 0);
		set_durable(m);
	} else {
		rs_abandon(m->s);
		twin_finish(&m->now);
		m->now = twin_copy(&m->durable);
	}
	open_store(m, rng_one_in(m->rng, 2));
	work_check(m->s);
	check_snapshots(m);
	for (size_t i = 0; i < SNAPS; i++)
		if (m->snaps[i].there)
			view_snapshot(m, &m->snaps[i]);
}

static void step_check(struct model *m)
{
	if (!did(m, rs_sync(m->s)))
		return;
	set_durable(m);
	work_check(m->s);
}

static void step(struct model *m)
{
	uint64_t what = rng_below(m->rng, 1000);

	if (what < 700) {
		step_txn(m);
	} else if (what < 800) {
		step_view(m);
	} else if (what < 950) {
		if (did(m, rs_sync(m->s)))
			set_durable(m);
	} else if (what < 980) {
		step_snapshot(m);
	} else if (what < 985) {
		step_leave(m);
	} else if (what < 993) {
		step_check(m);
	} else {
		step_reopen(m);
	}
}

static void finish(struct model *m)
{
	struct rs_stats stats;
	bool more = true;

	for (size_t i = 0; i < VIEWS; i++)
		if (m->pasts[i].view)
			drop_view(&m->pasts[i]);
	rs_abandon(m->s);
	open_store(m, false);
	for (size_t i = 0; i < SNAPS; i++)
		if (m->snaps[i].there)
			drop_snapshot(m, &m->snaps[i]);
	rs_set_leave_step(m->s, 5);
	while (more)
		assert_int_equal(rs_leave_step(m->s, &more), 0);
	rs_stats(m->s, &stats);
	assert_int_equal(stats.pinned_bytes, 0);
	work_check(m->s);
	assert_int_equal(rs_close(m->s), 0);
	disk_free(m->disk);
	twin_finish(&m->now);
	twin_finish(&m->durable);
}

static void lives_as_the_arrays_say(void **state)
{
	struct model m = { .work = { .keys = 400, .payload_max = 20000 } };
	uint64_t steps = rng_steps(4000);
	struct rs_io *io;

	(void)state;
	m.rng = &m.work.rng;
	rng_init(m.rng, rng_seed());
	m.disk = disk_new();
	m.disk->cap = (uint64_t)64 << 20;
	io = disk_io(m.disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	open_store(&m, false);
	while (steps-- > 0)
		step(&m);
	finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives_as_the_arrays_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
