/* SPDX-License-Identifier: Apache-2.0 */
/* object_test.c - the record that everything with an inode number has. */

#include "tests/support/test.h"

#include "tests/support/mem_store.h"

#include <string.h>

#define INO 77u

static struct rs_txn *begin(struct rs_store *s)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	return t;
}

static int get(struct rs_store *s, struct rs_object *ret_obj)
{
	struct rs_view *v;
	int err;

	assert_int_equal(rs_view_live(s, &v), 0);
	err = rs_object_get(v, INO, ret_obj);
	rs_view_put(v);
	return err;
}

/* Put these bytes as the record and see what a get says. */
static int get_raw(struct rs_store *s, const void *val, size_t len)
{
	static const uint8_t key[9] = { RS_KEY_OBJECT, [8] = INO };
	struct rs_txn *t = begin(s);
	struct rs_object obj;

	assert_int_equal(rs_put(t, key, sizeof(key), val, len, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
	return get(s, &obj);
}

/* The largest object there is comes back as it was. */
static void keeps_what_it_is_given(void **state)
{
	struct rs_store *s = mem_store_new();
	struct rs_object obj = { .kind = RS_KIND_SOCKET,
				 .attr_len = RS_ATTR_MAX,
				 .body_len = RS_BODY_MAX,
				 .weight = 7 };
	struct rs_object got;
	struct rs_txn *t = begin(s);

	(void)state;
	memset(obj.attr, 0xa1, sizeof(obj.attr));
	memset(obj.body, 0xb2, sizeof(obj.body));
	assert_int_equal(rs_object_put(t, INO, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(get(s, &got), 0);
	assert_int_equal(got.kind, RS_KIND_SOCKET);
	assert_int_equal(got.weight, 7);
	assert_int_equal(got.attr_len, RS_ATTR_MAX);
	assert_int_equal(got.body_len, RS_BODY_MAX);
	assert_memory_equal(got.attr, obj.attr, RS_ATTR_MAX);
	assert_memory_equal(got.body, obj.body, RS_BODY_MAX);
	mem_store_free(s);
}

/* An object that was removed, or never was, is not there. */
static void is_gone_when_deleted(void **state)
{
	struct rs_store *s = mem_store_new();
	struct rs_object obj = { .kind = RS_KIND_FIFO };
	struct rs_txn *t = begin(s);

	(void)state;
	assert_int_equal(rs_object_del(t, INO), -ENOENT);
	assert_int_equal(rs_object_put(t, INO, &obj), 0);
	assert_int_equal(rs_object_del(t, INO), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(get(s, &obj), -ENOENT);
	mem_store_free(s);
}

/* A record from the disk is judged before it is believed. */
static void refuses_wrong_records(void **state)
{
	struct rs_store *s = mem_store_new();
	uint8_t val[RS_VAL_MAX] = { RS_KIND_DIR };

	(void)state;
	assert_int_equal(get_raw(s, val, 4), 0);
	assert_int_equal(get_raw(s, val, 3), -EUCLEAN);
	assert_int_equal(get_raw(s, val, 0), -EUCLEAN);
	assert_int_equal(get_raw(s, val, RS_VAL_MAX), -EUCLEAN); /* body */
	val[2] = 5; /* bytes of attributes, and there are 4 */
	assert_int_equal(get_raw(s, val, 8), -EUCLEAN);
	assert_int_equal(get_raw(s, val, 9), 0);
	val[2] = RS_ATTR_MAX + 1;
	assert_int_equal(get_raw(s, val, 1000), -EUCLEAN);
	val[2] = 0;
	val[0] = 0;
	assert_int_equal(get_raw(s, val, 4), -EUCLEAN);
	val[0] = RS_KIND_BLOCKDEV + 1;
	assert_int_equal(get_raw(s, val, 4), -EUCLEAN);
	mem_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_it_is_given),
		cmocka_unit_test(is_gone_when_deleted),
		cmocka_unit_test(refuses_wrong_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
