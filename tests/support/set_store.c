/* SPDX-License-Identifier: Apache-2.0 */
/* set_store.c - a store in memory with sets in it. */

#include "tests/support/set_store.h"
#include "bitmap/db.h"
#include "regionstore/base/auto.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void changed(void *arg, uint8_t *attr, size_t attr_len, int64_t when_ns)
{
	struct set_store *ss = arg;

	assert_int_equal(attr_len, 4);
	assert_memory_equal(attr, "attr", 4);
	ss->n_changed++;
	ss->when_ns = when_ns;
}

static void failed(void *arg, uint64_t ino, int err)
{
	struct set_store *ss = arg;

	(void)ino;
	ss->n_failed++;
	ss->failed_with = err;
}

static void open_db(struct set_store *ss)
{
	const struct bm_hooks hooks = {
		.changed = changed,
		.failed = failed,
		.arg = ss,
	};

	assert_int_equal(bm_open(ss->store, &hooks, &ss->db, NULL), 0);
	if (ss->clear_slice)
		ss->db->clear_slice = ss->clear_slice;
	if (ss->runs)
		set_store_make_runs(ss);
	if (ss->small_journal)
		set_store_make_journal_small(ss);
}

void set_store_make_journal_small(struct set_store *ss)
{
	ss->small_journal = true;
	ss->db->queue.max_batches = 24;
	ss->db->queue.hot = 4;
}

void set_store_make_runs(struct set_store *ss)
{
	ss->runs = true;
	ss->db->stage_mem = 1;
	ss->db->run_min = 1;
	ss->db->run_bytes = 0;
}

void set_store_clear_by(struct set_store *ss, uint64_t segments)
{
	ss->clear_slice = segments;
	ss->db->clear_slice = segments;
}

static void open_store(struct set_store *ss, struct rs_io *io)
{
	const struct rs_open_opts opts = { .log_pages = ss->log_pages };

	assert_int_equal(rs_open_io(io, &opts, &ss->store, NULL), 0);
	open_db(ss);
}

void set_store_init(struct set_store *ss)
{
	struct rs_io *io;

	*ss = (struct set_store){ .disk = disk_new() };
	io = disk_io(ss->disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	open_store(ss, io);
}

void set_store_open(struct set_store *ss, struct rs_io *io)
{
	*ss = (struct set_store){ 0 };
	open_store(ss, io);
}

static void close_store(struct set_store *ss)
{
	bm_close(ss->db);
	assert_int_equal(rs_close(ss->store), 0);
}

void set_store_finish(struct set_store *ss)
{
	close_store(ss);
	disk_free(ss->disk);
}

void set_store_reopen(struct set_store *ss)
{
	close_store(ss);
	open_store(ss, disk_io(ss->disk));
}

void set_store_stop(struct set_store *ss)
{
	AUTO_FREE uint64_t *inos = NULL;
	uint64_t seq;
	size_t n;

	rs_set_hooks(ss->store, NULL);
	assert_int_equal(
		bm_queue_list(&ss->db->queue, BM_LINES_ALL, &inos, &n, &seq),
		0);
	for (size_t i = 0; i < n; i++)
		bm_forget(ss->db, inos[i]);
	bm_close(ss->db);
	rs_abandon(ss->store);
}

void set_store_again(struct set_store *ss)
{
	open_store(ss, disk_io(ss->disk));
}

void set_store_crash(struct set_store *ss)
{
	set_store_stop(ss);
	set_store_again(ss);
}

uint64_t set_store_create(struct set_store *ss)
{
	struct rs_object obj = { .attr_len = 4, .attr = "attr" };
	struct rs_txn *t;
	uint64_t ino;

	bm_object_init(&obj);
	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	ino = rs_txn_new_id(t);
	assert_int_equal(rs_object_put(t, ino, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	return ino;
}

void set_store_remove(struct set_store *ss, uint64_t ino)
{
	struct rs_object obj;
	bool done = false;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), ino, &obj), 0);
	assert_int_equal(bm_object_clear(t, &obj, UINT64_MAX, &done), 0);
	assert_true(done);
	assert_int_equal(rs_object_del(t, ino), 0);
	assert_int_equal(rs_txn_end(t), 0);
	bm_forget(ss->db, ino);
}

