/* SPDX-License-Identifier: Apache-2.0 */
/* flip.c - one trial: open, ask, check, write, ask again. */
#include "tests/support/flip.h"

#include "tests/support/flip_write.h"
#include "tests/support/test.h"
#include "tests/support/whole_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* docs/format.md */
#define LOG_FIRST   4u
#define GROUP_FIRST 260u
#define GROUP_BYTES 4032u
#define SUPER_BYTES 320u

/* --- the store ------------------------------------------------------------ */

static void read_snap(struct rs_store *s, struct facts *ret_facts)
{
	struct rs_snap snap;
	struct rs_view *v;

	assert_int_equal(rs_snap_find(s, WHOLE_SNAP, &snap), 0);
	assert_int_equal(rs_view_snap(s, snap.id, &v), 0);
	facts_read(v, ret_facts);
	rs_view_put(v);
}

static void assert_readable(const struct facts *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		assert_int_equal(fs->f[i].err, 0);
}

static void find_used(struct flip_original *o)
{
	size_t pages = o->disk->size / RS_PAGE_SIZE;
	static const uint8_t zeros[RS_PAGE_SIZE];

	o->used = calloc(pages, sizeof(*o->used));
	assert_non_null(o->used);
	/* What the log holds means nothing after a commit. */
	for (uint32_t i = 0; i < pages; i++)
		if ((i < LOG_FIRST || i >= GROUP_FIRST) &&
		    memcmp(o->disk->mem + (size_t)i * RS_PAGE_SIZE, zeros,
			   RS_PAGE_SIZE) != 0)
			o->used[o->n_used++] = i;
}

void flip_original_make(struct flip_original *o)
{
	struct rs_view *v;
	struct mixed m;

	*o = (struct flip_original){ .disk = disk_new() };
	mixed_format(disk_io(o->disk));
	mixed_open(&m, disk_io(o->disk), 1);
	whole_fill(&m);
	mixed_commit_again(m.store);
	assert_int_equal(rs_view_live(m.store, &v), 0);
	assert_true(whole_is_whole(v));
	facts_read(v, &o->live);
	rs_view_put(v);
	read_snap(m.store, &o->snap);
	assert_readable(&o->live);
	assert_readable(&o->snap);
	bm_close(m.db);
	assert_int_equal(rs_close(m.store), 0);
	find_used(o);
}

void flip_original_finish(struct flip_original *o)
{
	facts_finish(&o->live);
	facts_finish(&o->snap);
	free(o->used);
	disk_free(o->disk);
}

/* --- one trial ------------------------------------------------------------ */

struct trial {
	const struct flip_original *o;
	const char *what; /* was done, */
	uint64_t where;
	uint64_t unread; /* facts that say they cannot be read */
	uint64_t findings;
	bool bad, quiet, fill;
};

static void wrong(struct trial *t, const char *text, const char *of)
{
	t->bad = true;
	if (!t->quiet)
		print_error("%s at %llu: %s %s\n", t->what,
			    (unsigned long long)t->where, text, of);
}

static bool is_damage(int err)
{
	return err == -EUCLEAN || err == -EBADMSG || err == -EIO;
}

static void failed_read(struct trial *t, int err, const char *of)
{
	t->unread++;
	if (!is_damage(err))
		wrong(t, "not the error of a damaged store:", of);
}

static void ask(struct trial *t, struct rs_view *v, const struct facts *fs)
{
	for (size_t i = 0; i < fs->n; i++) {
		struct fact f = fact_again(v, &fs->f[i]);

		if (f.err)
			failed_read(t, f.err, f.path);
		else if (f.hash != fs->f[i].hash)
			wrong(t, "another answer of", f.path);
	}
}

static void ask_live(struct trial *t, struct rs_store *s)
{
	struct rs_view *v;
	int err = rs_view_live(s, &v);

	if (err) {
		failed_read(t, err, "the live view");
		return;
	}
	ask(t, v, &t->o->live);
	rs_view_put(v);
}

