/* SPDX-License-Identifier: Apache-2.0 */
/* log_replay_test.c - tests regionstore/log_replay.c, where it cannot be done.
 *
 * In a record under a right checksum is a removal of what is not there. The
 * store is not opened; a repair does again what comes before that.
 */
#include "regionstore/upkeep.h"
#include "tests/unit/regionstore/log_kit.h"

static const uint8_t content[6000] = { 1, 2, 3 };

static struct rs_ptr put_payload(struct rs_store *s, uint8_t n)
{
	const uint8_t key[] = { RS_KEY_ENTRY, n };
	struct rs_txn *t;
	struct rs_ptr p;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, content, sizeof(content), &p), 0);
	assert_int_equal(rs_put(t, key, sizeof(key), "p", 1, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
	return p;
}

/* The first txn of the record that removes something removes another one. */
static void break_removal(struct fixture *f, uint32_t page)
{
	const struct rs_super *su = &f->s->super;
	uint8_t *p = f->disk->mem + rs_bytes(rs_log_page(su->log_epoch, page));
	static uint8_t entries[RS_LOG_RECORD_MAX];
	struct rs_log_entry en;
	struct rs_log_head h;
	size_t at = 0;

	assert_true(rs_log_open(p, RS_LOG_HALF - page, su->log_seed,
				su->log_epoch, page, &h));
	memcpy(entries, rs_log_entries(p), h.len);
	do
		assert_int_equal(rs_log_entry_next(entries, h.len, &at, &en),
				 0);
	while (en.kind != RS_ENTRY_TXN || en.data[0] != RS_REDO_DEL);
	entries[at - 1] ^= 0xff; /* of its key */
	rs_log_seal(&h, entries, su->log_seed, p);
}

static int follows(void *arg, struct buf *out)
{
	(void)arg;
	return buf_append(out, "follows", 7);
}

static int find(void *arg, const void *data, size_t len)
{
	(void)data, (void)len;
	++*(unsigned *)arg;
	return 0;
}

static void say(void *arg, const char *text)
{
	assert_non_null(strstr(text, "cannot be done again"));
	++*(unsigned *)arg;
}

static void repair(struct fixture *f)
{
	unsigned said = 0;
	const struct rs_repair_how how = { .say = say, .arg = &said };
	struct err e = { 0 };

	if (rs_repair_open_io(disk_io(f->disk), &how, &f->s, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(said, 1);
}

static void most_of_it_is_done_again(void **state)
{
	const struct rs_hooks hooks = { .log = follows };
	struct fixture *f = *state;
	struct err e = { 0 };
	const uint8_t *got;
	struct rs_view *v;
	struct rs_ptr p;
	unsigned found = 0;

	rs_set_hooks(f->s, &hooks);
	put(f->s, 1, "a", 1);
	sync_in_log(f->s);
	p = put_payload(f->s, 2);
	del(f->s, 1);
	put(f->s, 3, "c", 1);
	sync_in_log(f->s);
	rs_set_hooks(f->s, NULL);
	break_removal(f, 1);
	disk_punch(f->disk, rs_bytes(p.pgno), rs_bytes(p.npages));
	rs_abandon(f->s);
	assert_int_equal(try_open(f, RS_LOG_PAGES, &e), -EUCLEAN);
	assert_non_null(strstr(e.msg, "cannot be done again"));

	repair(f);
	assert_int_equal(has(f->s, 1), 0);
	assert_int_equal(has(f->s, 2), 0);
	assert_int_equal(has(f->s, 3), -ENOENT);
	/* Content follows all txns of a record, and this one's is needed. */
	assert_int_equal(rs_view_live(f->s, &v), 0);
	assert_int_equal(rs_payload_get(v, &p, sizeof(content), &got), 0);
	assert_memory_equal(got, content, sizeof(content));
	rs_view_put(v);
	/* What the layer above wrote after it is not handed up. */
	assert_int_equal(rs_log_each(f->s, find, &found), 0);
	assert_int_equal(found, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(most_of_it_is_done_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
