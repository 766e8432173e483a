/* SPDX-License-Identifier: Apache-2.0 */
/* compact_test.c - tests regionstore/compact*.c, but for compact_pack.c, and
 * region_move.c and trim.c. */
#include "regionstore/store_state.h"
#include "tests/support/disk.h"
#include "tests/support/mem_store.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 3000u
#define REGIONS 40u
#define BYTES	(600u * 1024u) /* of a region */

static const struct rs_open_opts no_timer;

/* Records with payloads of 1 to 5 pages, and regions; gone is false as long
 * as they are there. */
struct fixture {
	struct disk *disk;
	struct rs_store *s;
	struct rng rng;
	bool gone[RECORDS];
	uint64_t ino[REGIONS]; /* 0: removed */
};

struct value {
	uint8_t head[3]; /* the pointer is somewhere inside */
	uint8_t ptr[RS_PTR_SIZE];
	uint8_t len[4];
};

static void fill(uint8_t *buf, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(seed + i * 7 + (i >> 12));
}

static size_t len_of(unsigned i)
{
	return 1 + (size_t)(i * 2654435761u % 20000u);
}

static void key_of(unsigned i, uint8_t key[5])
{
	key[0] = RS_KEY_SEGMENT;
	for (unsigned k = 0; k < 4; k++)
		key[1 + k] = (uint8_t)(i >> (24 - 8 * k));
}

static void put_record(struct rs_txn *t, unsigned i)
{
	static uint8_t data[20001];
	uint8_t key[5];
	uint32_t len = (uint32_t)len_of(i);
	struct value v = { .head = "abc" };
	struct rs_ptr p;

	fill(data, len, i);
	assert_int_equal(rs_payload_put(t, data, len, &p), 0);
	rs_ptr_encode(&p, v.ptr);
	memcpy(v.len, &len, sizeof(len));
	key_of(i, key);
	assert_int_equal(rs_put(t, key, sizeof(key), &v, sizeof(v), 1), 0);
}

static int find(void *arg, const struct rs_cursor *c,
		struct rs_where *ret_where)
{
	struct value v;
	uint32_t len;

	(void)arg;
	if (c->key[0] != RS_KEY_SEGMENT)
		return -ENOENT;
	assert_int_equal(c->val_len, sizeof(v));
	memcpy(&v, c->val, sizeof(v));
	memcpy(&len, v.len, sizeof(len));
	ret_where->off = offsetof(struct value, ptr);
	ret_where->len = len;
	return 0;
}

static void get_ptr(const struct rs_view *v, unsigned i, struct rs_ptr *p)
{
	struct value val;
	uint8_t key[5];
	size_t len;

	key_of(i, key);
	assert_int_equal(
		rs_get(v, key, sizeof(key), &val, sizeof(val), &len, NULL), 0);
	rs_ptr_decode(val.ptr, p);
}

static void remove_record(struct fixture *f, struct rs_txn *t, unsigned i)
{
	struct rs_ptr p;
	uint8_t key[5];

	get_ptr(rs_txn_view(t), i, &p);
	assert_int_equal(rs_payload_free(t, &p), 0);
	key_of(i, key);
	assert_int_equal(rs_del(t, key, sizeof(key)), 0);
	f->gone[i] = true;
}

static void write_region(struct fixture *f, unsigned r, uint64_t off,
			 size_t len, uint8_t seed)
{
	uint8_t *data = malloc(len);
	struct rs_object obj = { 0 };
	struct rs_write *w;
	struct rs_txn *t;

	memset(data, seed, len);
	assert_int_equal(rs_write_prepare(f->s, off, data, len, &w), 0);
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	if (!f->ino[r]) {
		f->ino[r] = rs_txn_new_id(t);
		rs_region_init(&obj);
	} else {
		assert_int_equal(rs_object_get(rs_txn_view(t), f->ino[r], &obj),
				 0);
	}
	assert_int_equal(rs_write_apply(t, f->ino[r], &obj, w), 0);
	assert_int_equal(rs_object_put(t, f->ino[r], &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
	free(data);
}

static void remove_region(struct fixture *f, unsigned r)
{
	struct rs_object obj;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), f->ino[r], &obj), 0);
	assert_int_equal(rs_region_truncate(t, f->ino[r], &obj, 0), 0);
	assert_int_equal(rs_object_del(t, f->ino[r]), 0);
	assert_int_equal(rs_txn_end(t), 0);
	f->ino[r] = 0;
}

