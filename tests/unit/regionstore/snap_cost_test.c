/* SPDX-License-Identifier: Apache-2.0 */
/* snap_cost_test.c - what snapshots cost the disk and those who wait, counted.
 *
 * Time depends on the machine; this does not. Taking one is one commit, as
 * small as any, at any size of the store. Dropping one is as many as there is
 * to free, whatever else the store holds. Who makes something durable meanwhile
 * waits for the commit that is running, and for its own.
 */
#include "regionstore/store_state.h"
#include "tests/support/disk.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#define FEW	  100u
#define MANY	  60000u
#define SNAPS	  1000u
#define BATCH	  1000u	       /* records in a txn */
#define SMALL	  (40u * 1024) /* bytes of a commit that has little to say */
#define LITTLE	  100u /* dead extents in a step, when there shall be many */
#define STEP_MOST (1024u * 1024)

struct fixture {
	struct disk *disk;
	struct rs_store *s;
	struct rng rng;
	uint32_t records;
};

struct cost {
	uint64_t commits, syncs, bytes;
};

/* --- a store -------------------------------------------------------------- */

static void put(struct rs_txn *t, uint32_t i)
{
	const uint8_t key[] = { RS_KEY_SEGMENT, (uint8_t)(i >> 16),
				(uint8_t)(i >> 8), (uint8_t)i };
	uint8_t val[RS_PTR_SIZE];
	struct rs_ptr p;
	size_t len;
	int err = rs_get(rs_txn_view(t), key, sizeof(key), val, sizeof(val),
			 &len, NULL);

	if (!err) {
		rs_ptr_decode(val, &p);
		assert_int_equal(rs_payload_free(t, &p), 0);
	}
	assert_int_equal(rs_payload_put(t, &i, sizeof(i), &p), 0);
	rs_ptr_encode(&p, val);
	assert_int_equal(rs_put(t, key, sizeof(key), val, sizeof(val), 1), 0);
}

/* Each record of [from, to), or every second: a page of content. */
static void put_some(struct fixture *f, uint32_t from, uint32_t to,
		     uint32_t step)
{
	struct rs_txn *t;

	while (from < to) {
		uint32_t end = from + BATCH < to ? from + BATCH : to;

		assert_int_equal(rs_txn_begin(f->s, &t), 0);
		for (; from < end; from += step)
			put(t, from);
		assert_int_equal(rs_txn_end(t), 0);
	}
	assert_int_equal(rs_sync(f->s), 0);
}

static void start(struct fixture *f, unsigned commit_ms, uint32_t records)
{
	const struct rs_open_opts opts = { .commit_ms = commit_ms };
	struct rs_io *io;

	*f = (struct fixture){ .disk = disk_new(), .records = records };
	rng_init(&f->rng, rng_seed());
	io = disk_io(f->disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	assert_int_equal(rs_open_io(io, &opts, &f->s, NULL), 0);
	put_some(f, 0, records, 1);
}

static void finish(struct fixture *f)
{
	rs_abandon(f->s);
	disk_free(f->disk);
}

/* n records by lot are put anew, and a snapshot is taken. */
static void change(struct fixture *f, unsigned n, const char *snap)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	for (unsigned i = 0; i < n; i++)
		put(t, (uint32_t)rng_below(&f->rng, f->records));
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_snap_create(f->s, snap, NULL), 0);
}

static struct cost now(struct fixture *f)
{
	struct rs_stats st;

	rs_stats(f->s, &st);
	return (struct cost){ st.commits, st.syncs, st.write_bytes };
}

static struct cost since(struct fixture *f, const struct cost *before)
{
	struct cost c = now(f);

	c.commits -= before->commits;
	c.syncs -= before->syncs;
	c.bytes -= before->bytes;
	return c;
}

static struct cost cost_of_drop(struct fixture *f, const char *snap)
{
	struct cost before = now(f);

	assert_int_equal(rs_snap_drop(f->s, snap), 0);
	assert_int_equal(atomic_load(&f->s->n_leaving), 0);
	return since(f, &before);
}

static void say(const char *what, const struct cost *c)
{
	printf("%s: %llu commits, %llu syncs, %llu bytes\n", what,
	       (unsigned long long)c->commits, (unsigned long long)c->syncs,
	       (unsigned long long)c->bytes);
}

/* --- the tests ------------------------------------------------------------ */

