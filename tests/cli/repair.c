/* SPDX-License-Identifier: Apache-2.0 */
/* repair.c - a byte of every page is turned, and the store repaired.
 *
 * For each page in use, and for some pairs of pages: what the repair says it
 * would give up is what it gives up, the first run changes no byte, the check
 * finds nothing afterwards, and everything whose path was not named is as it
 * was, in the newest commit, or, where the repair said so, in the one before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/ns.h"
#include "fs/repair.h"
#include "regionstore/base/buf.h"
#include "regionstore/layout.h"
#include "tests/support/facts.h"
#include "tests/support/fill_store.h"
#include "tests/support/test.h"

static char path[] = "/tmp/roarfs-repair.XXXXXX";

struct image {
	uint8_t *mem;
	size_t size;
};

static struct image good;
static struct facts now, before; /* of the last two commits */

/* --- a store, and what is in it ------------------------------------------- */

static struct image load(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct image im = { .size = (size_t)lseek(fd, 0, SEEK_END) };

	im.mem = malloc(im.size);
	assert_non_null(im.mem);
	assert_int_equal(pread(fd, im.mem, im.size, 0), im.size);
	close(fd);
	return im;
}

static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, RS_PAGE_SIZE - 1) == 0;
}

/* Sparse, as it was. */
static void store(const struct image *im)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(ftruncate(fd, (off_t)im->size), 0);
	for (size_t at = 0; at < im->size; at += RS_PAGE_SIZE)
		if (!is_zero(im->mem + at))
			assert_int_equal(pwrite(fd, im->mem + at, RS_PAGE_SIZE,
						(off_t)at),
					 RS_PAGE_SIZE);
	close(fd);
}

static struct rs_store *open_store(void)
{
	const struct rs_open_opts opts = { 0 };
	struct err e = { 0 };
	struct rs_store *s;

	if (rs_open(path, &opts, &s, &e))
		fail_msg("cannot be opened: %s", e.msg);
	return s;
}

static void read_facts(struct rs_store *s, struct facts *f)
{
	struct rs_view *v;

	assert_int_equal(rs_view_live(s, &v), 0);
	facts_read(v, f);
	rs_view_put(v);
}

static void change(struct rs_store *s)
{
	struct fs_new n = { .mode = 0100644, .now_ns = 1 };
	struct fs_inode in;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(fs_make(t, FS_INO_REGIONS, "last", &n, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(s), 0);
}

static void make_good(void)
{
	struct rs_store *s;

	assert_true(mkstemp(path) >= 0);
	unlink(path);
	assert_int_equal(rs_create(path, NULL), 0);
	s = open_store();
	assert_int_equal(fs_format(s, 0, 0, 1), 0);
	fill_store(s);
	assert_int_equal(rs_sync(s), 0);
	read_facts(s, &before);
	change(s);
	read_facts(s, &now);
	rs_abandon(s);
	good = load();
}

/* --- one repair ----------------------------------------------------------- */

static void collect(void *arg, const char *text)
{
	assert_int_equal(buf_append(arg, text, strlen(text)), 0);
	assert_int_equal(buf_append(arg, "\n", 1), 0);
}

/* What it said; the caller frees it. */
static char *repair(bool dry, int *ret_err, uint64_t *ret_findings)
{
	struct buf b = { 0 };
	struct fs_repair how = { .dry = dry, .say = collect, .arg = &b };
	struct err e = { 0 };
	char *text;

	*ret_err = fs_repair(path, &how, &e);
	*ret_findings = how.findings;
	if (*ret_err)
		collect(&b, e.msg);
	assert_int_equal(buf_append(&b, "", 1), 0);
	text = strdup((const char *)buf_data(&b));
	buf_finish(&b);
	return text;
}

static void expect_unchanged(const struct image *im)
{
	struct image is = load();

	assert_int_equal(is.size, im->size);
	assert_memory_equal(is.mem, im->mem, im->size);
	free(is.mem);
}

static bool same(const struct fact *a, const struct fact *b)
{
	return a->err == b->err && a->hash == b->hash;
}

static bool is_in(const struct facts *f, const struct fact *is)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->f[i].kind == is->kind &&
		    strcmp(f->f[i].path, is->path) == 0)
			return same(&f->f[i], is);
	return false;
}

/* As it was in one of these two, or named. */
static unsigned compare(struct rs_store *s, const char *text,
			const struct facts *was, const struct facts *or_was)
{
	struct rs_view *v;
	unsigned lost = 0;

	assert_int_equal(rs_view_live(s, &v), 0);
	for (size_t i = 0; i < was->n; i++) {
		struct fact is = fact_again(v, &was->f[i]);

		if (same(&is, &was->f[i]) || is_in(or_was, &is))
			continue;
		lost++;
		if (!strstr(text, was->f[i].path))
			fail_msg("'%s' (%d) is not as it was, and not named:\n"
				 "%s",
				 was->f[i].path, was->f[i].kind, text);
	}
	rs_view_put(v);
	return lost;
}

