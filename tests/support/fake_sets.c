/* SPDX-License-Identifier: Apache-2.0 */
/* fake_sets.c - sets without members: what names need to know of them. */
#include <string.h>

#include "bitmap/bitmap.h"

struct bm_stage {
	uint64_t text_size;
};

void bm_object_init(struct rs_object *obj)
{
	memset(obj->body, 0, 8);
	obj->body_len = 8;
}
int bm_object_info(const struct rs_object *obj, struct bm_info *ret_info)
{
	if (obj->body_len != 8)
		return -EUCLEAN;
	*ret_info = (struct bm_info){ .text_size = obj->body[0] };
	return 0;
}
int bm_object_clear(struct rs_txn *t, struct rs_object *obj)
{
	(void)t;
	bm_object_init(obj);
	return 0;
}
int bm_stage_apply(struct rs_txn *t, struct bm_stage *st, struct rs_object *obj)
{
	(void)t;
	bm_object_init(obj);
	obj->body[0] = (uint8_t)st->text_size;
	return 0;
}
int bm_reap(struct rs_txn *t, uint64_t ino)
{
	(void)t, (void)ino;
	return 0;
}
int bm_check_new(struct rs_store *s, struct bm_check **ret_check)
{
	*ret_check = (struct bm_check *)s;
	return 0;
}
int bm_check_record(struct bm_check *bc, struct rs_checker *ck,
		    const struct rs_cursor *c)
{
	(void)bc, (void)ck, (void)c;
	return 0;
}
int bm_check_end(struct bm_check *bc, struct rs_checker *ck)
{
	(void)bc, (void)ck;
	return 0;
}
