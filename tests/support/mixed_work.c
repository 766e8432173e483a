/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_work.c - a store to work on, and one step after the other. */
#include "tests/support/mixed_work.h"

#include "bitmap/db.h"
#include "fs/ns_compact.h"
#include "regionstore/store_state.h"
#include "tests/support/facts.h"
#include "tests/support/mixed_priv.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_PAGES 12u

/* --- snapshots ------------------------------------------------------------ */

uint64_t mixed_snaps(const struct mixed *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < MIXED_SNAPS; i++) {
		const struct mixed_snap *sn = &m->snaps[i];

		if (sn->name[0])
			sum += snap_digest(sn->name, sn->digest);
	}
	return sum;
}

void mixed_find_snaps(struct mixed *m)
{
	struct rs_snap *list;
	struct rs_view *v;
	size_t n;

	memset(m->snaps, 0, sizeof(m->snaps));
	assert_int_equal(rs_snap_list(m->store, &list, &n), 0);
	assert_true(n <= MIXED_SNAPS);
	for (size_t i = 0; i < n; i++) {
		struct mixed_snap *sn = &m->snaps[i];

		assert_true(strlen(list[i].name) < sizeof(sn->name));
		memcpy(sn->name, list[i].name, strlen(list[i].name) + 1);
		assert_int_equal(rs_view_snap(m->store, list[i].id, &v), 0);
		assert_int_equal(view_digest(v, &sn->digest), 0);
		rs_view_put(v);
	}
	free(list);
}

/* Do it, and say what sn is then. */
static int change_snap(struct mixed *m, struct mixed_snap *sn, char *name)
{
	struct rs_view *v;
	int err;

	if (sn->name[0] && rng_one_in(&m->rng, 3))
		return rs_snap_rename(m->store, sn->name, name);
	if (sn->name[0]) {
		err = rs_snap_drop(m->store, sn->name);
		name[0] = '\0';
		return err;
	}
	err = rs_snap_create(m->store, name, NULL);
	v = mixed_live(m);
	assert_int_equal(view_digest(v, &sn->digest), 0);
	rs_view_put(v);
	return err;
}

static struct mixed_done step_snap(struct mixed *m)
{
	struct mixed_snap *sn = &m->snaps[rng_below(&m->rng, MIXED_SNAPS)];
	struct mixed_snap old = *sn;
	struct mixed_done done = { .durable = true };
	char name[sizeof(sn->name)];

	snprintf(name, sizeof(name), "s%llu", (unsigned long long)m->named++);
	done.alone = sn->name[0]; /* renaming and dropping must go on */
	done.err = change_snap(m, sn, name);
	memcpy(sn->name, name, sizeof(name));
	done.snaps = mixed_snaps(m);
	if (done.err)
		*sn = old;
	return done;
}

/* --- all of it ------------------------------------------------------------ */

int mixed_sync(struct mixed *m)
{
	return rs_sync(m->store);
}

static const struct {
	int (*step)(struct mixed *m);
	unsigned often;
} steps[] = {
	{ mixed_make, 16 },   { mixed_link, 2 },    { mixed_remove, 5 },
	{ mixed_reap, 4 },    { mixed_rename, 10 }, { mixed_xattr, 3 },
	{ mixed_append, 12 }, { mixed_settle, 5 },  { mixed_replace, 6 },
	{ mixed_write, 12 },  { mixed_cut, 5 },	    { mixed_expire, 6 },
	{ mixed_sweep, 3 },
};
#define N_STEPS	   (sizeof(steps) / sizeof(steps[0]))
#define STEPS_SUM  89u
#define SYNC_OFTEN 8u
#define SNAP_OFTEN 6u

struct mixed_done mixed_step(struct mixed *m)
{
	struct mixed_done done = { 0 };
	uint64_t what = rng_below(&m->rng, STEPS_SUM + SYNC_OFTEN + SNAP_OFTEN);
	size_t i = 0;

	m->now += MIXED_MS;
	if (what >= STEPS_SUM + SYNC_OFTEN)
		return step_snap(m);
	if (what >= STEPS_SUM) {
		done.durable = true;
		done.err = mixed_sync(m);
	} else {
		while (i < N_STEPS - 1 && what >= steps[i].often)
			what -= steps[i++].often;
		done.err = steps[i].step(m);
	}
	done.snaps = mixed_snaps(m);
	return done;
}

void mixed_commit_again(struct rs_store *s)
{
	struct fs_inode in;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(fs_inode_get(rs_txn_view(t), FS_INO_ROOT, &in), 0);
	assert_int_equal(fs_inode_put(t, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_commit(s, NULL), 0); /* and not the log */
}

void mixed_format(struct rs_io *io)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_store *s;

	assert_int_equal(rs_create_io(io, NULL), 0);
	assert_int_equal(rs_open_io(io, &opts, &s, NULL), 0);
	assert_int_equal(fs_format(s, 1000, 1000, 1), 0);
	assert_int_equal(rs_sync(s), 0);
	mixed_commit_again(s);
	assert_int_equal(rs_close(s), 0);
}

unsigned mixed_log_pages(void)
{
	const char *pages = getenv("LOG_PAGES");

	return pages ? (unsigned)atoi(pages) : LOG_PAGES;
}

static bool in_two_flushes(void)
{
	const char *flushes = getenv("FLUSHES");

	return flushes && strcmp(flushes, "2") == 0;
}

int mixed_reopen(struct mixed *m, struct rs_io *io)
{
	const struct bm_hooks hooks = { .changed = fs_attr_changed };
	const struct rs_open_opts opts = { .log_pages = mixed_log_pages(),
					   .two_flush = in_two_flushes() };
	int err = rs_open_io(io, &opts, &m->store, NULL);

	if (err)
		return err;
	memset(m->orphans, 0, sizeof(m->orphans)); /* as far as we know */
	rs_set_rescue(m->store, &(struct rs_rescue){ .find = fs_find_payload });
	err = bm_open(m->store, &hooks, &m->db, NULL);
	if (err) {
		rs_abandon(m->store);
		return err;
	}
	m->db->queue.max_batches = 24; /* full every now and then */
	m->db->queue.hot = 4;
	return 0;
}

void mixed_open(struct mixed *m, struct rs_io *io, uint64_t seed)
{
	*m = (struct mixed){ .now = 1000 };
	rng_init(&m->rng, seed);
	assert_int_equal(mixed_reopen(m, io), 0);
}

uint64_t mixed_look(struct mixed *m)
{
	struct rs_view *v;
	uint64_t is;

	assert_int_equal(rs_view_live(m->store, &v), 0);
	assert_int_equal(view_foresee(v, m->db, &is), 0);
	rs_view_put(v);
	return is;
}

void mixed_abandon(struct mixed *m)
{
	rs_set_hooks(m->store, NULL);
	bm_close(m->db);
	rs_abandon(m->store);
}
