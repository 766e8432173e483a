/* SPDX-License-Identifier: Apache-2.0 */
/* reopen_crash.c - the process dies, another goes on, and then the power fails.
 *
 * When a process dies the host keeps what it wrote, on the disk or in memory
 * alone. The next one opens what it sees, and must not build on it before it
 * is on the disk: a power cut would leave neither the new state nor the old.
 *
 * Step k of a life replaces a third of the records, each with a payload that
 * tells the life and the step, so from the number of the last step follows
 * what every record must hold. For each op n: the process dies in op n; the
 * next one must see what was acknowledged, and goes on. Then the power is cut
 * after each op of the second life: what is there is what the first left or a
 * step of the second, none that was acknowledged is missing, and nothing of
 * what the second life did not see comes back.
 *
 * SEED= draws other payloads.
 */
#include "tests/support/io_fault.h"
#include "tests/support/test.h"

#include "regionstore/regionstore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS	    9u
#define STEPS	    10u /* of each life */
#define PAYLOAD_MAX (20u * RS_PAGE_SIZE)

struct value {
	uint8_t ptr[RS_PTR_SIZE];
	uint64_t life, step, len;
};

struct run {
	struct disk *disk;
	struct fault *fault;
	struct rs_open_opts opts;
	struct rng rng;
	uint64_t first; /* last step of the first life that was found */
	uint64_t step;	/* last one done */
	uint64_t acked; /* last one that was synced */
	uint64_t ops[2 * STEPS + 1];	 /* when a step was done, */
	uint64_t ack_ops[2 * STEPS + 1]; /* and acknowledged */
};

/* --- steps --------------------------------------------------------------- */

static void fill(uint8_t *buf, size_t len, uint64_t life, uint64_t step)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(i / 97 + life * 31 + step * 7);
}

static int drop_old(struct rs_txn *t, const uint8_t key[2])
{
	struct value old;
	struct rs_ptr p;
	size_t len;
	int err = rs_get(rs_txn_view(t), key, 2, &old, sizeof(old), &len, NULL);

	if (err)
		return err == -ENOENT ? 0 : err;
	rs_ptr_decode(old.ptr, &p);
	return rs_payload_free(t, &p);
}

static int put_one(struct run *r, struct rs_txn *t, uint8_t i, uint64_t life)
{
	static uint8_t buf[PAYLOAD_MAX];
	const uint8_t key[2] = { RS_KEY_SEGMENT, i };
	struct value v = { .life = life,
			   .step = r->step + 1,
			   .len = 1 + rng_below(&r->rng, PAYLOAD_MAX) };
	struct rs_ptr p;
	int err = drop_old(t, key);

	if (err)
		return err;
	fill(buf, v.len, v.life, v.step);
	err = rs_payload_put(t, buf, v.len, &p);
	if (err)
		return err;
	rs_ptr_encode(&p, v.ptr);
	return rs_put(t, key, sizeof(key), &v, sizeof(v), 0);
}

static int one_step(struct run *r, struct rs_store *s, uint64_t life)
{
	const uint8_t key = RS_KEY_ENTRY;
	uint64_t step = r->step + 1;
	struct rs_txn *t;
	int err = rs_txn_begin(s, &t);

	if (err)
		return err;
	err = rs_put(t, &key, 1, &step, sizeof(step), 0);
	for (uint8_t i = 0; !err && i < RECORDS; i++)
		if (i % 3 == step % 3)
			err = put_one(r, t, i, life);
	if (err) {
		rs_txn_abort(t);
		return err;
	}
	return rs_txn_end(t);
}

static void live(struct run *r, struct rs_store *s, uint64_t life)
{
	uint64_t last = r->step + STEPS;

	while (r->step < last && one_step(r, s, life) == 0) {
		r->step++;
		r->ops[r->step] = fault_ops(r->fault);
		if (rng_one_in(&r->rng, 3))
			continue;
		if (rs_sync(s))
			return;
		r->acked = r->step;
		r->ack_ops[r->step] = fault_ops(r->fault);
	}
}

/* --- judging ------------------------------------------------------------- */

/* The last step up to now that replaced record i; 0: none did. */
static uint64_t step_of(uint64_t now, uint8_t i)
{
	while (now > 0 && now % 3 != i % 3)
		now--;
	return now;
}

static void judge_record(const struct run *r, const struct rs_view *v,
			 uint64_t now, uint8_t i)
{
	static uint8_t want[PAYLOAD_MAX];
	const uint8_t key[2] = { RS_KEY_SEGMENT, i };
	uint64_t step = step_of(now, i);
	const uint8_t *data;
	struct value val;
	struct rs_ptr p;
	size_t len;
	int err = rs_get(v, key, 2, &val, sizeof(val), &len, NULL);

	assert_int_equal(err, step ? 0 : -ENOENT);
	if (err)
		return;
	assert_int_equal(val.step, step);
	assert_int_equal(val.life, step <= r->first ? 1 : 2);
	rs_ptr_decode(val.ptr, &p);
	assert_int_equal(rs_payload_get(v, &p, val.len, &data), 0);
	fill(want, val.len, val.life, val.step);
	assert_memory_equal(data, want, val.len);
}