static struct fixture start(void)
{
	struct fixture f = { .disk = mem_store_disk() };
	struct rs_txn *t;

	rng_init(&f.rng, 7);
	assert_int_equal(rs_open_io(disk_io(f.disk), &no_timer, &f.s, NULL), 0);
	for (unsigned r = 0; r < REGIONS; r++) {
		write_region(&f, r, 0, BYTES, (uint8_t)r);
		assert_int_equal(rs_txn_begin(f.s, &t), 0);
		for (unsigned i = r; i < RECORDS; i += REGIONS)
			put_record(t, i);
		assert_int_equal(rs_txn_end(t), 0);
		if (r % 10 == 0)
			assert_int_equal(rs_sync(f.s), 0);
	}
	assert_int_equal(rs_sync(f.s), 0);
	return f;
}

/* Random halves of both. */
static void remove_half(struct fixture *f)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	for (unsigned i = 0; i < RECORDS; i++)
		if (!f->gone[i] && rng_one_in(&f->rng, 2))
			remove_record(f, t, i);
	assert_int_equal(rs_txn_end(t), 0);
	for (unsigned r = 0; r < REGIONS; r++)
		if (f->ino[r] && rng_one_in(&f->rng, 2))
			remove_region(f, r);
}

static void compare_record(const struct rs_view *v, unsigned i)
{
	static uint8_t want[20001];
	const uint8_t *data;
	struct rs_ptr p;

	get_ptr(v, i, &p);
	fill(want, len_of(i), i);
	assert_int_equal(rs_payload_get(v, &p, len_of(i), &data), 0);
	assert_memory_equal(data, want, len_of(i));
}

static void compare_region(const struct fixture *f, const struct rs_view *v,
			   unsigned r)
{
	uint8_t *got = malloc(BYTES), *want = malloc(BYTES);
	size_t len;

	memset(want, (int)r, BYTES);
	assert_int_equal(rs_region_read(v, f->ino[r], 0, got, BYTES, &len), 0);
	assert_int_equal(len, BYTES);
	assert_memory_equal(got, want, BYTES);
	free(got);
	free(want);
}

