/* SPDX-License-Identifier: Apache-2.0 */
/* log_test.c - tests regionstore/log.c, and log_replay.c where all is well. */
#include "tests/unit/regionstore/log_kit.h"

/* --- what is synced survives ---------------------------------------------- */

static void records_survive(void **state)
{
	struct fixture *f = *state;

	put(f->s, 1, "a", 1);
	put(f->s, 2, "b", 1);
	sync_in_log(f->s);
	del(f->s, 1);
	sync_in_log(f->s);
	put(f->s, 3, "c", 1); /* was never synced */
	reopen(f);
	assert_int_equal(stats(f->s).log_found, 2);
	assert_int_equal(has(f->s, 1), -ENOENT);
	assert_int_equal(has(f->s, 2), 0);
	assert_int_equal(has(f->s, 3), -ENOENT);
	/* And again, with a record behind those. */
	put(f->s, 4, "d", 1);
	sync_in_log(f->s);
	reopen(f);
	assert_int_equal(stats(f->s).log_found, 3);
	assert_int_equal(has(f->s, 2), 0);
	assert_int_equal(has(f->s, 4), 0);
	expect_sound(f->s);
}

static void payloads_survive(void **state)
{
	static const uint8_t data[6000] = { 1, 2, 3 };
	struct fixture *f = *state;
	const uint8_t *got;
	struct rs_view *v;
	struct rs_txn *t;
	struct rs_ptr p;

	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_payload_put(t, data, sizeof(data), &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	sync_in_log(f->s);
	/* Its pages never reached the disk. */
	disk_punch(f->disk, rs_bytes(p.pgno), rs_bytes(p.npages));
	reopen(f);
	assert_int_equal(rs_view_live(f->s, &v), 0);
	assert_int_equal(rs_payload_get(v, &p, sizeof(data), &got), 0);
	assert_memory_equal(got, data, sizeof(data));
	rs_view_put(v);
}

static void regions_survive(void **state)
{
	static uint8_t data[9000];
	struct fixture *f = *state;

	memset(data, 7, sizeof(data));
	region_make(f->s, REGION_INO);
	assert_int_equal(region_write(f->s, REGION_INO, 0, data, 9000), 0);
	sync_in_log(f->s);
	memset(data + 4096, 8, 100);
	assert_int_equal(region_write(f->s, REGION_INO, 4096, data + 4096, 100),
			 0);
	sync_in_log(f->s);
	reopen(f);
	assert_region_equal(f->s, REGION_INO, data, sizeof(data));
	expect_sound(f->s);
}

/* --- when a commit must do it --------------------------------------------- */

/* The power fails, and of what was written since before the log alone is on
 * the disk. */
static void lose_all_but_the_log(struct fixture *f, struct disk *before)
{
	const size_t first = rs_bytes(RS_LOG_FIRST);
	const size_t end = first + rs_bytes(2 * RS_LOG_HALF);

	assert_int_equal(before->size, f->disk->size);
	rs_abandon(f->s);
	memcpy(f->disk->mem, before->mem, first);
	memcpy(f->disk->mem + end, before->mem + end, before->size - end);
	disk_free(before);
	assert_int_equal(try_open(f, RS_LOG_PAGES, NULL), 0);
}

/* A run was claimed, and a page of it freed, before the sync: the others are
 * needed. */
static void what_is_left_of_a_claim_survives(void **state)
{
	static uint8_t data[9000];
	struct fixture *f = *state;
	struct disk *before;

	memset(data, 7, sizeof(data));
	region_make(f->s, REGION_INO);
	assert_int_equal(rs_commit(f->s, NULL), 0);
	before = disk_copy(f->disk);
	assert_int_equal(region_write(f->s, REGION_INO, 0, data, 9000), 0);
	memset(data + 100, 8, 50);
	assert_int_equal(region_write(f->s, REGION_INO, 100, data + 100, 50),
			 0);
	sync_in_log(f->s);
	lose_all_but_the_log(f, before);
	assert_region_equal(f->s, REGION_INO, data, sizeof(data));
	expect_sound(f->s);
}

static void a_full_half_leads_to_a_commit(void **state)
{
	static const uint8_t val[1000] = { 1 };
	struct fixture *f = *state;
	struct rs_stats st;

	rs_abandon(f->s);
	assert_int_equal(try_open(f, 3, NULL), 0);
	for (uint8_t i = 0; i < 3; i++) {
		put(f->s, i, val, sizeof(val));
		sync_in_log(f->s);
	}
	put(f->s, 3, val, sizeof(val));
	sync_by_commit(f->s);
	put(f->s, 4, val, sizeof(val));
	sync_in_log(f->s);
	reopen(f);
	st = stats(f->s);
	assert_int_equal(st.log_found, 1);
	for (uint8_t i = 0; i < 5; i++)
		assert_int_equal(has(f->s, i), 0);
}

static void a_large_txn_leads_to_a_commit(void **state)
{
	struct fixture *f = *state;

	put_large(f->s);
	put(f->s, 1, "a", 1);
	sync_by_commit(f->s);
	put(f->s, 2, "b", 1);
	sync_in_log(f->s);
}

static void what_is_derived_seals(void **state)
{
	static const uint8_t data[5000] = { 1 };
	struct fixture *f = *state;
	struct rs_txn *t;
	struct rs_ptr p;

	put(f->s, 1, "a", 1);
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	rs_txn_derived(t);
	assert_int_equal(rs_payload_put(t, data, sizeof(data), &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	sync_in_log(f->s); /* without it */
	put(f->s, 2, "b", 1);
	sync_by_commit(f->s);
	reopen(f);
	assert_int_equal(has(f->s, 1), 0);
	assert_int_equal(has(f->s, 2), 0);
}

static void without_pages_there_is_no_log(void **state)
{
	struct fixture *f = *state;

	rs_abandon(f->s);
	assert_int_equal(try_open(f, 0, NULL), 0);
	put(f->s, 1, "a", 1);
	sync_by_commit(f->s);
}

/* --- what happens meanwhile ----------------------------------------------- */

struct layer {
	struct rs_store *s;
	unsigned asked;
	unsigned found;
};

/* Another thread ends a txn, and then does what follows from it. */
static int log_what_follows(void *arg, struct buf *out)
{
	struct layer *l = arg;

	if (l->asked++ == 0)
		put(l->s, 2, "b", 1);
	return buf_append(out, "follows", 7);
}

static int find_what_follows(void *arg, const void *data, size_t len)
{
	struct layer *l = arg;

	assert_int_equal(len, 7);
	assert_memory_equal(data, "follows", 7);
	l->found++;
	return 0;
}

static void nothing_is_there_without_what_it_follows_from(void **state)
{
	struct fixture *f = *state;
	struct layer l = { .s = f->s };
	const struct rs_hooks hooks = { .log = log_what_follows, .arg = &l };

	rs_set_hooks(f->s, &hooks);
	put(f->s, 1, "a", 1);
	sync_in_log(f->s);
	rs_set_hooks(f->s, NULL);
	reopen(f);
	assert_int_equal(rs_log_each(f->s, find_what_follows, &l), 0);
	assert_int_equal(l.found, 1);
	assert_int_equal(has(f->s, 1), 0);
	assert_int_equal(has(f->s, 2), 0);
}

/* A disk on which somebody frees a page while the log reads it. */
static struct {
	const struct rs_io_ops *ops;
	struct rs_store *s;
	struct rs_ptr page;
	bool was_read;
	bool held; /* nobody else may write there */
} freer;

static int read_and_free(struct rs_io *io, uint64_t off, void *buf, size_t len)
{
	struct rs_txn *t;

	if (off == rs_bytes(freer.page.pgno) && !freer.was_read) {
		freer.was_read = true;
		assert_int_equal(rs_txn_begin(freer.s, &t), 0);
		assert_int_equal(rs_payload_free(t, &freer.page), 0);
		assert_int_equal(rs_txn_end(t), 0);
		freer.held = rs_alloc_holds(&freer.s->alloc, freer.page.pgno, 1,
					    false) == 0;
	}
	return freer.ops->read(io, off, buf, len);
}

static void a_page_that_is_read_is_given_to_nobody(void **state)
{
	struct fixture *f = *state;
	struct rs_io_ops ops = *f->s->io->ops;
	struct rs_txn *t;

	freer.ops = f->s->io->ops;
	freer.s = f->s;
	freer.was_read = false;
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_payload_put(t, "page", 4, &freer.page), 0);
	assert_int_equal(rs_txn_end(t), 0);
	ops.read = read_and_free;
	f->s->io->ops = &ops;
	sync_in_log(f->s);
	f->s->io->ops = freer.ops;
	assert_true(freer.was_read);
	assert_true(freer.held);
	reopen(f);
	expect_sound(f->s);
}

/* --- damage --------------------------------------------------------------- */

static void damage(struct fixture *f, uint32_t page)
{
	uint64_t pgno = rs_log_page(f->s->super.log_epoch, page);

	f->disk->mem[rs_bytes(pgno) + 60] ^= 0xff;
}

static void a_record_that_is_missing_is_noticed(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };

	for (uint8_t i = 0; i < 3; i++) {
		put(f->s, i, "a", 1);
		sync_in_log(f->s);
	}
	damage(f, 1);
	rs_abandon(f->s);
	assert_int_equal(try_open(f, RS_LOG_PAGES, &e), -EBADMSG);
	assert_non_null(strstr(e.msg, "a record of the log is damaged"));
	f->disk->mem[rs_bytes(rs_log_page(1, 1)) + 60] ^= 0xff;
	assert_int_equal(try_open(f, RS_LOG_PAGES, &e), 0);
	assert_int_equal(stats(f->s).log_found, 3);
}

/* It was never whole, as far as anybody can know. */
static void the_last_record_may_be_missing(void **state)
{
	struct fixture *f = *state;

	for (uint8_t i = 0; i < 3; i++) {
		put(f->s, i, "a", 1);
		sync_in_log(f->s);
	}
	damage(f, 2);
	reopen(f);
	assert_int_equal(stats(f->s).log_found, 2);
	assert_int_equal(has(f->s, 1), 0);
	assert_int_equal(has(f->s, 2), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_survive),
		TEST(payloads_survive),
		TEST(regions_survive),
		TEST(what_is_left_of_a_claim_survives),
		TEST(a_full_half_leads_to_a_commit),
		TEST(a_large_txn_leads_to_a_commit),
		TEST(what_is_derived_seals),
		TEST(without_pages_there_is_no_log),
		TEST(nothing_is_there_without_what_it_follows_from),
		TEST(a_page_that_is_read_is_given_to_nobody),
		TEST(a_record_that_is_missing_is_noticed),
		TEST(the_last_record_may_be_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
