/* SPDX-License-Identifier: Apache-2.0 */
/* flip_crash.c - one wrong byte anywhere, and files that end too early.
 *
 * A store with something of everything, live and in a snapshot, is closed.
 * All its facts are noted (facts.h). Then one byte of a used page is changed
 * and the store opened: it is refused with a sentence, or each fact is as it
 * was or says that it cannot be read. Never another answer. And when there is
 * one that cannot be read, the check has a finding.
 *
 * The newest superblock may be the byte's victim; then the store shows the
 * commit before. So that it can be held against the same facts the last commit
 * changes nothing that can be seen.
 *
 * SEED= chooses the bytes, STEPS= how many; STEPS=0 takes every byte there is.
 */
#include "bitmap/set.h"
#include "tests/support/disk.h"
#include "tests/support/facts.h"
#include "tests/support/mixed_work.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SNAP	    "before"
#define FLIPS	    3000u
#define RANDOM_MOST (64u * RS_PAGE_SIZE)

/* A closed store, and what can be seen in it. */
struct original {
	struct disk *disk;
	struct facts live, snap;
	uint32_t *used; /* pages with a byte that is not 0 */
	size_t n_used;
};

static struct original orig;
static uint64_t flip_seed, flip_steps;

/* --- a store with something of everything --------------------------------- */

static struct rs_txn *begin(struct mixed *m)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(m->store, &t), 0);
	return t;
}

