/* SPDX-License-Identifier: Apache-2.0 */
/* compact_pack_test.c - a compaction packs before it moves. */
#include "regionstore/store_state.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <string.h>

#define MANY 60000u

static void key_of(unsigned i, uint8_t key[5])
{
	key[0] = RS_KEY_SYNC; /* nobody else's */
	for (unsigned k = 0; k < 4; k++)
		key[1 + k] = (uint8_t)(i >> (24 - 8 * k));
}

/* Every record whose number is a multiple of step, and not of gap. */
static void change(struct rs_store *s, unsigned step, unsigned gap, bool put)
{
	static const uint8_t val[40];
	struct rs_txn *t;
	uint8_t key[5];

	assert_int_equal(rs_txn_begin(s, &t), 0);
	for (unsigned i = 0; i < MANY; i += step) {
		if (gap && i % gap == 0)
			continue;
		key_of(i, key);
		assert_int_equal(
			put ? rs_put(t, key, sizeof(key), val, sizeof(val), i)
			    : rs_del(t, key, sizeof(key)),
			0);
	}
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(s), 0);
}

static void compare(struct rs_store *s)
{
	struct rs_view *v;
	uint8_t key[5], val[40];
	uint64_t weight;
	size_t len;

	assert_int_equal(rs_view_live(s, &v), 0);
	for (unsigned i = 0; i < MANY; i++) {
		key_of(i, key);
		assert_int_equal(rs_get(v, key, sizeof(key), val, sizeof(val),
					&len, &weight),
				 i % 2 ? 0 : -ENOENT);
		assert_true(i % 2 == 0 || weight == i);
	}
	rs_view_put(v);
}

static void fail_on_finding(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
	fail();
}

static void check(struct rs_store *s)
{
	struct rs_check_result r;

	assert_int_equal(rs_check(s, NULL, fail_on_finding, NULL, &r), 0);
}

static uint64_t used(struct rs_store *s)
{
	struct rs_stats st;

	rs_stats(s, &st);
	return st.used_bytes;
}

/* Half of the records are gone, one here and one there. */
static struct rs_store *start(void)
{
	struct rs_store *s = mem_store_new();

	change(s, 1, 0, true);
	change(s, 2, 0, false);
	return s;
}

static const struct rs_compact_ops none;

static void half_the_records_take_half_the_pages(void **state)
{
	struct rs_store *s = start();
	struct rs_compact_result r;
	uint64_t before = used(s);

	(void)state;
	assert_int_equal(rs_compact(s, &none, &r), 0);
	assert_true(used(s) < before * 55 / 100);
	/* What it says it saved is what is saved. */
	assert_true(r.packed_bytes > (before - used(s)) * 95 / 100);
	assert_true(r.packed_bytes < (before - used(s)) * 105 / 100);
	compare(s);
	check(s);
	assert_int_equal(rs_compact(s, &none, &r), 0);
	assert_true(r.packed_bytes <= rs_bytes(2));
	mem_store_free(s);
}

/* They would be there twice. */
static void what_a_snapshot_holds_is_not_packed(void **state)
{
	struct rs_store *s = start();
	struct rs_compact_result r;
	struct rs_snap sn;
	uint64_t before;

	(void)state;
	assert_int_equal(rs_snap_create(s, "s", &sn), 0);
	before = used(s);
	assert_int_equal(rs_compact(s, &none, &r), 0);
	assert_int_equal(r.packed_bytes, 0);
	assert_true(used(s) <= before + rs_bytes(8));
	assert_int_equal(rs_snap_drop(s, "s"), 0);
	assert_int_equal(rs_compact(s, &none, &r), 0);
	assert_true(used(s) < before * 55 / 100);
	compare(s);
	check(s);
	mem_store_free(s);
}

static int stop(void *arg, const struct rs_compact_result *r)
{
	assert_true(r->records_done <= r->records);
	assert_non_null(r->step);
	(void)arg;
	return -EINTR;
}

static void it_can_be_stopped(void **state)
{
	const struct rs_compact_ops ops = { .go_on = stop };
	struct rs_store *s = start();
	struct rs_compact_result r;

	(void)state;
	assert_int_equal(rs_compact(s, &ops, &r), -EINTR);
	compare(s);
	check(s);
	mem_store_free(s);
}

static int no_room(void *arg, struct rs_compact_result *r)
{
	*(unsigned *)arg += 1;
	r->packed_bytes += 5;
	return -ENOSPC;
}

/* The layers above come first. Where there is no room for that, the rest goes
 * on. */
static void others_pack_before(void **state)
{
	unsigned asked = 0;
	const struct rs_compact_ops ops = { .pack = no_room, .arg = &asked };
	struct rs_store *s = start();
	struct rs_compact_result r;

	(void)state;
	assert_int_equal(rs_compact(s, &ops, &r), 0);
	assert_int_equal(asked, 1);
	assert_int_equal(r.packed_bytes, 5);
	assert_true(r.file_after < r.file_before);
	compare(s);
	mem_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_the_records_take_half_the_pages),
		cmocka_unit_test(what_a_snapshot_holds_is_not_packed),
		cmocka_unit_test(it_can_be_stopped),
		cmocka_unit_test(others_pack_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
