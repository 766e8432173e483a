/* SPDX-License-Identifier: Apache-2.0 */
/* compact_crash.c - the power fails while a store is compacted.
 *
 * Half of what was in a store is gone, and it is compacted. What a user sees
 * does not change meanwhile, so there is one right answer for each disk that a
 * power cut after any op may leave: it opens, is sound, and holds exactly what
 * is left; and it can be compacted again. The same when any op fails.
 *
 * SEED= chooses what is removed.
 */
#include "tests/support/io_fault.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include "regionstore/regionstore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 200u
#define REGIONS 6u
#define BYTES	(300u * 1024u)

struct value {
	uint8_t ptr[RS_PTR_SIZE];
	uint8_t len[4];
};

struct run {
	struct disk *disk;
	struct fault *fault;
	struct rs_store *s;
	bool gone[RECORDS];
	uint64_t ino[REGIONS]; /* 0: gone */
};

static uint64_t script_seed;

static uint32_t len_of(unsigned i)
{
	return 1 + i * 2654435761u % 20000u;
}

static void fill(uint8_t *buf, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(seed + i * 7 + (i >> 12));
}

static const uint8_t *key_of(unsigned i)
{
	static uint8_t key[3];

	key[0] = RS_KEY_SEGMENT;
	key[1] = (uint8_t)(i >> 8);
	key[2] = (uint8_t)i;
	return key;
}

static int find(void *arg, const struct rs_cursor *c,
		struct rs_where *ret_where)
{
	struct value v;
	uint32_t len;

	(void)arg;
	if (c->key[0] != RS_KEY_SEGMENT || c->val_len != sizeof(v))
		return -ENOENT;
	memcpy(&v, c->val, sizeof(v));
	memcpy(&len, v.len, sizeof(len));
	*ret_where = (struct rs_where){ .len = len };
	return 0;
}

static const struct rs_compact_ops ops = { .find = find };

/* --- the store ----------------------------------------------------------- */

static void put_record(struct rs_txn *t, unsigned i)
{
	static uint8_t data[20001];
	uint32_t len = len_of(i);
	struct value v;
	struct rs_ptr p;

	fill(data, len, i);
	assert_int_equal(rs_payload_put(t, data, len, &p), 0);
	rs_ptr_encode(&p, v.ptr);
	memcpy(v.len, &len, sizeof(len));
	assert_int_equal(rs_put(t, key_of(i), 3, &v, sizeof(v), 1), 0);
}

static void make_region(struct run *r, unsigned k)
{
	static uint8_t data[BYTES];
	struct rs_object obj = { 0 };
	struct rs_write *w;
	struct rs_txn *t;

	fill(data, BYTES, k);
	assert_int_equal(rs_write_prepare(r->s, 0, data, BYTES, &w), 0);
	assert_int_equal(rs_txn_begin(r->s, &t), 0);
	r->ino[k] = rs_txn_new_id(t);
	rs_region_init(&obj);
	assert_int_equal(rs_write_apply(t, r->ino[k], &obj, w), 0);
	assert_int_equal(rs_object_put(t, r->ino[k], &obj), 0);
	for (unsigned i = k; i < RECORDS; i += REGIONS)
		put_record(t, i);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
}

static void remove_record(struct run *r, struct rs_txn *t, unsigned i)
{
	struct value v;
	struct rs_ptr p;
	size_t len;

	assert_int_equal(
		rs_get(rs_txn_view(t), key_of(i), 3, &v, sizeof(v), &len, NULL),
		0);
	rs_ptr_decode(v.ptr, &p);
	assert_int_equal(rs_payload_free(t, &p), 0);
	assert_int_equal(rs_del(t, key_of(i), 3), 0);
	r->gone[i] = true;
}

static void remove_half(struct run *r, struct rng *lot)
{
	struct rs_object obj;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(r->s, &t), 0);
	for (unsigned i = 0; i < RECORDS; i++)
		if (rng_one_in(lot, 2))
			remove_record(r, t, i);
	for (unsigned k = 0; k < REGIONS; k += 2) {
		assert_int_equal(rs_object_get(rs_txn_view(t), r->ino[k], &obj),
				 0);
		assert_int_equal(rs_region_truncate(t, r->ino[k], &obj, 0), 0);
		assert_int_equal(rs_object_del(t, r->ino[k]), 0);
		r->ino[k] = 0;
	}
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(r->s), 0);
}

static void start(struct run *r)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_io *io;
	struct rng lot;

	*r = (struct run){ .disk = disk_new() };
	rng_init(&lot, script_seed);
	io = disk_io(r->disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	r->fault = fault_new(r->disk);
	assert_int_equal(rs_open_io(fault_io(r->fault), &opts, &r->s, NULL), 0);
	for (unsigned k = 0; k < REGIONS; k++)
		make_region(r, k);
	remove_half(r, &lot);
}

static void finish(struct run *r)
{
	fault_free(r->fault);
	disk_free(r->disk);
}

