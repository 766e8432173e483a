/* SPDX-License-Identifier: Apache-2.0 */
/* check_test.c - damage of each kind is found and named. */

#include "bitmap/set.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

struct fixture {
	struct set_store ss;
	uint64_t ino; /* a set of many segments */
};

static int setup(void **state)
{
	static struct fixture f;
	struct bm_batch b;

	set_store_init(&f.ss);
	f.ino = set_store_create(&f.ss);
	bm_batch_init(&b);
	for (uint64_t i = 0; i < 100000; i++)
		assert_int_equal(bm_batch_add(&b, 7 + i * 4300), 0);
	assert_int_equal(bm_append(f.ss.db, f.ino, &b, 1), 0);
	assert_int_equal(bm_settle(f.ss.db, f.ino), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	set_store_finish(&f->ss);
	return 0;
}

static void expect_finding(struct fixture *f, const char *words)
{
	char text[200];

	assert_true(set_store_findings(&f->ss, text) > 0);
	if (!strstr(text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, text);
}

/* --- ways of damaging ----------------------------------------------------- */

static struct bm_set header(struct fixture *f, struct rs_txn *t,
			    struct rs_object *obj)
{
	struct bm_set set;

	assert_int_equal(rs_object_get(rs_txn_view(t), f->ino, obj), 0);
	assert_int_equal(bm_set_decode(obj, &set), 0);
	return set;
}

static struct rs_txn *begin(struct fixture *f)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(f->ss.store, &t), 0);
	return t;
}