uint64_t set_store_settled(struct set_store *ss, uint64_t ino)
{
	struct rs_object obj;
	struct bm_info info;
	struct rs_view *v;

	assert_int_equal(rs_view_live(ss->store, &v), 0);
	assert_int_equal(rs_object_get(v, ino, &obj), 0);
	assert_int_equal(bm_object_info(&obj, &info), 0);
	rs_view_put(v);
	return info.count;
}

struct bm_view *set_store_view(struct set_store *ss, uint64_t ino)
{
	struct bm_view *view;
	struct rs_view *v;

	assert_int_equal(bm_settle(ss->db, ino), 0);
	assert_int_equal(rs_view_live(ss->store, &v), 0);
	assert_int_equal(bm_view_open(v, ino, &view), 0);
	rs_view_put(v);
	return view;
}

struct bm_info set_store_info(struct set_store *ss, uint64_t ino)
{
	struct bm_view *view = set_store_view(ss, ino);
	struct bm_info info = *bm_view_info(view);

	bm_view_close(view);
	return info;
}

void set_store_apply(struct set_store *ss, uint64_t ino, struct bm_stage *st,
		     bool retry)
{
	struct rs_object obj;
	struct rs_txn *t;

	assert_int_equal(bm_stage_settle(st), 0);
	assert_int_equal(bm_settle(ss->db, ino), 0);
	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), ino, &obj), 0);
	assert_int_equal(bm_stage_apply(t, st, &obj), 0);
	assert_int_equal(rs_object_put(t, ino, &obj), 0);
	if (retry) {
		rs_txn_abort(t);
		set_store_apply(ss, ino, st, false);
		return;
	}
	assert_int_equal(rs_txn_end(t), 0);
}

/* --- checking ------------------------------------------------------------- */

struct checking {
	struct set_store *ss;
	struct bm_check *bc;
	unsigned trees; /* walked: the live one is the first */
	char *text;	/* of the first finding */
};

static int feed(struct checking *ch, struct rs_checker *ck,
		const struct rs_cursor *c)
{
	if (c->key[0] == RS_KEY_ORPHAN)
		rs_check_report(ck, "an orphan is left");
	return bm_check_record(ch->bc, ck, c);
}

/* All of a tree: of a snapshot's the walk passes on only some. */
static int feed_all(struct checking *ch, struct rs_checker *ck,
		    const struct rs_view *v)
{
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, "", 0);
	while (!err) {
		err = feed(ch, ck, &c);
		if (!err)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

static int end_tree(struct checking *ch, struct rs_checker *ck)
{
	int err = ch->bc ? bm_check_end(ch->bc, ck) : 0;

	ch->bc = NULL;
	ch->trees++;
	return err;
}

static int on_record(void *arg, struct rs_checker *ck,
		     const struct rs_cursor *c)
{
	struct checking *ch = arg;
	bool first = !ch->bc;

	if (!c)
		return end_tree(ch, ck);
	if (first)
		assert_int_equal(bm_check_new(ch->ss->store, &ch->bc), 0);
	if (ch->trees == 0)
		return feed(ch, ck, c);
	return first ? feed_all(ch, ck, c->view) : 0;
}

static void on_finding(void *arg, const char *text)
{
	struct checking *ch = arg;

	if (!ch->text[0])
		snprintf(ch->text, 200, "%s", text);
}

uint64_t set_store_findings(struct set_store *ss, char text[200])
{
	struct checking ch = { .ss = ss, .text = text };
	struct rs_check_result result;

	text[0] = '\0';
	assert_int_equal(
		rs_check(ss->store, on_record, on_finding, &ch, &result), 0);
	return result.findings;
}

void set_store_check(struct set_store *ss)
{
	char text[200];

	if (set_store_findings(ss, text))
		fail_msg("%s", text);
}

void set_store_write(struct set_store *ss, uint64_t ino, const char *text)
{
	struct bm_text_error error;
	struct bm_batch b;

	bm_batch_init(&b);
	assert_int_equal(
		bm_text_parse(text, strlen(text), true, &b, NULL, &error), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	bm_batch_finish(&b);
}

int set_store_setup(void **state)
{
	static struct set_store ss;

	set_store_init(&ss);
	*state = &ss;
	return 0;
}

int set_store_teardown(void **state)
{
	struct set_store *ss = *state;

	set_store_check(ss);
	set_store_finish(ss);
	return 0;
}
