/* SPDX-License-Identifier: Apache-2.0 */
/* recover_test.c - tests regionstore/recover.c. */
#include "regionstore/layout.h"
#include "regionstore/super.h"
#include "tests/support/io_fault.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

/* A disk with a store of some commits, the last of them numbered last. */
struct fixture {
	struct disk *disk;
	uint64_t last;
};

static int try_open(struct disk *d, struct rs_store **ret, struct err *e)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_io *io = disk_io(d);
	int err = rs_open_io(io, &opts, ret, e);

	if (err)
		io->ops->close(io);
	return err;
}

/* A page of content, and the two roots behind it. */
static void commit(struct rs_store *s, uint8_t n)
{
	const uint8_t key[] = { RS_KEY_ENTRY, n };
	struct rs_txn *t;
	struct rs_ptr p;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, "content", 7, &p), 0);
	assert_int_equal(rs_put(t, key, sizeof(key), "v", 1, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(s), 0);
}

static int setup_with(void **state, bool two_flush, bool clean)
{
	const struct rs_open_opts opts = { .two_flush = two_flush };
	struct fixture *f = calloc(1, sizeof(*f));
	struct rs_stats stats;
	struct rs_store *s;

	assert_non_null(f);
	f->disk = mem_store_disk();
	assert_int_equal(rs_open_io(disk_io(f->disk), &opts, &s, NULL), 0);
	for (uint8_t i = 0; i < 4; i++)
		commit(s, i);
	rs_stats(s, &stats);
	f->last = stats.txid;
	assert_int_equal(stats.one_flush, two_flush ? 0 : 4);
	if (clean)
		assert_int_equal(rs_close(s), 0);
	else
		rs_abandon(s);
	*state = f;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, false, true);
}

/* The process dies. */
static int setup_dead(void **state)
{
	return setup_with(state, false, false);
}

static int setup_dead_two_flush(void **state)
{
	return setup_with(state, true, false);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	disk_free(f->disk);
	free(f);
	return 0;
}

static void expect_commit(struct disk *d, uint64_t txid)
{
	struct rs_stats stats;
	struct rs_store *s;

	assert_int_equal(try_open(d, &s, NULL), 0);
	rs_stats(s, &stats);
	assert_int_equal(stats.txid, txid);
	rs_abandon(s);
}

static uint8_t *slot_of(struct fixture *f, uint64_t txid)
{
	return f->disk->mem + rs_bytes(rs_super_slot(txid));
}

/* The page of the data tree's root in a slot. */
static uint8_t *root_of(struct fixture *f, const uint8_t *slot)
{
	struct rs_disk_super su;
	struct rs_ptr p;

	memcpy(&su, slot, sizeof(su));
	rs_ptr_decode((const uint8_t *)&su.data_root, &p);
	return f->disk->mem + rs_bytes(p.pgno);
}

static void takes_the_newest(void **state)
{
	struct fixture *f = *state;

	expect_commit(f->disk, f->last);
}

/* As of any of its sectors, and then it is not used again. */
static void takes_the_one_before_when_the_newest_is_torn(void **state)
{
	struct fixture *f = *state;
	uint8_t *slot = slot_of(f, f->last);
	uint8_t old[RS_PAGE_SIZE];

	memcpy(old, slot, sizeof(old));
	for (unsigned i = 0; i < RS_PAGE_SIZE; i += 512) {
		memset(slot + i, 0x55, 512);
		expect_commit(f->disk, f->last - 1);
		memcpy(slot, old, sizeof(old));
	}
}

static void read_manifest(struct fixture *f, uint64_t txid,
			  struct rs_manifest *ret)
{
	assert_int_equal(rs_manifest_decode(slot_of(f, txid),
					    f->disk->size / RS_PAGE_SIZE, ret),
			 0);
}

static uint64_t open_read_only(struct disk *d)
{
	const struct rs_open_opts opts = { .read_only = true };
	struct rs_stats stats;
	struct rs_store *s;

	assert_int_equal(rs_open_io(disk_io(d), &opts, &s, NULL), 0);
	rs_stats(s, &stats);
	rs_abandon(s);
	return stats.txid;
}