static void compare(struct fixture *f)
{
	struct rs_view *v;

	assert_int_equal(rs_view_live(f->s, &v), 0);
	for (unsigned i = 0; i < RECORDS; i++)
		if (!f->gone[i])
			compare_record(v, i);
	for (unsigned r = 0; r < REGIONS; r++)
		if (f->ino[r])
			compare_region(f, v, r);
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

static void check(struct fixture *f)
{
	mem_store_check(f->s, own, NULL);
}

static void reopen(struct fixture *f)
{
	assert_int_equal(rs_close(f->s), 0);
	assert_int_equal(rs_open_io(disk_io(f->disk), &no_timer, &f->s, NULL),
			 0);
}

static void finish(struct fixture *f)
{
	check(f);
	compare(f);
	rs_abandon(f->s);
	disk_free(f->disk);
}

static uint64_t used(struct fixture *f)
{
	struct rs_stats st;

	rs_stats(f->s, &st);
	return st.used_bytes;
}

static const struct rs_compact_ops ops = { .find = find };

static struct rs_compact_result compact(struct fixture *f)
{
	struct rs_compact_result r;

	assert_int_equal(rs_compact(f->s, &ops, &r), 0);
	return r;
}

/* As long as what is in it, the spare, and a little. */
static void the_file_ends_where_it_could(void **state)
{
	struct fixture f = start();
	struct rs_compact_result r;

	(void)state;
	remove_half(&f);
	r = compact(&f);
	assert_true(r.moved_bytes > 0);
	assert_true(r.packed_bytes >= rs_bytes(10)); /* leaves */
	assert_true(r.file_after < r.file_before);
	assert_true(r.file_after <=
		    used(&f) + used(&f) / 10 + rs_bytes(2 * RS_SPARE_PAGES));
	assert_int_equal(f.disk->size, r.file_after);
	assert_true(f.disk->n_backed * RS_PAGE_SIZE <=
		    used(&f) + used(&f) / 10 + rs_bytes(RS_SPARE_PAGES));
	check(&f);
	compare(&f);
	reopen(&f);
	finish(&f);
}

/* Again and again, with something removed and something new in between. */
static void it_can_be_repeated(void **state)
{
	struct fixture f = start();
	struct rs_compact_result r;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		remove_half(&f);
		compact(&f);
		check(&f);
		for (unsigned k = 0; k < REGIONS; k += 3)
			if (!f.ino[k])
				write_region(&f, k, 0, BYTES, (uint8_t)k);
		assert_int_equal(rs_sync(f.s), 0);
	}
	compact(&f);
	r = compact(&f);
	assert_true(r.moved_bytes < rs_bytes(4 * RS_SPARE_PAGES));
	finish(&f);
}

/* Little is left of much: it fills what is free in front of the end, where the
 * commits that cut the file off want pages, too. */
static void few_pages_end_a_short_file(void **state)
{
	struct rs_txn *t;

	(void)state;
	for (unsigned keep = 1; keep <= 100; keep += 9) {
		struct fixture f = { .disk = mem_store_disk() };

		assert_int_equal(
			rs_open_io(disk_io(f.disk), &no_timer, &f.s, NULL), 0);
		write_region(&f, 0, 0, rs_bytes(RS_GROW_MIN), 1);
		assert_int_equal(rs_txn_begin(f.s, &t), 0);
		for (unsigned i = 0; i < keep; i++)
			put_record(t, i);
		assert_int_equal(rs_txn_end(t), 0);
		remove_region(&f, 0);
		assert_true(compact(&f).file_after <
			    used(&f) + rs_bytes(2 * RS_SPARE_PAGES));
		check(&f);
		rs_abandon(f.s);
		disk_free(f.disk);
	}
}

static void an_empty_store_is_short(void **state)
{
	struct disk *d = mem_store_disk();
	struct rs_compact_result r;
	struct rs_store *s;

	(void)state;
	assert_int_equal(rs_open_io(disk_io(d), &no_timer, &s, NULL), 0);
	assert_int_equal(rs_compact(s, &ops, &r), 0);
	assert_true(r.file_after <= rs_bytes(2 * RS_SPARE_PAGES));
	assert_int_equal(rs_close(s), 0);
	disk_free(d);
}

/* What a snapshot holds stays, and can be read. */
static void snapshots_keep_their_pages(void **state)
{
	struct fixture f = start();
	struct fixture then = f;
	struct rs_compact_result r;
	uint64_t before;
	struct rs_snap sn;

	(void)state;
	assert_int_equal(rs_snap_create(f.s, "s", &sn), 0);
	remove_half(&f);
	assert_int_equal(rs_sync(f.s), 0);
	before = used(&f);
	r = compact(&f);
	assert_true(r.pinned_bytes > 0);
	assert_true(used(&f) <= before + before / 50);
	assert_true(r.file_after <= r.file_before);
	check(&f);
	for (unsigned i = 0; i < RECORDS; i += 17) {
		struct rs_view *v;

		assert_int_equal(rs_view_snap(f.s, sn.id, &v), 0);
		compare_record(v, i);
		compare_region(&then, v, i % REGIONS);
		rs_view_put(v);
	}
	assert_int_equal(rs_snap_drop(f.s, "s"), 0);
	r = compact(&f);
	assert_int_equal(r.pinned_bytes, 0);
	assert_true(r.file_after <=
		    used(&f) + used(&f) / 10 + rs_bytes(2 * RS_SPARE_PAGES));
	finish(&f);
}

