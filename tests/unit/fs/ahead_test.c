/* SPDX-License-Identifier: Apache-2.0 */
/* ahead_test.c - whoever reads, in whatever order, reads what is in the file;
 * blocks are there for readers in order alone, and never more than allowed.
 */
#include <pthread.h>
#include <stdio.h>

#include "fs/ahead.h"
#include "tests/support/rng.h"
#include "tests/unit/fs/fs_fixture.h"

#define MEMBERS 400000u
#define READERS 4u
#define MANY	(FS_AHEAD_MAX + 4)
#define PIECE	((size_t)128 << 10)

struct fixture {
	void *fs;
	struct rs_view *at;
	struct bm_view *view;
	struct bm_file *file;
	char *text; /* all of it */
	size_t size;
	struct fs_aheads all;
};
static struct fixture f;

static int make(void **state)
{
	struct fs_session *s;
	char line[32];
	uint64_t ino;
	size_t got;

	fsf_setup(state);
	f.fs = *state;
	ino = fsf_set(f.fs, "s");
	s = fsf_open(f.fs, ino, O_WRONLY);
	for (unsigned i = 0; i < MEMBERS / 100000; i++) {
		snprintf(line, sizeof(line), "%u000000-%u099999\n", i + 1,
			 i + 1);
		assert_int_equal(fsf_append(s, ALICE, line), 0);
	}
	fsf_close(f.fs, ino, s);
	assert_int_equal(bm_settle(((struct fs *)f.fs)->db, ino), 0);
	assert_int_equal(rs_view_live(((struct fs *)f.fs)->store, &f.at), 0);
	assert_int_equal(bm_view_open(f.at, ino, &f.view), 0);
	assert_int_equal(bm_file_open(f.view, BM_FORMAT_TEXT, &f.file), 0);
	f.size = (size_t)bm_file_size(f.file);
	f.text = malloc(f.size);
	assert_int_equal(bm_file_read(f.file, 0, f.text, f.size, &got), 0);
	assert_int_equal(got, f.size);
	assert_true(f.size > 8 * FS_AHEAD_BLOCK);
	fs_aheads_init(&f.all);
	return fs_aheads_start(&f.all);
}

static int unmake(void **state)
{
	fs_aheads_finish(&f.all);
	free(f.text);
	bm_file_close(f.file);
	bm_view_close(f.view);
	rs_view_put(f.at);
	*state = f.fs;
	return fsf_teardown(state);
}

/* One read, compared; how much it was. */
static size_t expect_read(struct fs_ahead *a, uint64_t off, size_t len)
{
	size_t want = off < f.size ? f.size - (size_t)off : 0;
	char *buf = malloc(len);
	size_t got = 0;

	want = want < len ? want : len;
	assert_int_equal(fs_ahead_read(&f.all, a, f.file, off, buf, len, &got),
			 0);
	assert_int_equal(got, want);
	if (got)
		assert_memory_equal(buf, f.text + off, got);
	free(buf);
	return got;
}

static void in_order_in_any_pieces(void **state)
{
	const size_t pieces[] = { 1000003, 4096,  PIECE, FS_AHEAD_BLOCK,
				  262145,  99991, PIECE, (size_t)1 << 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct fs_ahead a = { 0 };
		uint64_t off = 0;
		size_t n;

		while ((n = expect_read(&a, off, pieces[i])) > 0)
			off += n;
		assert_int_equal(off, f.size);
		fs_ahead_end(&f.all, &a);
	}
}

/* Mostly in order, sometimes elsewhere, sometimes ended in the middle. */
static void read_at_random(uint64_t seed)
{
	struct fs_ahead a = { 0 };
	uint64_t off = 0;
	struct rng r;

	rng_init(&r, seed);
	for (unsigned i = 0; i < 300; i++) {
		size_t len = 1 + (size_t)rng_below(&r, 3 * PIECE);

		off += expect_read(&a, off, len);
		if (off >= f.size || rng_below(&r, 12) == 0)
			off = rng_below(&r, f.size + 10);
		if (rng_below(&r, 20) == 0)
			fs_ahead_end(&f.all, &a);
	}
	fs_ahead_end(&f.all, &a);
}

static void at_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 5; seed++)
		read_at_random(seed);
}

static void *reader(void *seed)
{
	read_at_random(*(const uint64_t *)seed);
	return NULL;
}

static void several_at_once(void **state)
{
	pthread_t t[READERS];
	uint64_t seeds[READERS];

	(void)state;
	for (unsigned i = 0; i < READERS; i++) {
		seeds[i] = 100 + i;
		assert_int_equal(pthread_create(&t[i], NULL, reader, &seeds[i]),
				 0);
	}
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(t[i], NULL);
}

static void to_where_blocks_are(struct fs_ahead *a)
{
	while (a->next < FS_AHEAD_FROM + PIECE)
		expect_read(a, a->next, PIECE);
}

/* Skipped where there is one CPU: the fixture's threads are not there. */
static bool is_on(void)
{
	return f.all.n_threads > 0;
}

static void blocks_only_for_who_reads_in_order(void **state)
{
	struct fs_ahead a = { 0 };

	(void)state;
	if (!is_on())
		skip();
	expect_read(&a, 0, PIECE);
	assert_null(a.blocks); /* not long enough yet */
	to_where_blocks_are(&a);
	assert_non_null(a.blocks);
	expect_read(&a, 5, PIECE);
	assert_null(a.blocks); /* elsewhere */
	for (unsigned i = 0; i < 20; i++)
		expect_read(&a, i % 2 * PIECE * 3, PIECE);
	assert_null(a.blocks);
	expect_read(&a, 0, PIECE);
	while (expect_read(&a, a.next, PIECE))
		;
	assert_null(a.blocks); /* the end */
	fs_ahead_end(&f.all, &a);
}

static void no_more_readers_than_allowed(void **state)
{
	struct fs_ahead a[MANY] = { 0 };
	unsigned n = 0;

	(void)state;
	if (!is_on())
		skip();
	for (unsigned i = 0; i < MANY; i++) {
		to_where_blocks_are(&a[i]);
		n += a[i].blocks != NULL;
	}
	assert_int_equal(n, FS_AHEAD_MAX);
	fs_ahead_end(&f.all, &a[0]);
	expect_read(&a[MANY - 1], a[MANY - 1].next, PIECE);
	assert_non_null(a[MANY - 1].blocks);
	for (unsigned i = 0; i < MANY; i++) {
		expect_read(&a[i], a[i].next, PIECE);
		fs_ahead_end(&f.all, &a[i]);
	}
}

/* What was ordered and not made is made by the reader, or given up. */
static void without_threads_reading_goes_on(void **state)
{
	struct fs_ahead a = { 0 };
	struct fs_ahead b = { 0 };

	(void)state;
	to_where_blocks_are(&a);
	to_where_blocks_are(&b);
	fs_aheads_stop(&f.all);
	while (expect_read(&a, a.next, PIECE))
		;
	fs_ahead_end(&f.all, &b);
	to_where_blocks_are(&b);
	assert_null(b.blocks);
	assert_int_equal(fs_aheads_start(&f.all), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_in_any_pieces),
		cmocka_unit_test(at_random),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(blocks_only_for_who_reads_in_order),
		cmocka_unit_test(no_more_readers_than_allowed),
		cmocka_unit_test(without_threads_reading_goes_on),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
