/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_image.c - a whole store with damage that checksums do not catch.
 *
 * The input edits (damage.h) a small store with records, payloads, regions,
 * snapshots and dead pages: one that was closed, or, when its first byte is
 * odd, one that was not and has something of each in its log. fuzz_whole.c does
 * it to a file system.
 *
 * Whatever the edits: opening, checking, reading and changing end without a
 * crash. And when the checker finds nothing, everything can be read.
 */
#include "regionstore/regionstore.h"
#include "tests/support/damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORDS 300u

static struct disk *base[2]; /* the second has a log */
static struct damage damage[2];

#define must(is) must_at(is, __LINE__)

static void must_at(bool is, int line)
{
	if (is)
		return;
	fprintf(stderr, "line %d\n", line);
	abort();
}

/* --- the store that is damaged ------------------------------------------- */

static size_t key_of(unsigned i, uint8_t *key)
{
	key[0] = i % 4 ? RS_KEY_ENTRY : RS_KEY_SEGMENT;
	key[1] = (uint8_t)(i >> 8);
	key[2] = (uint8_t)i;
	return 3;
}

static void put(struct rs_txn *t, unsigned i, const char *text)
{
	uint8_t key[3], val[RS_PTR_SIZE + 1] = { 0 };
	struct rs_ptr p;

	key_of(i, key);
	memcpy(val, text, strlen(text));
	if (key[0] == RS_KEY_SEGMENT) {
		must(rs_payload_put(t, text, strlen(text), &p) == 0);
		rs_ptr_encode(&p, val);
	}
	must(rs_put(t, key, sizeof(key), val, sizeof(val), i) == 0);
}

/* From nth to nth, or all. */
static void put_some(struct rs_store *s, unsigned nth, const char *text)
{
	struct rs_txn *t;

	must(rs_txn_begin(s, &t) == 0);
	for (unsigned i = 0; i < RECORDS; i += nth)
		put(t, i, text);
	must(rs_txn_end(t) == 0);
}

static void put_region(struct rs_store *s, uint64_t ino, size_t len)
{
	static const uint8_t data[3 * RS_CHUNK_SIZE / 2] = { 1 };
	struct rs_object obj = { .attr_len = 0 };
	struct rs_write *w;
	struct rs_txn *t;

	rs_region_init(&obj);
	must(rs_write_prepare(s, 0, data, len, &w) == 0);
	must(rs_txn_begin(s, &t) == 0);
	must(rs_write_apply(t, ino, &obj, w) == 0);
	must(rs_object_put(t, ino, &obj) == 0);
	must(rs_txn_end(t) == 0);
	rs_write_drop(w);
}

static struct rs_store *open_disk(struct disk *d)
{
	const struct rs_open_opts opts = { .log_pages = RS_LOG_PAGES };
	struct rs_io *io = disk_io(d);
	struct err e = { 0 };
	struct rs_store *s;
	int err = rs_open_io(io, &opts, &s, &e);

	if (!err)
		return s;
	must(err_is_listed(err) && e.msg[0] != '\0');
	io->ops->close(io);
	return NULL;
}

/* Records of the log, until it has changed all that there is. */
static void put_in_log(struct rs_store *s)
{
	struct rs_stats st;

	must(rs_sync(s) == 0);
	for (unsigned i = 0; i < 4; i++) {
		put_some(s, 60 + i, "four");
		put_region(s, 17 + i, 100 + i * RS_PAGE_SIZE);
		must(rs_sync(s) == 0);
	}
	rs_stats(s, &st);
	must(st.log_writes >= 4);
}