/* Which step is there; all records must agree. */
static uint64_t judge_state(const struct run *r, struct rs_store *s)
{
	const uint8_t key = RS_KEY_ENTRY;
	struct rs_view *v;
	uint64_t now = 0;
	size_t len;
	int err;

	assert_int_equal(rs_view_live(s, &v), 0);
	err = rs_get(v, &key, 1, &now, sizeof(now), &len, NULL);
	assert_true(err == 0 || err == -ENOENT);
	for (uint8_t i = 0; i < RECORDS; i++)
		judge_record(r, v, now, i);
	rs_view_put(v);
	return now;
}

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct value v;
	struct rs_ptr p;

	(void)arg;
	if (!c || c->key[0] != RS_KEY_SEGMENT)
		return 0;
	assert_int_equal(c->val_len, sizeof(v));
	memcpy(&v, c->val, sizeof(v));
	rs_ptr_decode(v.ptr, &p);
	rs_check_own(ck, &p);
	return 0;
}

static void check(struct rs_store *s)
{
	struct rs_check_result result;

	assert_int_equal(rs_check(s, own, NULL, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
}

/* After op n of the second life, which begins with op begin. */
static void judge_cut(const struct run *r, struct disk *d, uint64_t n)
{
	uint64_t low = r->first, high = r->first, now;
	struct err e = { 0 };
	struct rs_store *s;
	int err = rs_open_io(disk_io(d), &r->opts, &s, &e);

	if (err)
		print_error("after op %llu: %s\n", (unsigned long long)n,
			    e.msg);
	assert_int_equal(err, 0);
	for (uint64_t k = r->first + 1; k <= r->step; k++) {
		if (r->ops[k] <= n)
			high = k;
		if (r->ack_ops[k] && r->ack_ops[k] <= n)
			low = k;
	}
	check(s);
	now = judge_state(r, s);
	if (now < low || now > high)
		print_error("after op %llu: step %llu, not %llu to %llu\n",
			    (unsigned long long)n, (unsigned long long)now,
			    (unsigned long long)low, (unsigned long long)high);
	assert_in_range(now, low, high);
	rs_abandon(s);
	disk_free(d);
}

/* --- the runs ------------------------------------------------------------ */

static uint64_t seed;

static void start(struct run *r, bool two_flush)
{
	struct rs_io *io;

	*r = (struct run){ .opts = { .two_flush = two_flush },
			   .first = UINT64_MAX };
	rng_init(&r->rng, seed);
	r->disk = disk_new();
	io = disk_io(r->disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	r->fault = fault_new(r->disk);
}

static struct rs_store *open_it(struct run *r)
{
	struct rs_store *s;

	assert_int_equal(rs_open_io(fault_io(r->fault), &r->opts, &s, NULL), 0);
	return s;
}

/* The next process. It must see what was acknowledged. */
static struct rs_store *open_again(struct run *r)
{
	struct rs_store *s = open_it(r);
	uint64_t now = judge_state(r, s);

	assert_in_range(now, r->acked, r->step);
	check(s);
	r->first = r->step = now;
	memset(r->ack_ops, 0, sizeof(r->ack_ops));
	return s;
}

/* False when the first life never came to op n. */
static bool die_at(uint64_t n, bool two_flush, uint64_t *images)
{
	struct rs_store *s;
	struct rng lot;
	uint64_t begin;
	struct run r;
	bool reached;

	start(&r, two_flush);
	s = open_it(&r);
	fault_fail(r.fault, n, FAULT_EIO, true);
	n += fault_ops(r.fault);
	live(&r, s, 1);
	reached = fault_ops(r.fault) >= n;
	rs_abandon(s);
	fault_fail(r.fault, 0, FAULT_EIO, false);
	s = open_again(&r);
	begin = fault_ops(r.fault);
	live(&r, s, 2);
	rs_abandon(s);
	rng_init(&lot, n);
	for (uint64_t i = begin; i <= fault_ops(r.fault); i++, ++*images)
		judge_cut(&r, fault_crash(r.fault, i, i % CRASH_KINDS, &lot),
			  i);
	fault_free(r.fault);
	disk_free(r.disk);
	return reached;
}

static void die_at_each(bool two_flush)
{
	uint64_t n = 1, images = 0;

	while (die_at(n, two_flush, &images))
		n++;
	printf("%llu deaths, %llu power cuts\n", (unsigned long long)n - 1,
	       (unsigned long long)images);
}

static void a_death_and_a_power_cut_lose_nothing(void **state)
{
	(void)state;
	die_at_each(false);
}

static void nor_do_they_with_two_flushes(void **state)
{
	(void)state;
	die_at_each(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_death_and_a_power_cut_lose_nothing),
		cmocka_unit_test(nor_do_they_with_two_flushes),
	};

	seed = rng_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