static unsigned runs_of(struct fixture *f, unsigned r)
{
	uint8_t key[17] = { RS_KEY_CHUNK }, val[RS_VAL_MAX];
	struct rs_view *v;
	size_t len;

	for (unsigned i = 0; i < 8; i++)
		key[1 + i] = (uint8_t)(f->ino[r] >> (56 - 8 * i));
	assert_int_equal(rs_view_live(f->s, &v), 0);
	assert_int_equal(
		rs_get(v, key, sizeof(key), val, sizeof(val), &len, NULL), 0);
	rs_view_put(v);
	return val[0]; /* docs/format.md: n_runs */
}

/* Every other block written again: 64 runs, and one afterwards. */
static void chunks_in_pieces_become_whole(void **state)
{
	struct fixture f = start();

	(void)state;
	for (uint64_t b = 0; b < 64; b += 2)
		write_region(&f, 3, b * RS_PAGE_SIZE, RS_PAGE_SIZE, 3);
	assert_int_equal(rs_sync(f.s), 0);
	assert_true(runs_of(&f, 3) > 32);
	compact(&f);
	assert_true(runs_of(&f, 3) < 4);
	finish(&f);
}

static int stop_at_third(void *arg, const struct rs_compact_result *r)
{
	assert_true(r->records_done <= r->records);
	return ++*(unsigned *)arg == 3 ? -EINTR : 0;
}

static void it_can_be_stopped(void **state)
{
	unsigned asked = 0;
	const struct rs_compact_ops stop = { .find = find,
					     .go_on = stop_at_third,
					     .arg = &asked };
	struct fixture f = start();
	struct rs_compact_result r;

	(void)state;
	remove_half(&f);
	assert_int_equal(rs_compact(f.s, &stop, &r), -EINTR);
	assert_true(rs_alloc_fence(&f.s->alloc) == RS_NO_FENCE);
	check(&f);
	compare(&f);
	compact(&f);
	finish(&f);
}

/* A damaged page is not copied under a new checksum. */
static void damage_ends_it(void **state)
{
	struct fixture f = start();
	struct rs_compact_result r;
	struct rs_view *v;
	struct rs_ptr p = { 0 };
	unsigned victim = 0;

	(void)state;
	remove_half(&f);
	assert_int_equal(rs_sync(f.s), 0);
	assert_int_equal(rs_view_live(f.s, &v), 0);
	for (unsigned i = 0; i < RECORDS; i++) {
		struct rs_ptr q;

		if (f.gone[i])
			continue;
		get_ptr(v, i, &q);
		if (q.pgno > p.pgno) {
			p = q;
			victim = i;
		}
	}
	rs_view_put(v);
	assert_true(p.pgno > 0 && !f.gone[victim]);
	f.disk->mem[rs_bytes(p.pgno)] ^= 1;
	rs_map_forget(&f.s->map, 0, rs_file_pages(f.s));
	assert_int_equal(rs_compact(f.s, &ops, &r), -EBADMSG);
	f.disk->mem[rs_bytes(p.pgno)] ^= 1;
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_ends_where_it_could),
		cmocka_unit_test(it_can_be_repeated),
		cmocka_unit_test(few_pages_end_a_short_file),
		cmocka_unit_test(an_empty_store_is_short),
		cmocka_unit_test(snapshots_keep_their_pages),
		cmocka_unit_test(chunks_in_pieces_become_whole),
		cmocka_unit_test(it_can_be_stopped),
		cmocka_unit_test(damage_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
