/* SPDX-License-Identifier: Apache-2.0 */
/* log_keep_test.c - tests regionstore/log_keep.c.
 *
 * A commit that fails after it wrote what the log keeps is none, but its
 * number is used again: what it wrote must not count as part of the next one.
 */
#include "tests/unit/regionstore/log_kit.h"

/* A layer whose entries are in the log alone: so many, of so many bytes. */
struct kept {
	unsigned n;
	size_t len;
};

static int keep(void *arg, uint64_t *at, struct buf *out)
{
	static const uint8_t bytes[RS_LOG_RECORD_MAX] = { 1 };
	const struct kept *k = arg;

	if (*at == k->n)
		return 0;
	++*at;
	return buf_append(out, bytes, k->len);
}

static int count(void *arg, const void *data, size_t len)
{
	unsigned *n = arg;

	(void)data, (void)len;
	++*n;
	return 0;
}

static unsigned found(struct rs_store *s)
{
	unsigned n = 0;

	assert_int_equal(rs_log_each(s, count, &n), 0);
	return n;
}

/* A disk that fails when it is to write a superblock, or never. */
static const struct rs_io_ops *sound_ops;

static int write_no_super(struct rs_io *io, uint64_t off, const void *buf,
			  size_t len)
{
	return off < rs_bytes(RS_LOG_FIRST)
		       ? -EIO
		       : sound_ops->write(io, off, buf, len);
}

/* A commit that keeps k, by a process that does not survive it. */
static void commit_keeping(struct fixture *f, struct kept k, bool fails)
{
	const struct rs_hooks hooks = { .kept = keep, .arg = &k };
	struct rs_io_ops ops = *f->s->io->ops;

	sound_ops = f->s->io->ops;
	ops.write = write_no_super;
	rs_abandon(f->s);
	assert_int_equal(try_open(f, 0, NULL), 0);
	rs_set_hooks(f->s, &hooks);
	put(f->s, 1, "a", 1);
	if (fails)
		f->s->io->ops = &ops;
	assert_int_equal(rs_sync(f->s), fails ? -EIO : 0);
	f->s->io->ops = sound_ops;
	rs_set_hooks(f->s, NULL);
	reopen(f);
}

static void commit(struct rs_store *s)
{
	put(s, 2, "b", 1);
	put_large(s);
	sync_by_commit(s);
}

static void commit_and_log(struct fixture *f)
{
	commit(f->s);
	put(f->s, 3, "c", 1);
	sync_in_log(f->s);
	reopen(f);
	assert_int_equal(has(f->s, 2), 0);
	assert_int_equal(has(f->s, 3), 0);
}

static void just_commit(struct fixture *f)
{
	commit(f->s);
	reopen(f);
}

static void what_is_kept_is_found(void **state)
{
	struct fixture *f = *state;

	commit_keeping(f, (struct kept){ .n = 3, .len = 40000 }, false);
	assert_int_equal(stats(f->s).log_found, 3);
	assert_int_equal(found(f->s), 3);
	/* A commit by somebody who does not know that layer keeps it, too. */
	just_commit(f);
	assert_int_equal(found(f->s), 3);
}

/* The number of a commit that failed is given to the next one. */
static void what_a_failed_commit_kept_is_forgotten(void **state)
{
	struct fixture *f = *state;
	uint64_t txid = f->s->super.txid;

	commit_keeping(f, (struct kept){ .n = 1, .len = 10 }, true);
	assert_int_equal(f->s->super.txid, txid);
	assert_int_equal(found(f->s), 0);
	just_commit(f);
	assert_int_equal(f->s->super.txid, txid + 1);
	assert_int_equal(found(f->s), 0);
}

/* It wrote more than is overwritten. */
static void it_does_not_follow_records_of_the_next(void **state)
{
	struct fixture *f = *state;

	commit_keeping(f, (struct kept){ .n = 3, .len = 40000 }, true);
	commit_and_log(f);
	assert_int_equal(stats(f->s).log_found, 1);
	assert_int_equal(found(f->s), 0);
	expect_sound(f->s);
}

/* One seed more is not enough then. */
static void it_may_fail_twice(void **state)
{
	struct fixture *f = *state;

	commit_keeping(f, (struct kept){ .n = 3, .len = 40000 }, true);
	commit_keeping(f, (struct kept){ .n = 1, .len = 40000 }, true);
	commit_and_log(f);
	assert_int_equal(stats(f->s).log_found, 1);
	assert_int_equal(found(f->s), 0);
}

/* A record of a commit that is still to come: so far did the process before us
 * get that could make none of its commits durable. */
static void leave_record(struct fixture *f, uint64_t epoch)
{
	static _Alignas(8) uint8_t record[RS_LOG_RECORD_PAGES * RS_PAGE_SIZE];
	struct buf body = { 0 };

	assert_int_equal(rs_log_entry_begin(&body, RS_ENTRY_LAYER), 0);
	assert_int_equal(buf_append(&body, "old", 3), 0);
	assert_true(rs_log_entry_end(&body, 0));
	rs_log_seal(&(struct rs_log_head){ .epoch = epoch,
					   .txid = epoch,
					   .len = (uint32_t)body.len },
		    buf_data(&body), f->s->super.log_seed, record);
	assert_int_equal(disk_write(f->disk, rs_bytes(rs_log_page(epoch, 0)),
				    record, RS_PAGE_SIZE),
			 0);
	buf_finish(&body);
}

static void it_may_have_tried_several_numbers(void **state)
{
	struct fixture *f = *state;

	commit(f->s);
	leave_record(f, f->s->super.txid + 3);
	reopen(f);
	for (int i = 0; i < 3; i++)
		commit(f->s);
	reopen(f);
	assert_int_equal(found(f->s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_kept_is_found),
		TEST(what_a_failed_commit_kept_is_forgotten),
		TEST(it_does_not_follow_records_of_the_next),
		TEST(it_may_fail_twice),
		TEST(it_may_have_tried_several_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
