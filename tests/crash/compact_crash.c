/* SPDX-License-Identifier: Apache-2.0 */
/* compact_crash.c - the power fails while a store is compacted.
 *
 * Half of what was in a store is gone: records with payloads, small records
 * that lay close in the tree, regions, and members of a set, from each of its
 * segments. It is compacted, so leaves and segments are packed, and pages are
 * moved. What a user sees does not change meanwhile, so there is one right
 * answer for each disk that a power cut after any op may leave: it opens, is
 * sound, and holds exactly what is left; and it can be compacted again. The
 * same when any op fails.
 *
 * SEED= chooses what is removed.
 */
#include "tests/support/io_fault.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include "bitmap/bitmap.h"
#include "regionstore/regionstore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 200u
#define REGIONS 6u
#define BYTES	(300u * 1024u)
#define SMALL	800u
#define MEMBERS 20000u /* STEP apart, about BLOCK in a segment */
#define STEP	4300u
#define BLOCK	4000u

struct value {
	uint8_t ptr[RS_PTR_SIZE];
	uint8_t len[4];
};

struct run {
	struct disk *disk;
	struct fault *fault;
	struct rs_store *s;
	bool gone[RECORDS];
	bool small_gone[SMALL];
	uint64_t ino[REGIONS]; /* 0: gone */
	uint64_t set;	       /* another number of an object */
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

static const uint8_t *small_key(unsigned i)
{
	static uint8_t key[3];

	key[0] = RS_KEY_SYNC; /* nobody else's */
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
	if (c->key[0] != RS_KEY_SEGMENT || c->key_len != 3)
		return bm_find_payload(c, ret_where);
	assert_int_equal(c->val_len, sizeof(v));
	memcpy(&v, c->val, sizeof(v));
	memcpy(&len, v.len, sizeof(len));
	*ret_where = (struct rs_where){ .len = len };
	return 0;
}

static uint64_t packed_sets; /* bytes that they take less */

static int pack(void *arg, struct rs_compact_result *r)
{
	int err = bm_compact(arg, NULL, NULL, r);

	packed_sets = r->packed_bytes;
	return err;
}

static int compact(struct rs_store *s, struct rs_compact_result *ret_result)
{
	const struct rs_compact_ops ops = { .find = find,
					    .pack = pack,
					    .arg = s };

	return rs_compact(s, &ops, ret_result);
}

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

/* Small records close to each other. */
static void put_small(struct run *r)
{
	uint8_t val[60];
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(r->s, &t), 0);
	for (unsigned i = 0; i < SMALL; i++) {
		fill(val, sizeof(val), i);
		assert_int_equal(
			rs_put(t, small_key(i), 3, val, sizeof(val), i), 0);
	}
	assert_int_equal(rs_txn_end(t), 0);
}

static void change_set(struct run *r, struct bm_db *db, unsigned from,
		       unsigned to, enum bm_op op)
{
	struct bm_batch b;

	bm_batch_init(&b);
	for (unsigned i = from; i < to; i++)
		assert_int_equal(bm_batch_range(&b, (uint64_t)i * STEP,
						(uint64_t)i * STEP, op),
				 0);
	assert_int_equal(bm_append(db, r->set, &b, 1), 0);
	assert_int_equal(bm_settle(db, r->set), 0);
}

static bool is_member(unsigned i)
{
	return i % BLOCK >= BLOCK * 2 / 5;
}

/* A set, of which part of each segment is removed by itself. */
static void make_set(struct run *r)
{
	struct rs_object obj = { 0 };
	struct bm_db *db;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(r->s, &t), 0);
	r->set = rs_txn_new_id(t);
	bm_object_init(&obj);
	assert_int_equal(rs_object_put(t, r->set, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(bm_open(r->s, NULL, &db, NULL), 0);
	change_set(r, db, 0, MEMBERS, BM_ADD);
	for (unsigned i = 0; i < MEMBERS; i += BLOCK)
		change_set(r, db, i, i + BLOCK * 2 / 5, BM_REMOVE);
	bm_close(db);
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
	for (unsigned i = 0; i < SMALL; i++) {
		r->small_gone[i] = rng_one_in(lot, 2);
		if (r->small_gone[i])
			assert_int_equal(rs_del(t, small_key(i), 3), 0);
	}
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
	put_small(r);
	make_set(r);
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

static void compare_small(const struct run *r, const struct rs_view *v,
			  unsigned i)
{
	uint8_t want[60], got[60];
	uint64_t weight;
	size_t len;
	int err = rs_get(v, small_key(i), 3, got, sizeof(got), &len, &weight);

	assert_int_equal(err, r->small_gone[i] ? -ENOENT : 0);
	if (err)
		return;
	fill(want, sizeof(want), i);
	assert_int_equal(len, sizeof(want));
	assert_int_equal(weight, i);
	assert_memory_equal(got, want, sizeof(want));
}

static void compare_set(const struct run *r, struct rs_view *v)
{
	static uint64_t got[MEMBERS + 1];
	struct bm_view *bv;
	struct bm_iter *it;
	size_t n = 0, len;

	assert_int_equal(bm_view_open(v, r->set, &bv), 0);
	assert_int_equal(bm_iter_new(bv, &it), 0);
	do {
		assert_int_equal(
			bm_iter_read(it, got + n, MEMBERS + 1 - n, &len), 0);
		n += len;
	} while (len);
	assert_int_equal(n, bm_view_info(bv)->count);
	for (unsigned i = 0, k = 0; i < MEMBERS; i++)
		if (is_member(i))
			assert_true(k < n && got[k++] == (uint64_t)i * STEP);
	bm_iter_free(it);
	bm_view_close(bv);
}

static void compare(const struct run *r, struct rs_store *s)
{
	static uint8_t want[BYTES], got[BYTES];
	struct rs_view *v;
	size_t len;

	assert_int_equal(rs_view_live(s, &v), 0);
	for (unsigned i = 0; i < RECORDS; i++)
		compare_record(r, v, i);
	for (unsigned i = 0; i < SMALL; i++)
		compare_small(r, v, i);
	compare_set(r, v);
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
		assert_int_equal(compact(s, &result), 0);
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
	assert_int_equal(compact(r.s, &result), 0);
	assert_true(result.file_after < result.file_before);
	assert_true(result.moved_bytes > 0);
	assert_true(packed_sets >= RS_PAGE_SIZE);
	assert_true(result.packed_bytes >= packed_sets + 5 * RS_PAGE_SIZE);
	/* And once more, from where it is. */
	assert_int_equal(compact(r.s, &result), 0);
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
	err = compact(r.s, &result);
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