static uint64_t make(struct mixed *m, uint64_t dir, const char *name,
		     uint32_t mode)
{
	const struct fs_new new = { .mode = mode,
				    .target = "a/b",
				    .now_ns = 5 };
	struct rs_txn *t = begin(m);
	struct fs_inode in;

	assert_int_equal(fs_make(t, dir, name, &new, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	return in.ino;
}

/* n ranges of len members, step apart. */
static void make_set(struct mixed *m, const char *name, uint64_t n,
		     uint64_t len, uint64_t step)
{
	uint64_t ino = make(m, FS_INO_BITMAPS, name, S_IFREG | 0644);
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = 0, lo = step / 3; i < n; i++, lo += step)
		assert_int_equal(bm_batch_range(&b, lo, lo + len - 1, BM_ADD),
				 0);
	assert_int_equal(bm_append(m->db, ino, &b, 6), 0);
	bm_batch_finish(&b);
	assert_int_equal(bm_settle(m->db, ino), 0);
}

static void write_region(struct mixed *m, uint64_t ino, uint64_t off,
			 size_t len)
{
	static uint8_t data[20000];
	struct fs_inode in;
	struct rs_write *w;
	struct rs_txn *t;

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(off + i * i);
	assert_int_equal(rs_write_prepare(m->store, off, data, len, &w), 0);
	t = begin(m);
	assert_int_equal(fs_inode_get(rs_txn_view(t), ino, &in), 0);
	assert_int_equal(rs_write_apply(t, ino, &in.obj, w), 0);
	assert_int_equal(fs_inode_put(t, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
}

static void set_xattr(struct mixed *m, uint64_t ino, size_t len)
{
	static const char val[3000] = "value";
	struct rs_txn *t = begin(m);

	assert_int_equal(fs_xattr_set(t, ino, "user.x", val, len, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static void fill(struct mixed *m)
{
	uint64_t dir = make(m, FS_INO_REGIONS, "dir", S_IFDIR | 0755);
	uint64_t small = make(m, dir, "small", S_IFREG | 0644);
	uint64_t large = make(m, dir, "large", S_IFREG | 0600);

	make(m, dir, "link", S_IFLNK | 0777);
	make_set(m, "empty", 0, 1, 1);
	make_set(m, "inline", 20, 3, 1000);
	make_set(m, "p32", 3000, 1, 40);
	make_set(m, "u64", 400, 1, (uint64_t)1 << 54);
	make_set(m, "bitset", 6000, 1, 10);
	make_set(m, "run64", 250, 20, (uint64_t)1 << 40);
	write_region(m, small, 0, 500);
	write_region(m, large, 100, 20000);
	write_region(m, large, 300000, 9000);
	set_xattr(m, small, 20);
	set_xattr(m, large, 3000);
	assert_int_equal(rs_snap_create(m->store, SNAP, NULL), 0);
	write_region(m, large, 4096, 3000);
	make_set(m, "later", 300, 2, 70);
	make(m, dir, "later", S_IFREG | 0644);
	assert_int_equal(rs_sync(m->store), 0);
}

static void read_snap(struct rs_store *s, struct facts *ret_facts)
{
	struct rs_snap snap;
	struct rs_view *v;

	assert_int_equal(rs_snap_find(s, SNAP, &snap), 0);
	assert_int_equal(rs_view_snap(s, snap.id, &v), 0);
	facts_read(v, ret_facts);
	rs_view_put(v);
}

static void assert_readable(const struct facts *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		assert_int_equal(fs->f[i].err, 0);
}

/* The kinds of segments there are, a bit for each. */
static unsigned kinds_of(const struct rs_view *v)
{
	static const uint8_t first = RS_KEY_SEGMENT;
	struct bm_record rec;
	struct rs_cursor c;
	unsigned kinds = 0;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, &first, 1);
	for (; !err && c.key[0] == RS_KEY_SEGMENT; err = rs_cursor_next(&c)) {
		assert_int_equal(bm_record_decode(&c, &rec), 0);
		kinds |= 1u << rec.seg.kind;
	}
	rs_cursor_finish(&c);
	return kinds;
}

static void find_used(struct original *o)
{
	size_t pages = o->disk->size / RS_PAGE_SIZE;
	static const uint8_t zeros[RS_PAGE_SIZE];

	o->used = calloc(pages, sizeof(*o->used));
	assert_non_null(o->used);
	for (uint32_t i = 0; i < pages; i++)
		if (memcmp(o->disk->mem + (size_t)i * RS_PAGE_SIZE, zeros,
			   RS_PAGE_SIZE) != 0)
			o->used[o->n_used++] = i;
}

static int setup(void **state)
{
	struct rs_view *v;
	struct rs_io *io;
	struct mixed m;

	(void)state;
	orig.disk = disk_new();
	mixed_format(disk_io(orig.disk));
	io = disk_io(orig.disk);
	mixed_open(&m, io, 1);
	fill(&m);
	mixed_commit_again(m.store);
	assert_int_equal(rs_view_live(m.store, &v), 0);
	assert_int_equal(kinds_of(v), 1u << BM_SEG_P32 | 1u << BM_SEG_U64 |
					      1u << BM_SEG_BITSET |
					      1u << BM_SEG_RUN64);
	facts_read(v, &orig.live);
	rs_view_put(v);
	read_snap(m.store, &orig.snap);
	assert_readable(&orig.live);
	assert_readable(&orig.snap);
	bm_close(m.db);
	assert_int_equal(rs_close(m.store), 0);
	find_used(&orig);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	facts_finish(&orig.live);
	facts_finish(&orig.snap);
	free(orig.used);
	disk_free(orig.disk);
	return 0;
}

/* --- one trial ------------------------------------------------------------ */

struct trial {
	const char *what; /* was done, */
	uint64_t where;
	uint64_t unread; /* facts that say they cannot be read */
	uint64_t findings;
	bool bad;
};

struct tally {
	uint64_t trials, refused, unread, found, bad;
};

static void wrong(struct trial *t, const char *text, const char *of)
{
	t->bad = true;
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
	ask(t, v, &orig.live);
	rs_view_put(v);
}

static void ask_snap(struct trial *t, struct rs_store *s)
{
	struct rs_snap snap;
	struct rs_view *v;
	int err = rs_snap_find(s, SNAP, &snap);

	if (!err)
		err = rs_view_snap(s, snap.id, &v);
	if (err) {
		failed_read(t, err, "the snapshot");
		return;
	}
	ask(t, v, &orig.snap);
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

static void try_disk(struct trial *t, struct disk *d, struct tally *tally)
{
	const struct rs_open_opts opts = { .read_only = true };
	struct rs_io *io = disk_io(d);
	struct err e = { 0 };
	struct rs_store *s;

	tally->trials++;
	if (rs_open_io(io, &opts, &s, &e)) {
		if (!e.msg[0])
			wrong(t, "refused without a word", "");
		tally->refused++;
		io->ops->close(io);
	} else {
		ask_live(t, s);
		ask_snap(t, s);
		check(t, s);
		rs_abandon(s);
	}
	tally->unread += t->unread != 0;
	tally->found += t->findings != 0;
	tally->bad += t->bad;
}

static void say(const struct tally *tally)
{
	printf("%llu trials: %llu refused, %llu with unreadable facts, "
	       "%llu with findings\n",
	       (unsigned long long)tally->trials,
	       (unsigned long long)tally->refused,
	       (unsigned long long)tally->unread,
	       (unsigned long long)tally->found);
}

/* --- the tests ------------------------------------------------------------ */

static void an_untouched_store_is_as_it_was(void **state)
{
	struct trial t = { .what = "nothing" };
	struct tally tally = { 0 };

	(void)state;
	try_disk(&t, orig.disk, &tally);
	assert_int_equal(tally.refused + tally.unread + tally.found, 0);
	assert_int_equal(tally.bad, 0);
}

static void flip(uint64_t at, uint8_t with, struct tally *tally)
{
	struct trial t = { .what = "a flip", .where = at };

	orig.disk->mem[at] ^= with;
	try_disk(&t, orig.disk, tally);
	orig.disk->mem[at] ^= with;
}

static uint64_t place(size_t page, uint64_t byte)
{
	return (uint64_t)orig.used[page] * RS_PAGE_SIZE + byte;
}

static void a_wrong_byte_is_never_believed(void **state)
{
	struct tally tally = { 0 };
	struct rng r;

	(void)state;
	rng_init(&r, flip_seed);
	for (uint64_t i = 0; i < flip_steps; i++)
		flip(place(rng_below(&r, orig.n_used),
			   rng_below(&r, RS_PAGE_SIZE)),
		     (uint8_t)(1 + rng_below(&r, 255)), &tally);
	for (size_t page = 0; !flip_steps && page < orig.n_used; page++)
		for (uint64_t byte = 0; byte < RS_PAGE_SIZE; byte++)
			flip(place(page, byte),
			     (uint8_t)(1 + rng_below(&r, 255)), &tally);
	printf("%zu pages are used; ", orig.n_used);
	say(&tally);
	assert_int_equal(tally.bad, 0);
	assert_true(tally.unread > 0 && tally.found >= tally.unread);
}

/* Shorter and shorter. */
static void a_file_that_ends_early_is_not_believed(void **state)
{
	struct disk *d = disk_copy(orig.disk);
	struct tally tally = { 0 };

	(void)state;
	for (uint64_t pages = d->size / RS_PAGE_SIZE; pages-- > 0;) {
		struct trial t = { .what = "cut off", .where = pages };

		assert_int_equal(disk_resize(d, pages * RS_PAGE_SIZE), 0);
		try_disk(&t, d, &tally);
	}
	say(&tally);
	assert_int_equal(tally.bad, 0);
	assert_int_equal(tally.refused, tally.trials);
	disk_free(d);
}

/* Also behind the first pages of a store. */
static void random_bytes_are_refused(void **state)
{
	struct tally tally = { 0 };
	struct rng r;

	(void)state;
	rng_init(&r, flip_seed);
	for (unsigned i = 0; i < 200; i++) {
		struct trial t = { .what = "random file", .where = i };
		uint64_t size = rng_below(&r, RANDOM_MOST);
		uint64_t good = i % 2 * (1 + rng_below(&r, 4)) * RS_PAGE_SIZE;
		struct disk *d = disk_new();

		for (uint64_t at = 0; at < size; at += 8) {
			uint64_t x = rng_u64(&r);

			disk_write(d, at, &x, 8);
		}
		disk_write(d, 0, orig.disk->mem, good);
		try_disk(&t, d, &tally);
		disk_free(d);
	}
	say(&tally);
	assert_int_equal(tally.bad, 0);
	assert_int_equal(tally.refused, tally.trials);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_untouched_store_is_as_it_was),
		cmocka_unit_test(a_wrong_byte_is_never_believed),
		cmocka_unit_test(a_file_that_ends_early_is_not_believed),
		cmocka_unit_test(random_bytes_are_refused),
	};

	flip_seed = rng_seed();
	flip_steps = rng_steps(FLIPS);
	return cmocka_run_group_tests(tests, setup, teardown);
}
