/* SPDX-License-Identifier: Apache-2.0 */
/* check_test.c - tests regionstore/check.c, check_own.c and check_pin.c.
 *
 * A store is damaged in memory, where checksums cannot notice, and the checker
 * must say what is wrong.
 */
#include "regionstore/store_state.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

struct findings {
	unsigned n;
	char last[200];
};

static const uint8_t keys[][2] = { { RS_KEY_SEGMENT, 1 },
				   { RS_KEY_SEGMENT, 2 } };

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct rs_ptr p;

	(void)arg;
	if (!c)
		return 0;
	memcpy(&p, c->val, sizeof(p));
	rs_check_own(ck, &p);
	return 0;
}

static void note(void *arg, const char *text)
{
	struct findings *f = arg;

	f->n++;
	snprintf(f->last, sizeof(f->last), "%s", text);
}

static struct findings check(struct rs_store *s)
{
	struct rs_check_result result;
	struct findings f = { 0 };

	assert_int_equal(rs_check(s, own, note, &f, &result), 0);
	assert_int_equal(result.findings, f.n);
	return f;
}

static void point(struct rs_txn *t, unsigned i, const struct rs_ptr *p)
{
	assert_int_equal(rs_put(t, keys[i], 2, p, sizeof(*p), 0), 0);
}

/* One record with a payload. */
static struct rs_ptr put_one(struct rs_store *s)
{
	struct rs_txn *t;
	struct rs_ptr p;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, "x", 1, &p), 0);
	point(t, 0, &p);
	assert_int_equal(rs_txn_end(t), 0);
	return p;
}

static void expect_one(struct rs_store *s, const char *text)
{
	struct findings f = check(s);

	assert_int_equal(f.n, 1);
	assert_non_null(strstr(f.last, text));
}

static void a_sound_store_has_no_findings(void **state)
{
	struct rs_store *s = *state;
	struct rs_ptr p = put_one(s);
	struct rs_txn *t;

	assert_int_equal(check(s).n, 0);
	assert_int_equal(rs_snap_create(s, "a", NULL), 0);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_free(t, &p), 0);
	assert_int_equal(rs_del(t, keys[0], 2), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(check(s).n, 0);
	assert_int_equal(rs_snap_drop(s, "a"), 0);
	assert_int_equal(check(s).n, 0);
}

static void a_page_that_two_records_own(void **state)
{
	struct rs_store *s = *state;
	struct rs_ptr p = put_one(s);
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	point(t, 1, &p);
	assert_int_equal(rs_txn_end(t), 0);
	expect_one(s, "owned twice");
}

static void a_page_that_nobody_owns(void **state)
{
	struct rs_store *s = *state;
	struct rs_txn *t;
	struct rs_ptr p;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, "x", 1, &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_true(check(s).n >= 1);
}