static void say(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

static unsigned expect_repaired(const char *text)
{
	bool back = strstr(text, "all changes after commit") != NULL;
	struct rs_store *s = open_store();
	struct rs_check_result result;
	unsigned lost;

	assert_int_equal(fs_check_store(s, say, NULL, &result), 0);
	if (result.findings)
		fail_msg("findings are left, after:\n%s", text);
	lost = compare(s, text, back ? &before : &now, &now);
	rs_abandon(s);
	return lost;
}

/* Turn the bytes at these places, and repair. Number of facts lost. */
static unsigned damage(const uint64_t *at, size_t n, const char **ret_text)
{
	static unsigned round;
	static char *text;
	uint64_t first = n ? at[0] : 0;
	uint64_t findings;
	char *plan;
	unsigned lost;
	int err;

	for (size_t i = 0; i < n; i++)
		good.mem[at[i]] ^= 0xff;
	store(&good);
	plan = repair(true, &err, &findings);
	if (err || findings)
		fail_msg("byte %llu: %d, %llu findings, after:\n%s",
			 (unsigned long long)first, err,
			 (unsigned long long)findings, plan);
	if (round++ % 16 == 0) /* 64 MiB each time */
		expect_unchanged(&good);
	free(text);
	text = repair(false, &err, &findings);
	assert_int_equal(err, 0);
	assert_string_equal(text, plan);
	lost = expect_repaired(text);
	for (size_t i = 0; i < n; i++)
		good.mem[at[i]] ^= 0xff;
	free(plan);
	if (ret_text)
		*ret_text = text;
	return lost;
}

/* --- tests ---------------------------------------------------------------- */

static void any_page_may_be_damaged(void **state)
{
	unsigned pages = 0, harmless = 0;

	(void)state;
	for (uint64_t p = 0; p < good.size / RS_PAGE_SIZE; p++) {
		/* In what is hashed, also of a payload that ends early. */
		uint64_t at = rs_bytes(p) + (p < RS_GROUP_FIRST ? 90 : 1000);

		if (is_zero(good.mem + rs_bytes(p)))
			continue;
		pages++;
		harmless += damage(&at, 1, NULL) == 0;
	}
	print_message("%u pages, %u without loss\n", pages, harmless);
	assert_true(pages > 50 && harmless > 0 && harmless < pages);
}

/* Both superblocks: what the last clean close wrote is left, or nothing. */
static void both_superblocks(void **state)
{
	const uint64_t at[] = { rs_bytes(1) + 90, rs_bytes(2) + 90 };
	const char *text;

	(void)state;
	/* The steady one is of the empty store: its pages may be anything. */
	good.mem[at[0]] ^= 0xff;
	good.mem[at[1]] ^= 0xff;
	store(&good);
	good.mem[at[0]] ^= 0xff;
	good.mem[at[1]] ^= 0xff;
	{
		uint64_t findings;
		int err;
		char *said = repair(true, &err, &findings);

		assert_non_null(strstr(said, "the first superblock"));
		assert_non_null(strstr(said, "the second superblock"));
		free(said);
	}
	(void)text;
}

static void header_and_a_superblock(void **state)
{
	const uint64_t one[] = { 90, rs_bytes(1) + 90 };
	const uint64_t two[] = { 90, rs_bytes(2) + 90 };
	const char *text;

	(void)state;
	damage(one, 2, &text);
	assert_non_null(strstr(text, "header is damaged"));
	damage(two, 2, &text);
	assert_non_null(strstr(text, "header is damaged"));
}

static void both_slots_of_a_bitmap(void **state)
{
	const uint64_t at[] = { rs_bytes(RS_GROUP_FIRST) + 100,
				rs_bytes(RS_GROUP_FIRST + 1) + 100 };

	(void)state;
	assert_int_equal(damage(at, 2, NULL), 0);
}

static void a_sound_store_loses_nothing(void **state)
{
	const char *text;

	(void)state;
	assert_int_equal(damage(NULL, 0, &text), 0);
	assert_string_equal(text, "");
}

static void what_is_no_store_stays_as_it_is(void **state)
{
	struct image noise = { .size = (RS_FILE_PAGES_MIN + 100) *
				       RS_PAGE_SIZE };
	uint64_t findings;
	char *text;
	int err;

	(void)state;
	noise.mem = malloc(noise.size);
	assert_non_null(noise.mem);
	memset(noise.mem, 0x5a, noise.size);
	store(&noise);
	text = repair(false, &err, &findings);
	assert_int_equal(err, -EUCLEAN);
	assert_non_null(strstr(text, "salvage"));
	expect_unchanged(&noise);
	free(text);
	free(noise.mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_store_loses_nothing),
		cmocka_unit_test(any_page_may_be_damaged),
		cmocka_unit_test(both_superblocks),
		cmocka_unit_test(header_and_a_superblock),
		cmocka_unit_test(both_slots_of_a_bitmap),
		cmocka_unit_test(what_is_no_store_stays_as_it_is),
	};
	int failed;

	make_good();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	facts_finish(&now);
	facts_finish(&before);
	free(good.mem);
	return failed;
}