/* A byte of any page that it wrote; who only reads changes nothing. */
static void takes_the_one_before_when_the_newest_is_not_whole(void **state)
{
	struct fixture *f = *state;
	struct rs_manifest m;

	read_manifest(f, f->last, &m);
	for (size_t i = 0; i < m.n; i++) {
		uint8_t *at = f->disk->mem + rs_bytes(m.v[i].pgno) + 9;

		*at ^= 1;
		assert_int_equal(open_read_only(f->disk), f->last - 1);
		*at ^= 1;
		assert_int_equal(open_read_only(f->disk), f->last);
	}
}

/* Should its pages be written again as they were, by accident. */
static void a_commit_that_was_not_whole_never_comes_back(void **state)
{
	struct fixture *f = *state;
	struct rs_manifest m;
	uint8_t *at;

	read_manifest(f, f->last, &m);
	at = f->disk->mem + rs_bytes(m.v[0].pgno);
	*at ^= 1;
	expect_commit(f->disk, f->last - 1);
	*at ^= 1;
	expect_commit(f->disk, f->last - 1);
}

static void nor_is_its_number_given_to_the_next(void **state)
{
	struct fixture *f = *state;
	struct rs_manifest m;
	struct rs_stats stats;
	struct rs_store *s;

	read_manifest(f, f->last, &m);
	f->disk->mem[rs_bytes(m.v[0].pgno)] ^= 1;
	assert_int_equal(try_open(f->disk, &s, NULL), 0);
	commit(s, 100);
	rs_stats(s, &stats);
	assert_int_equal(stats.txid, f->last + 2);
	rs_abandon(s);
	expect_commit(f->disk, f->last + 2);
	memset(slot_of(f, f->last), 0, RS_PAGE_SIZE);
	expect_commit(f->disk, f->last - 1);
}

/* After a clean close, or when the other slot was being written, a bad page is
 * no reason to undo a commit. */
static void a_commit_that_was_durable_is_not_undone(void **state)
{
	struct fixture *f = *state;
	struct rs_manifest m;

	read_manifest(f, f->last - 1, &m);
	f->disk->mem[rs_bytes(m.v[0].pgno) + 9] ^= 1;
	memset(slot_of(f, f->last) + 512, 0x55, 512);
	expect_commit(f->disk, f->last - 1);
}

static void nor_is_one_that_a_clean_close_saw(void **state)
{
	struct fixture *f = *state;
	struct rs_manifest m;

	read_manifest(f, f->last, &m);
	f->disk->mem[rs_bytes(m.v[0].pgno) + 9] ^= 1;
	expect_commit(f->disk, f->last);
	memset(slot_of(f, f->last) + 100, 0x55, 100);
	expect_commit(f->disk, f->last);
}

static void expect_error(struct disk *d, int code, const char *text)
{
	struct err e = { 0 };
	struct rs_store *s;

	assert_int_equal(try_open(d, &s, &e), code);
	assert_non_null(strstr(e.msg, text));
}

/* What was durable is not given up for something older, but by repair. */
static void refuses_a_durable_commit_whose_root_is_damaged(void **state)
{
	struct fixture *f = *state;

	root_of(f, slot_of(f, f->last))[2000] ^= 1;
	expect_error(f->disk, -EBADMSG, "a root page is damaged");
}

static void refuses_when_both_slots_are_lost(void **state)
{
	struct fixture *f = *state;

	memset(slot_of(f, f->last), 0, RS_PAGE_SIZE);
	memset(slot_of(f, f->last - 1), 0, RS_PAGE_SIZE);
	expect_error(f->disk, -EUCLEAN, "none there");
}

static void says_when_the_file_was_cut(void **state)
{
	struct fixture *f = *state;

	disk_resize(f->disk, f->disk->size / 2);
	expect_error(f->disk, -EUCLEAN, "the file was cut");
	disk_resize(f->disk, 3 * RS_PAGE_SIZE);
	expect_error(f->disk, -EMEDIUMTYPE, "not a store");
}

static void says_when_it_is_something_else(void **state)
{
	struct fixture *f = *state;

	memset(f->disk->mem, 0x7f, rs_bytes(RS_SLOT_STEADY + 1));
	expect_error(f->disk, -EMEDIUMTYPE, "not a store");
}

/* --- after the death of a process ----------------------------------------- */

static struct rs_store *open_faulty(struct fault *fault)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_store *s;

	assert_int_equal(rs_open_io(fault_io(fault), &opts, &s, NULL), 0);
	return s;
}

static uint64_t syncs(struct rs_store *s)
{
	struct rs_stats stats;

	rs_stats(s, &stats);
	return stats.syncs;
}