static void put_header(struct fixture *f, struct rs_txn *t,
		       struct rs_object *obj, const struct bm_set *set)
{
	bm_set_encode(set, obj);
	assert_int_equal(rs_object_put(t, f->ino, obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

/* The n-th segment of the set. */
static struct bm_record record(struct fixture *f, struct rs_txn *t, int n)
{
	struct rs_object obj;
	struct bm_place pl;
	struct bm_record rec;

	bm_place_init(&pl, rs_txn_view(t), header(f, t, &obj).id);
	assert_int_equal(bm_place_at_or_after(&pl, 0), 0);
	while (n-- > 0)
		assert_int_equal(bm_place_next(&pl), 0);
	assert_int_equal(bm_place_load(&pl), 0);
	rec = pl.rec;
	bm_place_finish(&pl);
	return rec;
}

static void put_record(struct rs_txn *t, uint64_t id,
		       const struct bm_record *rec)
{
	uint8_t val[BM_RECORD_MAX];
	uint8_t key[BM_KEY_SIZE];
	size_t len = bm_record_encode(rec, val);

	bm_seg_key(key, id, rec->seg.lo);
	assert_int_equal(rs_put(t, key, sizeof(key), val, len, rec->seg.card),
			 0);
}

static void del_record(struct rs_txn *t, uint64_t id, uint64_t lo)
{
	uint8_t key[BM_KEY_SIZE];

	bm_seg_key(key, id, lo);
	assert_int_equal(rs_del(t, key, sizeof(key)), 0);
}

/* --- what is found -------------------------------------------------------- */

static void finds_nothing_in_a_good_store(void **state)
{
	struct fixture *f = *state;

	set_store_write(&f->ss, set_store_create(&f->ss), "1\n2\n3-70000\n");
	set_store_check(&f->ss);
}

static void finds_headers_that_lie(void **state)
{
	struct fixture *f = *state;
	struct rs_object obj;
	struct rs_txn *t = begin(f);
	const struct bm_set good = header(f, t, &obj);
	struct bm_set bad = good;

	bad.digits.count[5]++;
	put_header(f, t, &obj, &bad);
	expect_finding(f, "members");
	t = begin(f);
	bad = good;
	bad.digits.count[5]++;
	bad.digits.count[6]--;
	put_header(f, t, &obj, &bad);
	expect_finding(f, "members of 6 digits");
	t = begin(f);
	bad = good;
	bad.min = 6;
	put_header(f, t, &obj, &bad);
	expect_finding(f, "smallest member");
	t = begin(f);
	bad = good;
	bad.stored += 4096;
	put_header(f, t, &obj, &bad);
	expect_finding(f, "bytes stored");
	t = begin(f);
	bad = good;
	bad.segments--;
	put_header(f, t, &obj, &bad);
	expect_finding(f, "segments");
	t = begin(f);
	put_header(f, t, &obj, &good);
	set_store_check(&f->ss);
}

static void finds_small_sets_that_lie(void **state)
{
	struct fixture *f = *state;
	struct rs_object obj;
	struct rs_txn *t;
	struct bm_set set;

	f->ino = set_store_create(&f->ss);
	set_store_write(&f->ss, f->ino, "17\n70000\n");
	assert_int_equal(bm_settle(f->ss.db, f->ino), 0);
	t = begin(f);
	set = header(f, t, &obj);
	set.min--;
	put_header(f, t, &obj, &set);
	expect_finding(f, "smallest member");
	t = begin(f);
	set = header(f, t, &obj);
	assert_int_equal(set.seg.kind, BM_SEG_U64);
	obj.body[obj.body_len - 9] ^= 0xff; /* members descend */
	assert_int_equal(rs_object_put(t, f->ino, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	expect_finding(f, "members are damaged");
}

static void finds_segments_that_are_missing(void **state)
{
	struct fixture *f = *state;
	struct rs_object obj;
	struct rs_txn *t = begin(f);
	struct bm_record rec = record(f, t, 3);

	assert_int_equal(rs_payload_free(t, &rec.ptr), 0);
	del_record(t, header(f, t, &obj).id, rec.seg.lo);
	assert_int_equal(rs_txn_end(t), 0);
	expect_finding(f, "members");
}

static void finds_segments_that_belong_to_nobody(void **state)
{
	struct fixture *f = *state;
	struct rs_object obj;
	struct rs_txn *t = begin(f);

	assert_int_equal(rs_object_get(rs_txn_view(t), f->ino, &obj), 0);
	bm_object_init(&obj);
	assert_int_equal(rs_object_put(t, f->ino, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	expect_finding(f, "belong to no set");
}

static void finds_sets_without_their_segments(void **state)
{
	struct fixture *f = *state;
	struct rs_object obj;
	struct rs_txn *t = begin(f);
	struct bm_set set = header(f, t, &obj);

	set.id += 1000;
	put_header(f, t, &obj, &set);
	expect_finding(f, "belong to no set");
	t = begin(f);
	set.id = 1;
	put_header(f, t, &obj, &set);
	expect_finding(f, "has no segments");
}

/* A weight that is not the number of members. */
static void finds_weights_that_lie(void **state)
{
	struct fixture *f = *state;
	struct rs_object obj;
	struct rs_txn *t = begin(f);
	struct bm_record rec = record(f, t, 2);

	rec.seg.card++;
	put_record(t, header(f, t, &obj).id, &rec);
	assert_int_equal(rs_txn_end(t), 0);
	expect_finding(f, "damaged (EUCLEAN)");
}

/* P32 says only the low halves: those of a U64 segment can contradict lo. */
static void finds_segments_out_of_place(void **state)
{
	struct fixture *f = *state;
	struct rs_object obj;
	struct bm_record rec;
	struct bm_batch b;
	struct rs_txn *t;
	uint64_t id;
	uint64_t lo;

	f->ino = set_store_create(&f->ss);
	bm_batch_init(&b);
	for (uint64_t i = 0; i < 20000; i++)
		assert_int_equal(bm_batch_add(&b, i * 1000000007), 0);
	assert_int_equal(bm_append(f->ss.db, f->ino, &b, 1), 0);
	assert_int_equal(bm_settle(f->ss.db, f->ino), 0);
	t = begin(f);
	id = header(f, t, &obj).id;
	rec = record(f, t, 2);
	lo = rec.seg.lo;
	assert_int_equal(rec.seg.kind, BM_SEG_U64);
	/* Its key is after its first member. */
	rec.seg.lo += 0x10000;
	put_record(t, id, &rec);
	del_record(t, id, lo);
	assert_int_equal(rs_txn_end(t), 0);
	expect_finding(f, "segment");
	/* Its key lies within the segment before. */
	t = begin(f);
	del_record(t, id, rec.seg.lo);
	rec.seg.lo = record(f, t, 1).seg.lo + 0x10000;
	put_record(t, id, &rec);
	assert_int_equal(rs_txn_end(t), 0);
	expect_finding(f, "goes beyond its begin");
}

static void finds_records_that_are_damaged(void **state)
{
	struct fixture *f = *state;
	struct rs_object obj;
	struct rs_txn *t = begin(f);
	uint64_t id = header(f, t, &obj).id;
	struct bm_record rec = record(f, t, 2);
	uint8_t key[BM_KEY_SIZE];

	bm_seg_key(key, id, rec.seg.lo);
	assert_int_equal(rs_put(t, key, sizeof(key), "junk", 4, rec.seg.card),
			 0);
	assert_int_equal(rs_txn_end(t), 0);
	expect_finding(f, "record is damaged");
}

static void finds_headers_that_are_damaged(void **state)
{
	struct fixture *f = *state;
	struct rs_object obj;
	struct rs_txn *t = begin(f);

	assert_int_equal(rs_object_get(rs_txn_view(t), f->ino, &obj), 0);
	obj.body[0] = 99;
	assert_int_equal(rs_object_put(t, f->ino, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	expect_finding(f, "header is damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_nothing_in_a_good_store,
						setup, teardown),
		cmocka_unit_test_setup_teardown(finds_headers_that_lie, setup,
						teardown),
		cmocka_unit_test_setup_teardown(finds_small_sets_that_lie,
						setup, teardown),
		cmocka_unit_test_setup_teardown(finds_segments_that_are_missing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			finds_segments_that_belong_to_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(
			finds_sets_without_their_segments, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_weights_that_lie, setup,
						teardown),
		cmocka_unit_test_setup_teardown(finds_segments_out_of_place,
						setup, teardown),
		cmocka_unit_test_setup_teardown(finds_records_that_are_damaged,
						setup, teardown),
		cmocka_unit_test_setup_teardown(finds_headers_that_are_damaged,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