static void taking_one_is_a_small_commit_at_any_size(void **state)
{
	static const uint32_t sizes[] = { FEW, MANY };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture f;
		struct cost c;

		start(&f, 0, sizes[i]);
		c = now(&f);
		assert_int_equal(rs_snap_create(f.s, "a", NULL), 0);
		c = since(&f, &c);
		say("taken", &c);
		assert_int_equal(c.commits, 1);
		assert_int_equal(c.syncs, 1);
		assert_true(c.bytes <= SMALL);
		finish(&f);
	}
}

/* Of so many, one before and after which n records changed, between all others
 * 3. */
static struct cost drop_one_of(unsigned snaps, unsigned n)
{
	struct fixture f;
	struct cost c;
	char name[16];

	start(&f, 0, MANY / 3);
	for (unsigned i = 0; i < snaps; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		change(&f, i == 5 || i == 6 ? n : 3, name);
	}
	c = cost_of_drop(&f, "s5");
	finish(&f);
	return c;
}

static void dropping_one_costs_what_changed(void **state)
{
	struct cost few = drop_one_of(10, 3);
	struct cost many = drop_one_of(SNAPS, 3);
	struct cost more = drop_one_of(SNAPS, 3000);

	(void)state;
	say("one of 10", &few);
	say("one of 1,000", &many);
	say("one of 1,000, with 3,000 changes", &more);
	assert_int_equal(few.commits, 1);
	assert_int_equal(many.commits, 1);
	assert_int_equal(many.syncs, 1);
	assert_true(many.bytes <= SMALL);
	assert_true(more.commits == 1 && more.bytes <= STEP_MOST);
}

/* A snapshot that alone holds a page for every second record, no two of them
 * beside each other. */
static void take_a_large_one(struct fixture *f, unsigned commit_ms)
{
	start(f, commit_ms, MANY);
	assert_int_equal(rs_snap_create(f->s, "a", NULL), 0);
	put_some(f, 0, MANY, 2);
}

static uint64_t pinned(struct fixture *f)
{
	struct rs_stats st;

	rs_stats(f->s, &st);
	return st.pinned_bytes / RS_PAGE_SIZE;
}

/* However much there is to free, each commit is as large as a step. */
static void dropping_a_large_one_takes_steps_of_one_size(void **state)
{
	uint64_t least, steps = 0;
	struct fixture f;
	bool more = true;

	(void)state;
	take_a_large_one(&f, 0);
	least = MANY / 2 / RS_LEAVE_STEP;
	assert_true(least >= 3 && pinned(&f) >= MANY / 2);
	rs_set_leave_step(f.s, 0);
	assert_int_equal(rs_snap_drop(f.s, "a"), 0);
	rs_set_leave_step(f.s, RS_LEAVE_STEP);
	for (; more; steps++) {
		struct cost c = now(&f);

		assert_int_equal(rs_leave_step(f.s, &more), 0);
		c = since(&f, &c);
		assert_int_equal(c.commits, 1);
		assert_true(c.bytes <= STEP_MOST);
	}
	assert_int_equal(pinned(&f), 0);
	assert_in_range(steps, least, least + 2);
	finish(&f);
}

/* Who waits for a commit comes before the next step, so he makes at least one
 * change durable in the time of a few steps; one who is passed over sees all of
 * them go by. (Each wait alone cannot be judged by counting: whoever counts may
 * have to wait for a processor.) */
static void who_syncs_meanwhile_is_let_in(void **state)
{
	const unsigned steps = MANY / 2 / LITTLE;
	struct fixture f;
	unsigned syncs = 0;

	(void)state;
	take_a_large_one(&f, 3600 * 1000);
	rs_set_leave_step(f.s, LITTLE);
	assert_int_equal(rs_snap_drop(f.s, "a"), 0);
	while (atomic_load(&f.s->n_leaving) > 0) {
		put_some(&f, syncs % FEW, syncs % FEW + 1, 1);
		syncs++;
	}
	printf("%u syncs in %u steps\n", syncs, steps);
	assert_true(syncs > steps / 4);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taking_one_is_a_small_commit_at_any_size),
		cmocka_unit_test(dropping_one_costs_what_changed),
		cmocka_unit_test(dropping_a_large_one_takes_steps_of_one_size),
		cmocka_unit_test(who_syncs_meanwhile_is_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
