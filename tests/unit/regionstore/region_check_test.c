/* SPDX-License-Identifier: Apache-2.0 */
/* region_check_test.c - are the chunks of regions what they should be? */

#include "tests/support/test.h"

#include "regionstore/region.h"
#include "regionstore/region_check.h"
#include "tests/support/region_store.h"

#include <stdio.h>
#include <string.h>

/* What a check said and which pages it saw. */
struct seen {
	unsigned findings;
	uint64_t pages;
	char last[200];
};

static void find(void *arg, const char *text)
{
	struct seen *seen = arg;

	seen->findings++;
	snprintf(seen->last, sizeof(seen->last), "%s", text);
}

static void own(void *arg, uint64_t pgno, uint32_t npages, uint64_t birth)
{
	struct seen *seen = arg;

	assert_true(pgno != 0 && birth != 0);
	seen->pages += npages;
}

static void write(struct region_fixture *f, uint64_t off, size_t len)
{
	assert_int_equal(region_write(f->s, REGION_INO, off, f->data, len), 0);
}

static struct rs_chunk load(struct region_fixture *f, uint64_t index)
{
	struct rs_chunk c;
	struct rs_view *v;

	assert_int_equal(rs_view_live(f->s, &v), 0);
	assert_int_equal(rs_chunk_load(v, REGION_INO, index, &c), 0);
	rs_view_put(v);
	return c;
}

static struct seen check_record(struct region_fixture *f, uint64_t index,
				const void *val, size_t len, bool fast)
{
	struct rs_cursor at = { .key_len = RS_CHUNK_KEY_SIZE,
				.val = val,
				.val_len = len };
	struct seen seen = { 0 };

	rs_chunk_key(REGION_INO, index, at.key);
	rs_region_check(f->s, &at, fast, own, find, &seen);
	return seen;
}

static struct seen check(struct region_fixture *f, uint64_t index,
			 const struct rs_chunk *c)
{
	uint8_t val[RS_CHUNK_VAL_MAX];

	return check_record(f, index, val, rs_chunk_encode(c, val), false);
}

static struct seen check_sums(struct region_fixture *f, struct rs_txn *t)
{
	struct seen seen = { 0 };

	(void)f;
	assert_int_equal(rs_region_check_sums(rs_txn_view(t), find, &seen), 0);
	return seen;
}

/* Each page of a sound chunk is owned once. */
static void is_content_with_a_sound_chunk(void **state)
{
	struct region_fixture *f = *state;
	struct rs_chunk c;
	struct seen seen;

	write(f, 100, 300000);
	c = load(f, 0);
	seen = check(f, 0, &c);
	assert_int_equal(seen.findings, 0);
	assert_int_equal(seen.pages, 64);
}

/* Every block that differs is found, although it was verified before. */
static void finds_wrong_checksums(void **state)
{
	struct region_fixture *f = *state;
	struct rs_chunk c;
	struct seen seen;

	write(f, 0, 100000);
	c = load(f, 0);
	c.csum[3] ^= 1;
	c.csum[20] ^= 1;
	seen = check(f, 0, &c);
	assert_int_equal(seen.findings, 2);
	assert_int_equal(seen.pages, 25);
	assert_non_null(strstr(seen.last, "region 16: chunk 0, block 20"));
}

/* Who is in a hurry reads no content, and still knows whose pages they are. */
static void leaves_content_alone_when_fast(void **state)
{
	struct region_fixture *f = *state;
	uint8_t val[RS_CHUNK_VAL_MAX];
	struct rs_chunk c;
	struct seen seen;

	write(f, 0, 100000);
	c = load(f, 0);
	c.csum[3] ^= 1;
	seen = check_record(f, 0, val, rs_chunk_encode(&c, val), true);
	assert_int_equal(seen.findings, 0);
	assert_int_equal(seen.pages, 25);
}

/* A page outside the file is found and not touched. */
static void finds_pages_outside_the_file(void **state)
{
	struct region_fixture *f = *state;
	struct rs_chunk c;

	write(f, 0, 8192);
	c = load(f, 0);
	c.pgno[1] = (uint64_t)1 << 40;
	assert_int_equal(check(f, 0, &c).findings, 1);
}

/* Keys and values that do not decode are findings, not errors. */
static void finds_records_that_do_not_decode(void **state)
{
	struct region_fixture *f = *state;
	struct rs_cursor at = { .key_len = 16, .val = "x", .val_len = 1 };
	struct seen seen = { 0 };
	struct rs_chunk c;

	assert_int_equal(check_record(f, 0, "x", 1, false).findings, 1);
	rs_chunk_key(REGION_INO, 0, at.key);
	rs_region_check(f->s, &at, false, own, find, &seen);
	assert_int_equal(seen.findings, 1);
	write(f, 0, 8192);
	c = load(f, 0);
	assert_int_equal(check(f, RS_REGION_MAX / RS_CHUNK_SIZE, &c).findings,
			 1);
}

/* Change the object behind its chunks' back: size, stored, all of it. */
static void finds_objects_that_disagree(void **state)
{
	struct region_fixture *f = *state;
	struct rs_object obj;
	struct rs_region r;
	struct rs_txn *t;

	write(f, 0, 600000);
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), REGION_INO, &obj), 0);
	assert_int_equal(rs_region_decode(&obj, &r), 0);
	assert_int_equal(check_sums(f, t).findings, 0);

	r.stored -= 4096;
	assert_int_equal(rs_region_encode(&r, &obj), 0);
	assert_int_equal(rs_object_put(t, REGION_INO, &obj), 0);
	assert_int_equal(check_sums(f, t).findings, 1);

	r.size = 146 * 4096;
	assert_int_equal(rs_region_encode(&r, &obj), 0);
	assert_int_equal(rs_object_put(t, REGION_INO, &obj), 0);
	assert_int_equal(check_sums(f, t).findings, 2);

	rs_region_init(&obj);
	assert_int_equal(rs_object_put(t, REGION_INO, &obj), 0);
	assert_int_equal(check_sums(f, t).findings, 3);

	obj.body_len = 3;
	assert_int_equal(rs_object_put(t, REGION_INO, &obj), 0);
	assert_int_equal(check_sums(f, t).findings, 1);

	obj.kind = RS_KIND_DIR;
	assert_int_equal(rs_object_put(t, REGION_INO, &obj), 0);
	assert_int_equal(check_sums(f, t).findings, 1);

	assert_int_equal(rs_object_del(t, REGION_INO), 0);
	assert_int_equal(check_sums(f, t).findings, 1);
	rs_txn_abort(t);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, region_setup, region_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_content_with_a_sound_chunk),
		TEST(finds_wrong_checksums),
		TEST(leaves_content_alone_when_fast),
		TEST(finds_pages_outside_the_file),
		TEST(finds_records_that_do_not_decode),
		TEST(finds_objects_that_disagree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