/* The host may have much to write, and nobody has asked for that yet. */
static void opening_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct fault *fault = fault_new(f->disk);
	struct rs_store *s = open_faulty(fault);

	assert_int_equal(fault_ops(fault), 0);
	rs_abandon(s);
	fault_free(fault);
}

/* What is built on is durable. */
static void the_first_page_waits_for_what_was_found(void **state)
{
	struct fixture *f = *state;
	struct fault *fault = fault_new(f->disk);
	struct rs_store *s = open_faulty(fault);
	struct rs_txn *t;
	struct rs_ptr p;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, "content", 7, &p), 0);
	assert_int_equal(syncs(s), 1);
	assert_int_equal(rs_payload_put(t, "content", 7, &p), 0);
	assert_int_equal(syncs(s), 1);
	rs_txn_abort(t);
	rs_abandon(s);
	fault_free(fault);
}

/* What a reader saw shall be there after a power cut, once it is told so. */
static void a_sync_without_a_change_makes_durable_what_was_found(void **state)
{
	struct fixture *f = *state;
	struct fault *fault = fault_new(f->disk);
	struct rs_store *s = open_faulty(fault);

	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(syncs(s), 2);
	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(syncs(s), 2);
	rs_abandon(s);
	fault_free(fault);
}

/* Then nothing can be built on it: reads go on. */
static void when_it_cannot_be_made_durable_nothing_is_changed(void **state)
{
	struct fixture *f = *state;
	struct fault *fault = fault_new(f->disk);
	struct rs_store *s = open_faulty(fault);
	struct rs_stats stats;
	struct rs_txn *t;
	struct rs_ptr p;

	fault_fail(fault, 1, FAULT_EIO, false);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, "content", 7, &p), -EIO);
	rs_txn_abort(t);
	assert_int_equal(rs_sync(s), -EIO);
	assert_int_equal(fault_ops(fault), 1);
	rs_stats(s, &stats);
	assert_non_null(strstr(stats.error_text, "what was found"));
	assert_int_equal(stats.txid, f->last);
	rs_abandon(s);
	fault_free(fault);
}

/* A store whose first page is lost is one still, which repair mends. */
static void says_when_the_header_is_lost(void **state)
{
	struct fixture *f = *state;
	struct rs_store *s;
	struct err e = { 0 };

	memset(f->disk->mem, 0, RS_PAGE_SIZE);
	assert_int_equal(try_open(f->disk, &s, &e), -EUCLEAN);
	assert_string_equal(e.msg, "the header is lost");
}

static void knows_how_it_was_closed(void **state)
{
	struct fixture *f = *state;
	struct rs_stats st;
	struct rs_store *s;

	assert_int_equal(try_open(f->disk, &s, NULL), 0);
	rs_stats(s, &st);
	assert_true(st.was_closed);
	commit(s, 99);
	rs_abandon(s);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(try_open(f->disk, &s, NULL), 0);
		rs_stats(s, &st);
		assert_int_equal(st.was_closed, i == 1);
		assert_int_equal(rs_close(s), 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define DEAD(name) cmocka_unit_test_setup_teardown(name, setup_dead, teardown)
	const struct CMUnitTest tests[] = {
		TEST(takes_the_newest),
		DEAD(takes_the_newest),
		DEAD(takes_the_one_before_when_the_newest_is_torn),
		DEAD(takes_the_one_before_when_the_newest_is_not_whole),
		DEAD(a_commit_that_was_not_whole_never_comes_back),
		DEAD(nor_is_its_number_given_to_the_next),
		DEAD(a_commit_that_was_durable_is_not_undone),
		TEST(nor_is_one_that_a_clean_close_saw),
		TEST(refuses_a_durable_commit_whose_root_is_damaged),
		TEST(refuses_when_both_slots_are_lost),
		cmocka_unit_test_setup_teardown(
			refuses_when_both_slots_are_lost, setup_dead_two_flush,
			teardown),
		DEAD(opening_changes_nothing),
		DEAD(the_first_page_waits_for_what_was_found),
		DEAD(a_sync_without_a_change_makes_durable_what_was_found),
		DEAD(when_it_cannot_be_made_durable_nothing_is_changed),
		TEST(says_when_the_file_was_cut),
		TEST(says_when_it_is_something_else),
		TEST(says_when_the_header_is_lost),
		TEST(knows_how_it_was_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