static void a_page_that_is_owned_and_free(void **state)
{
	struct rs_store *s = *state;
	struct rs_ptr p = put_one(s);
	struct rs_txn *t;

	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_free(t, &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_true(check(s).n >= 1);
}

/* Freed while a snapshot holds it, and yet the record is still there. */
static void a_page_that_is_dead_and_alive(void **state)
{
	struct rs_store *s = *state;
	struct rs_ptr p = put_one(s);
	struct rs_txn *t;

	assert_int_equal(rs_snap_create(s, "a", NULL), 0);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_free(t, &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	expect_one(s, "dead, but live");
}

static void a_pointer_to_nowhere(void **state)
{
	const struct rs_ptr p = { .pgno = 7, .npages = 1, .birth = 99 };
	struct rs_store *s = *state;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	point(t, 0, &p);
	assert_int_equal(rs_txn_end(t), 0);
	expect_one(s, "impossible");
}

/* Without fn nobody knows who owns payloads; what is known is still checked. */
static void without_knowledge_nothing_is_claimed(void **state)
{
	struct rs_store *s = *state;
	struct rs_check_result result;

	put_one(s);
	assert_int_equal(rs_check(s, NULL, NULL, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
	assert_int_equal(result.records, 1);
}

static void a_damaged_node_is_found_again(void **state)
{
	struct rs_store *s = *state;
	struct rs_ptr root;
	uint8_t *page;

	put_one(s);
	assert_int_equal(rs_sync(s), 0);
	root = s->super.data_root;
	/* It was verified when it was written; the checker looks anew. */
	memcpy(&page, &s->map.base, sizeof(page));
	page += rs_bytes(root.pgno);
	page[RS_PAGE_SIZE - 1] ^= 1;
	assert_true(check(s).n >= 1);
	page[RS_PAGE_SIZE - 1] ^= 1;
	assert_int_equal(check(s).n, 0);
}

static int stop(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	(void)arg, (void)ck, (void)c;
	return -EINTR;
}

static void whoever_looks_at_records_may_stop_it(void **state)
{
	struct rs_check_result result;

	put_one(*state);
	assert_int_equal(rs_check(*state, stop, NULL, NULL, &result), -EINTR);
}

/* --- while others write --------------------------------------------------- */

struct busy {
	struct rs_store *s;
	struct findings found;
	struct rs_ptr now; /* what the record points at */
	unsigned round;
};

static void busy_note(void *arg, const char *text)
{
	note(&((struct busy *)arg)->found, text);
}

/* Replace what records point at, and drop the snapshot that held it: all that
 * the check is about to look at is freed, and commits come and go. */
static int write_meanwhile(void *arg, struct rs_checker *ck,
			   const struct rs_cursor *c)
{
	struct busy *b = arg;
	struct rs_txn *t;

	own(NULL, ck, c);
	if (!c)
		return 0;
	if (b->round++ == 0)
		assert_int_equal(rs_snap_drop(b->s, "a"), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(rs_txn_begin(b->s, &t), 0);
		assert_int_equal(rs_payload_free(t, &b->now), 0);
		assert_int_equal(rs_payload_put(t, "y", 1, &b->now), 0);
		point(t, 0, &b->now);
		assert_int_equal(rs_txn_end(t), 0);
		assert_int_equal(rs_sync(b->s), 0);
	}
	return 0;
}

/* What is judged is one commit; it stays whatever comes after it. */
static void writers_go_on_and_disturb_nothing(void **state)
{
	struct rs_store *s = *state;
	struct busy b = { .s = s };
	const struct rs_check_how how = { .fn = write_meanwhile,
					  .report = busy_note,
					  .arg = &b };
	struct rs_check_result result;
	uint64_t before;

	b.now = put_one(s);
	assert_int_equal(rs_snap_create(s, "a", NULL), 0);
	before = s->super.txid;
	assert_int_equal(rs_check_run(s, &how, &result), 0);
	assert_string_equal(b.found.last, "");
	assert_int_equal(result.findings, 0);
	assert_true(s->super.txid > before + 3);
	assert_int_equal(check(s).n, 0);
	/* Nothing is kept for it any more. */
	assert_null(s->pins.newest);
}

/* Without reading what payloads hold, the rest is still found. */
static void a_fast_one_says_so_and_reads_nodes(void **state)
{
	struct rs_store *s = *state;
	struct findings f = { 0 };
	const struct rs_check_how how = {
		.fn = own, .report = note, .arg = &f, .fast = true
	};
	struct rs_check_result result;
	struct rs_ptr p = put_one(s);
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	point(t, 1, &p);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_check_run(s, &how, &result), 0);
	assert_int_equal(result.findings, 1);
	assert_non_null(strstr(f.last, "owned twice"));
}

int main(void)
{
#define TEST(name)                                             \
	cmocka_unit_test_setup_teardown(name, mem_store_setup, \
					mem_store_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_sound_store_has_no_findings),
		TEST(a_page_that_two_records_own),
		TEST(a_page_that_nobody_owns),
		TEST(a_page_that_is_owned_and_free),
		TEST(a_page_that_is_dead_and_alive),
		TEST(a_pointer_to_nowhere),
		TEST(without_knowledge_nothing_is_claimed),
		TEST(a_damaged_node_is_found_again),
		TEST(whoever_looks_at_records_may_stop_it),
		TEST(writers_go_on_and_disturb_nothing),
		TEST(a_fast_one_says_so_and_reads_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
