/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_region.c - any bytes as the records of a region.
 *
 * The first two bytes say how many belong to the object, the others to its
 * first chunk. Whatever they are, reading, seeking and changing that region
 * ends with a result or an error, and so does the commit of what was changed.
 * That the store is damaged then is no fault: it was before.
 */

#include "regionstore/region.h"
#include "tests/support/mem_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define INO 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct rs_txn *t, uint8_t type, const uint8_t *val, size_t len)
{
	uint8_t key[RS_CHUNK_KEY_SIZE];

	rs_chunk_key(INO, 0, key);
	key[0] = type;
	if (rs_put(t, key, type == RS_KEY_CHUNK ? sizeof(key) : 9, val,
		   len < RS_VAL_MAX ? len : RS_VAL_MAX, 0))
		abort();
}

static void look(const struct rs_view *v)
{
	static uint8_t buf[RS_CHUNK_SIZE + 5000];
	uint64_t off;
	size_t got;

	if (rs_region_read(v, INO, 100, buf, sizeof(buf), &got) == 0)
		assert(got <= sizeof(buf));
	for (unsigned hole = 0; hole < 2; hole++) {
		if (rs_region_seek(v, INO, 4097, hole, &off) == 0)
			assert(off >= 4097 && off <= RS_REGION_MAX);
	}
}

static void put_object(struct rs_txn *t, const struct rs_object *obj)
{
	if (rs_object_put(t, INO, obj))
		abort();
}

/* All the changes there are, one after the other, while they succeed. */
static void touch(struct rs_store *s, struct rs_txn *t)
{
	static const uint8_t data[9000] = { 1, 2, 3 };
	struct rs_write *w;
	struct rs_object obj;

	if (rs_object_get(rs_txn_view(t), INO, &obj))
		return;
	if (rs_write_prepare(s, 5000, data, sizeof(data), &w))
		abort();
	if (rs_write_apply(t, INO, &obj, w) == 0 &&
	    rs_region_punch(t, INO, &obj, 10, 20000) == 0 &&
	    rs_region_truncate(t, INO, &obj, 777) == 0 &&
	    rs_region_truncate(t, INO, &obj, 0) == 0)
		put_object(t, &obj);
	rs_write_drop(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_store *s;
	size_t object_len;
	struct rs_txn *t;

	if (size < 2)
		return 0;
	object_len = data[0] | (size_t)data[1] << 8;
	data += 2;
	size -= 2;
	if (object_len > size)
		object_len = size;
	s = mem_store_new();
	if (rs_txn_begin(s, &t))
		abort();
	put(t, RS_KEY_OBJECT, data, object_len);
	put(t, RS_KEY_CHUNK, data + object_len, size - object_len);
	look(rs_txn_view(t));
	touch(s, t);
	if (rs_txn_end(t) == 0)
		(void)!rs_sync(s);
	mem_store_free(s);
	return 0;
}
