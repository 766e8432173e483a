/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - the record that everything with an inode number has.
 *
 * A header of four bytes, the attributes of the namespace, and the body of the
 * kind. What attributes and body mean is not known here; that they fit is.
 */

#include "regionstore/base/le.h"
#include "regionstore/format.h"

#include <assert.h>
#include <string.h>

#define OBJECT_KEY_SIZE 9u

_Static_assert(sizeof(struct rs_disk_object) + RS_ATTR_MAX + RS_BODY_MAX ==
		       RS_VAL_MAX,
	       "the largest object fits a value");

static void object_key(uint64_t ino, uint8_t key[OBJECT_KEY_SIZE])
{
	key[0] = RS_KEY_OBJECT;
	be64_put(key + 1, ino);
}

static bool is_kind(uint8_t kind)
{
	return kind >= RS_KIND_DIR && kind <= RS_KIND_BLOCKDEV;
}

static int object_decode(const uint8_t *val, size_t len,
			 struct rs_object *ret_obj)
{
	struct rs_disk_object d;
	size_t attr_len, body_len;

	if (len < sizeof(d))
		return -EUCLEAN;
	memcpy(&d, val, sizeof(d));
	attr_len = le16_get(d.attr_len);
	if (!is_kind(d.kind) || attr_len > RS_ATTR_MAX ||
	    attr_len > len - sizeof(d))
		return -EUCLEAN;
	body_len = len - sizeof(d) - attr_len;
	if (body_len > RS_BODY_MAX)
		return -EUCLEAN;
	ret_obj->kind = (enum rs_kind)d.kind;
	ret_obj->attr_len = attr_len;
	ret_obj->body_len = body_len;
	memcpy(ret_obj->attr, val + sizeof(d), attr_len);
	memcpy(ret_obj->body, val + sizeof(d) + attr_len, body_len);
	return 0;
}

int rs_object_get(const struct rs_view *v, uint64_t ino,
		  struct rs_object *ret_obj)
{
	uint8_t key[OBJECT_KEY_SIZE], val[RS_VAL_MAX];
	uint64_t weight;
	size_t len;
	int err;

	object_key(ino, key);
	err = rs_get(v, key, sizeof(key), val, sizeof(val), &len, &weight);
	if (!err)
		err = object_decode(val, len, ret_obj);
	if (!err)
		ret_obj->weight = weight;
	return err;
}

int rs_object_put(struct rs_txn *t, uint64_t ino, const struct rs_object *obj)
{
	struct rs_disk_object d = { .kind = (uint8_t)obj->kind,
				    .attr_len =
					    le16_put((uint16_t)obj->attr_len) };
	uint8_t key[OBJECT_KEY_SIZE], val[RS_VAL_MAX];

	assert(is_kind(d.kind));
	assert(obj->attr_len <= RS_ATTR_MAX);
	assert(obj->body_len <= RS_BODY_MAX);
	object_key(ino, key);
	memcpy(val, &d, sizeof(d));
	memcpy(val + sizeof(d), obj->attr, obj->attr_len);
	memcpy(val + sizeof(d) + obj->attr_len, obj->body, obj->body_len);
	return rs_put(t, key, sizeof(key), val,
		      sizeof(d) + obj->attr_len + obj->body_len, obj->weight);
}

int rs_object_del(struct rs_txn *t, uint64_t ino)
{
	uint8_t key[OBJECT_KEY_SIZE];

	object_key(ino, key);
	return rs_del(t, key, sizeof(key));
}
