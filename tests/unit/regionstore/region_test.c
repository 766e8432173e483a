/* SPDX-License-Identifier: Apache-2.0 */
/* region_test.c - the body of a region. */

#include "tests/support/test.h"

#include "regionstore/region.h"
#include "tests/support/mem_store.h"

#include <string.h>

#define BODY sizeof(struct rs_disk_region)

static struct rs_object body(uint64_t size, uint64_t stored, uint32_t flags,
			     size_t inline_len)
{
	struct rs_disk_region d = { .size = le64_put(size),
				    .stored = le64_put(stored),
				    .flags = le32_put(flags) };
	struct rs_object obj = { .kind = RS_KIND_REGION,
				 .body_len = BODY + inline_len };

	memcpy(obj.body, &d, sizeof(d));
	return obj;
}

static void assert_refused(const struct rs_object *obj)
{
	struct rs_region_info info = { .size = 5 };

	assert_int_equal(rs_region_info(obj, &info), -EUCLEAN);
	assert_int_equal(info.size, 5);
}

static void assert_info(const struct rs_object *obj, uint64_t size,
			uint64_t stored)
{
	struct rs_region_info info;

	assert_int_equal(rs_region_info(obj, &info), 0);
	assert_int_equal(info.size, size);
	assert_int_equal(info.stored, stored);
}

/* A new region is a region, has no bytes, and stores none. */
static void begins_empty(void **state)
{
	struct rs_object obj = { .attr_len = 3, .attr = "abc" };

	(void)state;
	rs_region_init(&obj);
	assert_int_equal(obj.kind, RS_KIND_REGION);
	assert_int_equal(obj.attr_len, 3);
	assert_info(&obj, 0, 0);
}

/* Inline bytes are stored; zeros behind them are not. */
static void counts_what_is_stored(void **state)
{
	struct rs_object obj = body(10, 0, RS_REGION_INLINE, 10);

	(void)state;
	assert_info(&obj, 10, 10);
	obj = body(1 << 30, 0, RS_REGION_INLINE, 10);
	assert_info(&obj, 1 << 30, 10);
	obj = body(5000, 4096, 0, 0);
	assert_info(&obj, 5000, 4096);
	obj = body(RS_REGION_MAX, 0, 0, 0);
	assert_info(&obj, RS_REGION_MAX, 0);
}

static void refuses_what_is_no_body(void **state)
{
	struct rs_object obj = body(0, 0, RS_REGION_INLINE, 0);

	(void)state;
	obj.kind = RS_KIND_SET;
	assert_refused(&obj);
	obj.kind = RS_KIND_REGION;
	obj.body_len = BODY - 1;
	assert_refused(&obj);
	obj.body_len = RS_BODY_MAX + 1;
	assert_refused(&obj);
}