/* --- judging ------------------------------------------------------------- */

static void compare_record(const struct run *r, const struct rs_view *v,
			   unsigned i)
{
	static uint8_t want[20001];
	const uint8_t *data;
	struct value val;
	struct rs_ptr p;
	size_t len;
	int err = rs_get(v, key_of(i), 3, &val, sizeof(val), &len, NULL);

	assert_int_equal(err, r->gone[i] ? -ENOENT : 0);
	if (err)
		return;
	rs_ptr_decode(val.ptr, &p);
	assert_int_equal(rs_payload_get(v, &p, len_of(i), &data), 0);
	fill(want, len_of(i), i);
	assert_memory_equal(data, want, len_of(i));
}

static void compare(const struct run *r, struct rs_store *s)
{
	static uint8_t want[BYTES], got[BYTES];
	struct rs_view *v;
	size_t len;

	assert_int_equal(rs_view_live(s, &v), 0);
	for (unsigned i = 0; i < RECORDS; i++)
		compare_record(r, v, i);
	for (unsigned k = 0; k < REGIONS; k++) {
		if (!r->ino[k])
			continue;
		fill(want, BYTES, k);
		assert_int_equal(
			rs_region_read(v, r->ino[k], 0, got, BYTES, &len), 0);
		assert_int_equal(len, BYTES);
		assert_memory_equal(got, want, BYTES);
	}
	rs_view_put(v);
}

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct rs_where where;
	struct rs_ptr p;

	if (!c || find(arg, c, &where))
		return 0;
	rs_ptr_decode((const uint8_t *)c->val + where.off, &p);
	rs_check_own(ck, &p);
	return 0;
}

static void print(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

static void check(struct rs_store *s)
{
	struct rs_check_result result;

	assert_int_equal(rs_check(s, own, print, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
}

static void judge(const struct run *r, struct disk *d, uint64_t n)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_compact_result result;
	struct err e = { 0 };
	struct rs_store *s;
	int err = rs_open_io(disk_io(d), &opts, &s, &e);

	if (err)
		print_error("after op %llu: %s\n", (unsigned long long)n,
			    e.msg);
	assert_int_equal(err, 0);
	check(s);
	compare(r, s);
	if (n % 4 == 0) {
		assert_int_equal(rs_compact(s, &ops, &result), 0);
		check(s);
		compare(r, s);
	}
	assert_int_equal(rs_close(s), 0);
	disk_free(d);
}

/* --- the tests ----------------------------------------------------------- */

static void a_power_cut_changes_nothing(void **state)
{
	struct rs_compact_result result;
	uint64_t first, images = 0;
	struct rng lot;
	struct run r;

	(void)state;
	start(&r);
	first = fault_ops(r.fault);
	assert_int_equal(rs_compact(r.s, &ops, &result), 0);
	assert_true(result.file_after < result.file_before);
	assert_true(result.moved_bytes > 0);
	/* And once more, from where it is. */
	assert_int_equal(rs_compact(r.s, &ops, &result), 0);
	rs_abandon(r.s);
	rng_init(&lot, script_seed);
	for (uint64_t n = first; n <= fault_ops(r.fault); n++)
		for (unsigned k = 0; k < CRASH_KINDS; k++, images++)
			judge(&r, fault_crash(r.fault, n, k, &lot), n);
	printf("%llu ops, %llu states of the disk\n",
	       (unsigned long long)(fault_ops(r.fault) - first),
	       (unsigned long long)images);
	finish(&r);
}

/* False when the n-th op was never reached. */
static bool run_with_fault(uint64_t n, enum fault_kind kind, bool always)
{
	struct rs_compact_result result;
	struct rng lot;
	uint64_t before;
	struct run r;
	int err;

	start(&r);
	fault_fail(r.fault, n, kind, always);
	before = fault_hits(r.fault);
	err = rs_compact(r.s, &ops, &result);
	if (fault_hits(r.fault) == before)
		assert_int_equal(err, 0);
	compare(&r, r.s);
	rs_abandon(r.s);
	rng_init(&lot, n);
	judge(&r, fault_crash(r.fault, fault_ops(r.fault), CRASH_TORN, &lot),
	      fault_ops(r.fault));
	before = fault_hits(r.fault) - before;
	finish(&r);
	return before > 0;
}

static void any_op_may_fail(void **state)
{
	static const enum fault_kind kinds[] = { FAULT_EIO, FAULT_ENOSPC,
						 FAULT_SHORT };
	uint64_t tried = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		for (uint64_t n = 1; run_with_fault(n, kinds[i], false); n++)
			tried++;
	for (uint64_t n = 1; run_with_fault(n, FAULT_EIO, true); n += 3)
		tried++;
	printf("%llu failures\n", (unsigned long long)tried);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_power_cut_changes_nothing),
		cmocka_unit_test(any_op_may_fail),
	};

	script_seed = rng_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
