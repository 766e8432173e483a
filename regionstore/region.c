/* SPDX-License-Identifier: Apache-2.0 */
/* region.c - the body of a region, and its records of chunks. */

#include "regionstore/region.h"

#include "regionstore/base/ck.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(struct rs_disk_region) + RS_INLINE_MAX <= RS_BODY_MAX,
	       "inline bytes fit the body");

/* (R1) */
static bool inline_is_valid(const struct rs_region *r)
{
	return r->inline_len <= RS_INLINE_MAX && r->inline_len <= r->size &&
	       r->stored == 0;
}

/* What (R2) and (R3) allow to say without looking at chunks. */
static bool paged_is_valid(const struct rs_region *r)
{
	uint64_t room;

	return r->inline_len == 0 && r->stored % RS_BLOCK_SIZE == 0 &&
	       ck_round_up(r->size, RS_BLOCK_SIZE, &room) && r->stored <= room;
}

static bool is_valid(const struct rs_region *r)
{
	return r->size <= RS_REGION_MAX &&
	       (r->is_inline ? inline_is_valid(r) : paged_is_valid(r));
}

int rs_region_decode(const struct rs_object *obj, struct rs_region *ret_r)
{
	struct rs_disk_region d;
	struct rs_region r;
	uint32_t flags;

	if (obj->kind != RS_KIND_REGION || obj->body_len < sizeof(d) ||
	    obj->body_len > RS_BODY_MAX)
		return -EUCLEAN;
	memcpy(&d, obj->body, sizeof(d));
	flags = le32_get(d.flags);
	r = (struct rs_region){ .size = le64_get(d.size),
				.stored = le64_get(d.stored),
				.is_inline = flags & RS_REGION_INLINE,
				.inline_len = obj->body_len - sizeof(d) };
	if ((flags & ~RS_REGION_INLINE) || !is_valid(&r))
		return -EUCLEAN;
	*ret_r = r;
	return 0;
}

int rs_region_encode(const struct rs_region *r, struct rs_object *obj)
{
	struct rs_disk_region d = {
		.size = le64_put(r->size),
		.stored = le64_put(r->stored),
		.flags = le32_put(r->is_inline ? RS_REGION_INLINE : 0),
	};

	if (!is_valid(r))
		return -EUCLEAN;
	memcpy(obj->body, &d, sizeof(d));
	obj->body_len = sizeof(d) + r->inline_len;
	return 0;
}

uint8_t *rs_region_inline(struct rs_object *obj)
{
	return obj->body + sizeof(struct rs_disk_region);
}

void rs_region_init(struct rs_object *obj)
{
	struct rs_region r = { .is_inline = true };
	int err;

	obj->kind = RS_KIND_REGION;
	obj->weight = 0;
	err = rs_region_encode(&r, obj);
	assert(err == 0);
	(void)err;
}

int rs_region_info(const struct rs_object *obj, struct rs_region_info *ret_info)
{
	struct rs_region r;
	int err = rs_region_decode(obj, &r);

	if (err)
		return err;
	*ret_info = (struct rs_region_info){
		.size = r.size,
		.stored = r.is_inline ? r.inline_len : r.stored,
	};
	return 0;
}

void rs_chunk_key(uint64_t ino, uint64_t index,
		  uint8_t ret_key[RS_CHUNK_KEY_SIZE])
{
	ret_key[0] = RS_KEY_CHUNK;
	be64_put(ret_key + 1, ino);
	be64_put(ret_key + 9, index);
}

bool rs_chunk_key_parse(const uint8_t *key, size_t len, uint64_t *ret_ino,
			uint64_t *ret_index)
{
	if (len != RS_CHUNK_KEY_SIZE || key[0] != RS_KEY_CHUNK)
		return false;
	*ret_ino = be64_get(key + 1);
	*ret_index = be64_get(key + 9);
	return true;
}

int rs_chunk_load(const struct rs_view *v, uint64_t ino, uint64_t index,
		  struct rs_chunk *ret_chunk)
{
	uint8_t key[RS_CHUNK_KEY_SIZE], val[RS_VAL_MAX];
	size_t len;
	int err;

	rs_chunk_key(ino, index, key);
	err = rs_get(v, key, sizeof(key), val, sizeof(val), &len, NULL);
	if (err == -ENOENT) {
		memset(ret_chunk, 0, sizeof(*ret_chunk));
		return 0;
	}
	return err ? err : rs_chunk_decode(val, len, ret_chunk);
}

int rs_chunk_seek(const struct rs_view *v, uint64_t ino, uint64_t index,
		  uint64_t *ret_index, struct rs_chunk *ret_chunk)
{
	uint8_t key[RS_CHUNK_KEY_SIZE];
	uint64_t found_ino, found;
	struct rs_cursor c;
	int err;

	rs_chunk_key(ino, index, key);
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, key, sizeof(key));
	if (!err &&
	    (!rs_chunk_key_parse(c.key, c.key_len, &found_ino, &found) ||
	     found_ino != ino))
		err = -ENOENT;
	if (!err && found >= RS_REGION_MAX / RS_CHUNK_SIZE)
		err = -EUCLEAN;
	if (!err)
		err = rs_chunk_decode(c.val, c.val_len, ret_chunk);
	if (!err)
		*ret_index = found;
	rs_cursor_finish(&c);
	return err;
}

int rs_chunk_store(struct rs_txn *t, uint64_t ino, uint64_t index,
		   const struct rs_chunk *c)
{
	uint8_t key[RS_CHUNK_KEY_SIZE], val[RS_CHUNK_VAL_MAX];
	size_t len = rs_chunk_encode(c, val);
	int err;

	rs_chunk_key(ino, index, key);
	if (len)
		return rs_put(t, key, sizeof(key), val, len, 0);
	err = rs_del(t, key, sizeof(key));
	return err == -ENOENT ? 0 : err;
}