static void ask_snap(struct trial *t, struct rs_store *s)
{
	struct rs_snap snap;
	struct rs_view *v;
	int err = rs_snap_find(s, WHOLE_SNAP, &snap);

	if (!err)
		err = rs_view_snap(s, snap.id, &v);
	if (err) {
		failed_read(t, err, "the snapshot");
		return;
	}
	ask(t, v, &t->o->snap);
	rs_view_put(v);
}

static void on_finding(void *arg, const char *text)
{
	struct trial *t = arg;

	if (!*text)
		wrong(t, "a finding without a word", "");
	t->findings++;
}

static void check(struct trial *t, struct rs_store *s)
{
	struct rs_check_result result = { 0 };
	int err = fs_check_store(s, on_finding, t, &result);

	if (!err && result.findings != t->findings)
		wrong(t, "findings that were not reported", "");
	if (!err && !t->findings && t->unread)
		wrong(t, "something cannot be read, and the check is happy",
		      "");
}

/* False when it does not open. */
static bool open_and_ask(struct trial *t, struct disk *d, bool write)
{
	const struct rs_open_opts opts = { .read_only = !write };
	struct rs_io *io = disk_io(d);
	struct err e = { 0 };
	struct rs_store *s;

	if (rs_open_io(io, &opts, &s, &e)) {
		if (!e.msg[0])
			wrong(t, "refused without a word", "");
		io->ops->close(io);
		return false;
	}
	if (write && t->fill)
		flip_fill(s);
	else if (write)
		flip_write(s);
	ask_live(t, s);
	ask_snap(t, s);
	if (!write)
		check(t, s);
	rs_abandon(s);
	return true;
}

void flip_try(const struct flip_original *o, const struct disk *d,
	      const char *what, uint64_t where, struct flip_tally *tally)
{
	struct trial t = { .o = o,
			   .what = what,
			   .where = where,
			   .quiet = tally->quiet,
			   .fill = tally->fill };
	struct disk *copy = disk_copy(d);

	if (tally->fill)
		copy->cap = copy->size;
	tally->trials++;
	if (open_and_ask(&t, copy, false))
		open_and_ask(&t, copy, true);
	else
		tally->refused++;
	disk_free(copy);
	tally->unread += t.unread != 0;
	tally->found += t.findings != 0;
	tally->bad += t.bad;
}

void flip_byte(struct flip_original *o, uint64_t at, uint8_t with,
	       struct flip_tally *tally)
{
	o->disk->mem[at] ^= with;
	flip_try(o, o->disk, "a flip", at, tally);
	o->disk->mem[at] ^= with;
}

/* Among those that a byte of the bitmap stands for. The byte may be zero, and
 * the group's record say that the bits are set. */
static bool has_used_page(const struct flip_original *o, uint64_t byte)
{
	for (size_t i = 0; i < o->n_used; i++)
		if (o->used[i] >= GROUP_FIRST &&
		    (o->used[i] - GROUP_FIRST) / 8 == byte)
			return true;
	return false;
}

void flip_bitmaps(struct flip_original *o, struct flip_tally *tally)
{
	tally->fill = true;
	for (unsigned slot = 0; slot < 2; slot++) {
		uint64_t page = (GROUP_FIRST + slot) * RS_PAGE_SIZE;

		for (uint64_t i = 0; i < GROUP_BYTES; i++)
			if (o->disk->mem[page + i] || has_used_page(o, i))
				flip_byte(o, page + i, 0xff, tally);
	}
	tally->fill = false;
}

void flip_supers(struct flip_original *o, uint8_t with,
		 struct flip_tally *tally)
{
	for (uint64_t slot = 1; slot < LOG_FIRST; slot++)
		for (uint64_t i = 0; i < SUPER_BYTES; i++)
			flip_byte(o, slot * RS_PAGE_SIZE + i, with, tally);
}

void flip_say(const struct flip_tally *tally)
{
	printf("%llu trials: %llu refused, %llu with unreadable facts, "
	       "%llu with findings\n",
	       (unsigned long long)tally->trials,
	       (unsigned long long)tally->refused,
	       (unsigned long long)tally->unread,
	       (unsigned long long)tally->found);
}
