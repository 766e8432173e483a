/* SPDX-License-Identifier: Apache-2.0 */
/* carry_log_test.c - what becomes of batches that only a log has. */

#include "bitmap/journal_code.h"
#include "regionstore/log.h"
#include "regionstore/store_state.h"
#include "tests/unit/bitmap/journal_kit.h"

/* A member to be added, or what is not even that. */
static void put_in_log(struct rs_store *s, uint64_t seq, uint64_t ino,
		       uint64_t member)
{
	const struct bm_head head = { .seq = seq, .ino = ino, .when_ns = 5 };
	const uint8_t code[] = { 2, (uint8_t)member };
	struct buf *found = &s->log.found;
	struct bm_head none = { 0 };
	size_t mark = found->len;

	assert_true(member < 128);
	assert_int_equal(rs_log_entry_begin(found, RS_ENTRY_LAYER), 0);
	assert_int_equal(bm_code_append(found, &none, &head, code,
					member ? sizeof(code) : 1),
			 0);
	rs_log_entry_end(found, mark);
}

/* Numbers are reserved by the first batch that is settled, or by mending. */
static void mend(struct set_store *ss)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(bm_mend_journal(t, NULL, NULL), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static struct bm_carried carry(struct set_store *from, struct set_store *to)
{
	struct bm_carried done;

	assert_int_equal(bm_carry_log(from->store, to->store, &done), 0);
	buf_finish(&from->store->log.found);
	mend(to);
	kit_sync(to);
	set_store_crash(to);
	return done;
}

static void batches_go_to_their_sets(void **state)
{
	struct set_store *to = *state, from;
	uint64_t ino = set_store_create(to);
	struct bm_carried done;

	set_store_init(&from);
	put_in_log(from.store, 10, ino, 3);
	put_in_log(from.store, 12, ino, 5);
	put_in_log(from.store, 12, ino, 5); /* in the other half as well */
	put_in_log(from.store, 11, ino, 4);
	put_in_log(from.store, 13, ino + 100, 1);
	done = carry(&from, to);
	assert_int_equal(done.used, 3);
	assert_int_equal(done.had, 1);
	assert_int_equal(done.lost, 1);
	assert_int_equal(set_store_info(to, ino).count, 3);
	assert_int_equal(set_store_info(to, ino).min, 3);
	set_store_finish(&from);
}

/* Of three batches one is in the set, and two are in the journal. */
static void what_is_there_is_left_out(void **state)
{
	struct set_store *to = *state, from;
	uint64_t ino = set_store_create(to);
	struct bm_carried done;

	set_store_write(to, ino, "1\n");
	kit_sync(to);
	assert_int_equal(bm_settle(to->db, ino), 0);
	set_store_write(to, ino, "2\n");
	set_store_write(to, ino, "-2\n");
	kit_sync(to);
	set_store_init(&from);
	put_in_log(from.store, 1, ino, 1);
	put_in_log(from.store, 2, ino, 2);
	put_in_log(from.store, 3, ino, 9);
	done = carry(&from, to);
	assert_int_equal(done.used, 0);
	assert_int_equal(done.had, 3);
	assert_int_equal(set_store_info(to, ino).count, 1);
	set_store_finish(&from);
}

/* Number 2 was settled before 1 and 3 were written. */
static void none_goes_between_others(void **state)
{
	struct set_store *to = *state, from;
	uint64_t a = set_store_create(to);
	uint64_t b = set_store_create(to);
	uint64_t c = set_store_create(to);
	struct bm_carried done;

	set_store_write(to, a, "1\n");
	set_store_write(to, b, "2\n");
	set_store_write(to, a, "3\n");
	assert_int_equal(bm_settle(to->db, b), 0);
	kit_sync(to);
	set_store_init(&from);
	put_in_log(from.store, 2, c, 7);
	done = carry(&from, to);
	assert_int_equal(done.late, 1);
	assert_int_equal(done.used, 0);
	assert_int_equal(set_store_info(to, a).count, 2);
	assert_int_equal(set_store_info(to, c).count, 0);
	set_store_finish(&from);
}

static void nonsense_is_counted(void **state)
{
	struct set_store *to = *state, from;
	uint64_t ino = set_store_create(to);
	struct bm_carried done;

	set_store_init(&from);
	put_in_log(from.store, 10, ino, 0);
	put_in_log(from.store, 11, ino, 8);
	done = carry(&from, to);
	assert_int_equal(done.damaged, 1);
	assert_int_equal(done.used, 1);
	assert_int_equal(set_store_info(to, ino).max, 8);
	set_store_finish(&from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(batches_go_to_their_sets),
		SET_STORE_TEST(what_is_there_is_left_out),
		SET_STORE_TEST(none_goes_between_others),
		SET_STORE_TEST(nonsense_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
