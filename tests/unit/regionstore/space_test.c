/* SPDX-License-Identifier: Apache-2.0 */
/* space_test.c - tests regionstore/space.c. */
#include "regionstore/regionstore.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdlib.h>

#define PAGES 50u /* in the payload of put() */
#define BYTES ((uint64_t)PAGES * RS_PAGE_SIZE)
#define SLACK (BYTES / 2) /* nodes */

static void put(struct rs_store *s, struct rs_ptr *p)
{
	static const uint8_t key[] = { RS_KEY_SEGMENT };
	static const uint8_t data[BYTES];
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	if (p->npages)
		assert_int_equal(rs_payload_free(t, p), 0);
	assert_int_equal(rs_payload_put(t, data, sizeof(data), p), 0);
	assert_int_equal(rs_put(t, key, 1, p, sizeof(*p), 1), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(s), 0);
}

static bool is_about(uint64_t bytes, uint64_t payloads)
{
	return bytes >= payloads * BYTES && bytes < payloads * BYTES + SLACK;
}

/*	a: version 1   b: version 2   c: version 2   live: version 3 */
static void a_snapshot_says_what_it_holds(void **state)
{
	struct rs_store *s = mem_store_new();
	struct rs_ptr p = { 0 };
	struct rs_stats stats;
	struct rs_space sp;
	uint64_t pinned;

	(void)state;
	put(s, &p);
	assert_int_equal(rs_snap_create(s, "a", NULL), 0);
	put(s, &p);
	assert_int_equal(rs_snap_create(s, "b", NULL), 0);
	assert_int_equal(rs_snap_create(s, "c", NULL), 0);
	put(s, &p);
	assert_int_equal(rs_space(s, &sp), 0);
	assert_int_equal(sp.n_snaps, 3);
	assert_string_equal(sp.snaps[0].snap.name, "a");
	assert_true(is_about(sp.snaps[0].unique, 1));
	assert_true(is_about(sp.snaps[0].shared, 0));
	assert_true(is_about(sp.snaps[1].unique, 0));
	assert_true(is_about(sp.snaps[1].shared, 1));
	assert_true(is_about(sp.snaps[2].unique, 0));
	assert_true(is_about(sp.snaps[2].shared, 1));
	assert_false(sp.partial);
	rs_space_finish(&sp);

	/* What is unique is what a drop gives back. */
	assert_int_equal(rs_snap_drop(s, "b"), 0);
	assert_int_equal(rs_space(s, &sp), 0);
	assert_true(is_about(sp.snaps[1].unique, 1));
	rs_stats(s, &stats);
	pinned = stats.pinned_bytes;
	assert_int_equal(rs_snap_drop(s, "c"), 0);
	rs_stats(s, &stats);
	assert_int_equal(pinned - stats.pinned_bytes, sp.snaps[1].unique);
	rs_space_finish(&sp);
	mem_store_free(s);
}

static void groups_come_to_the_whole(void **state)
{
	struct rs_store *s = mem_store_new();
	struct rs_ptr p = { 0 };
	struct rs_stats stats;
	struct rs_space sp;
	uint64_t used = 0;

	(void)state;
	put(s, &p);
	put(s, &p);
	assert_int_equal(rs_space(s, &sp), 0);
	rs_stats(s, &stats);
	assert_true(sp.n_groups > 0);
	for (size_t i = 0; i < sp.n_groups; i++) {
		used += sp.groups[i].used;
		assert_true(sp.groups[i].warm <= sp.groups[i].free);
	}
	assert_int_equal(used, stats.used_bytes);
	assert_true(sp.quarantined >= BYTES);
	assert_true(sp.free + used < stats.file_bytes);
	assert_true(stats.reuse_bytes >= sp.quarantined);
	rs_space_finish(&sp);
	mem_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_says_what_it_holds),
		cmocka_unit_test(groups_come_to_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