/* Each breaks one of the rules R1 to R3. */
static void refuses_wrong_bodies(void **state)
{
	static const struct {
		uint64_t size, stored;
		uint32_t flags;
		size_t inline_len;
	} bad[] = {
		{ 9, 0, RS_REGION_INLINE, 10 },
		{ 2000, 0, RS_REGION_INLINE, 1025 },
		{ 10, 4096, RS_REGION_INLINE, 10 },
		{ 10, 0, 0x2, 0 },
		{ 10, 0, 0, 10 },
		{ RS_REGION_MAX + 1, 0, 0, 0 },
		{ 5000, 4095, 0, 0 },
		{ 5000, 3 * 4096, 0, 0 },
		{ UINT64_MAX, UINT64_MAX, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rs_object obj = body(bad[i].size, bad[i].stored,
					    bad[i].flags, bad[i].inline_len);

		assert_refused(&obj);
	}
}

/* A change that finds the chunks to be more than stored said is refused. */
static void does_not_encode_what_cannot_be(void **state)
{
	struct rs_region r = { .size = 4096, .stored = 8192 };
	struct rs_object obj = body(7, 0, RS_REGION_INLINE, 0);

	(void)state;
	assert_int_equal(rs_region_encode(&r, &obj), -EUCLEAN);
	assert_info(&obj, 7, 0);
}

/* The key of a chunk sorts by inode, then by place; no other key is one. */
static void reads_its_own_keys_only(void **state)
{
	uint8_t key[RS_CHUNK_KEY_SIZE];
	uint64_t ino, index;

	(void)state;
	rs_chunk_key(0x0102, 0x0304, key);
	assert_true(rs_chunk_key_parse(key, sizeof(key), &ino, &index));
	assert_int_equal(ino, 0x0102);
	assert_int_equal(index, 0x0304);
	assert_int_equal(key[8], 2);
	assert_int_equal(key[16], 4);
	assert_false(rs_chunk_key_parse(key, 16, &ino, &index));
	key[0] = RS_KEY_SEGMENT;
	assert_false(rs_chunk_key_parse(key, sizeof(key), &ino, &index));
}

/* Records of chunks: absent is a hole, a hole is absent, wrong is wrong. */
static void stores_chunks_as_records(void **state)
{
	struct rs_run run = { .first = 3, .len = 1, .pgno = 900, .birth = 1 };
	struct rs_store *s = mem_store_new();
	struct rs_chunk c = { 0 }, got;
	uint8_t key[RS_CHUNK_KEY_SIZE];
	uint64_t index;
	struct rs_txn *t;

	(void)state;
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_chunk_load(rs_txn_view(t), 1, 5, &got), 0);
	assert_int_equal(rs_chunk_count(&got), 0);
	rs_chunk_set(&c, &run, &(uint64_t){ 42 });
	assert_int_equal(rs_chunk_store(t, 1, 5, &c), 0);
	assert_int_equal(rs_chunk_seek(rs_txn_view(t), 1, 0, &index, &got), 0);
	assert_int_equal(index, 5);
	assert_memory_equal(&got, &c, sizeof(c));
	assert_int_equal(rs_chunk_seek(rs_txn_view(t), 1, 6, &index, &got),
			 -ENOENT);
	assert_int_equal(rs_chunk_seek(rs_txn_view(t), 0, 0, &index, &got),
			 -ENOENT);
	rs_chunk_drop(&c, 0, RS_CHUNK_BLOCKS);
	assert_int_equal(rs_chunk_store(t, 1, 5, &c), 0);
	assert_int_equal(rs_chunk_store(t, 1, 5, &c), 0);
	assert_int_equal(rs_chunk_seek(rs_txn_view(t), 1, 0, &index, &got),
			 -ENOENT);
	rs_chunk_key(1, 5, key);
	assert_int_equal(rs_put(t, key, sizeof(key), "rubbish", 7, 0), 0);
	assert_int_equal(rs_chunk_load(rs_txn_view(t), 1, 5, &got), -EUCLEAN);
	rs_txn_abort(t);
	mem_store_free(s);
}

/* A chunk that lies behind the largest region is damage. */
static void refuses_chunks_beyond_the_limit(void **state)
{
	struct rs_run run = { .first = 3, .len = 1, .pgno = 900, .birth = 1 };
	struct rs_store *s = mem_store_new();
	struct rs_chunk c = { 0 };
	uint64_t index;
	struct rs_txn *t;

	(void)state;
	assert_int_equal(rs_txn_begin(s, &t), 0);
	rs_chunk_set(&c, &run, &(uint64_t){ 42 });
	assert_int_equal(
		rs_chunk_store(t, 1, RS_REGION_MAX / RS_CHUNK_SIZE, &c), 0);
	assert_int_equal(rs_chunk_seek(rs_txn_view(t), 1, 0, &index, &c),
			 -EUCLEAN);
	rs_txn_abort(t);
	mem_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_empty),
		cmocka_unit_test(counts_what_is_stored),
		cmocka_unit_test(refuses_what_is_no_body),
		cmocka_unit_test(refuses_wrong_bodies),
		cmocka_unit_test(does_not_encode_what_cannot_be),
		cmocka_unit_test(reads_its_own_keys_only),
		cmocka_unit_test(stores_chunks_as_records),
		cmocka_unit_test(refuses_chunks_beyond_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