static void make_base(unsigned which)
{
	struct disk *d = disk_new();
	struct rs_io *io = disk_io(d);
	struct rs_store *s;

	must(rs_create_io(io, NULL) == 0);
	io->ops->close(io);
	s = open_disk(d);
	must(s);
	put_some(s, 1, "one");
	put_region(s, 16, 3 * RS_CHUNK_SIZE / 2);
	must(rs_snap_create(s, "first", NULL) == 0);
	put_some(s, 3, "two");
	must(rs_snap_create(s, "second", NULL) == 0);
	put_some(s, 7, "three");
	if (which == 0) {
		must(rs_close(s) == 0);
	} else {
		put_in_log(s);
		rs_abandon(s);
	}
	base[which] = d;
	damage_init(&damage[which], d);
}

/* --- what is done with it ------------------------------------------------ */

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	const uint8_t *bytes;
	struct rs_ptr p;

	(void)arg;
	if (!c || c->key[0] != RS_KEY_SEGMENT)
		return 0;
	if (c->val_len != RS_PTR_SIZE + 1) {
		rs_check_report(ck, "not a pointer");
		return 0;
	}
	rs_ptr_decode(c->val, &p);
	rs_check_own(ck, &p);
	rs_payload_get(c->view, &p, 3, &bytes);
	return 0;
}

static bool is_sound(struct rs_store *s)
{
	struct rs_check_result result;

	return rs_check(s, own, NULL, NULL, &result) == 0 &&
	       result.findings == 0;
}

/* How many records could be read; all of them when the store is sound. */
static void read_all(const struct rs_view *v, bool sound)
{
	struct rs_cursor c;
	uint64_t n = 0;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_nth(&c, 0);
	while (!err && n++ < 100 * RECORDS)
		err = rs_cursor_next(&c);
	must(err == -ENOENT || !sound);
	rs_cursor_finish(&c);
}

static void read_pasts(struct rs_store *s, bool sound)
{
	struct rs_snap *list;
	struct rs_view *v;
	size_t n;

	must(rs_view_live(s, &v) == 0);
	read_all(v, sound);
	rs_view_put(v);
	must(rs_snap_list(s, &list, &n) == 0);
	for (size_t i = 0; i < n; i++) {
		must(rs_view_snap(s, list[i].id, &v) == 0);
		read_all(v, sound);
		rs_view_put(v);
	}
	free(list);
}

static void change(struct rs_store *s, bool sound)
{
	struct rs_txn *t;
	int err = rs_txn_begin(s, &t);

	must(!err || err == -EROFS || !sound);
	if (err)
		return;
	for (unsigned i = 0; !err && i < RECORDS; i += 5) {
		uint8_t key[3];

		err = rs_put(t, key, key_of(i, key), "x", 1, 1);
	}
	must(!err || !sound);
	if (err)
		rs_txn_abort(t);
	else
		must(rs_txn_end(t) == 0 || !sound);
	err = rs_snap_drop(s, "first");
	must(!err || err == -ENOENT || !sound);
}

static void say_nothing(void *arg, const char *text)
{
	(void)arg;
	must(text[0] != '\0');
}

/* The same ruin, with or without roots. */
static void salvage(const struct disk *ruin)
{
	struct disk *d = disk_copy(ruin);
	struct rs_io *io = disk_io(d);
	struct err e = { 0 };
	struct rs_store *s;
	struct rs_view *v;
	int err = rs_salvage_open_io(io, say_nothing, NULL, &s, &e);

	if (err) {
		must(err_is_listed(err) && e.msg[0] != '\0');
		io->ops->close(io);
		disk_free(d);
		return;
	}
	must(rs_view_live(s, &v) == 0);
	read_all(v, true);
	rs_view_put(v);
	rs_abandon(s);
	disk_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned which = size ? data[0] & 1 : 0;
	struct rs_store *s;
	struct disk *d;

	if (!base[which])
		make_base(which);
	d = disk_copy(base[which]);
	if (size)
		damage_apply(&damage[which], d, data + 1, size - 1);
	salvage(d);
	s = open_disk(d);
	if (s) {
		bool sound = is_sound(s);

		read_pasts(s, sound);
		change(s, sound);
		rs_close(s);
	}
	disk_free(d);
	return 0;
}
