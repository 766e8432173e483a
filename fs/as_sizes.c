/* SPDX-License-Identifier: Apache-2.0 */
/* as_sizes.c - a small table of sizes; a newer one takes the slot. */

#include "fs/as_sizes.h"

#include <string.h>

void fs_as_sizes_init(struct fs_as_sizes *s)
{
	memset(s, 0, sizeof(*s));
	lock_init(&s->lock, LOCK_ERRLOG);
}

void fs_as_sizes_finish(struct fs_as_sizes *s)
{
	lock_finish(&s->lock);
}

static size_t slot_of(const struct fs_as_version *v)
{
	return (v->ino * BM_FORMAT_COUNT + v->format) % FS_AS_SIZES;
}

static bool is_same(const struct fs_as_version *a,
		    const struct fs_as_version *b)
{
	return a->ino == b->ino && a->format == b->format &&
	       a->ctime_ns == b->ctime_ns && a->info.count == b->info.count &&
	       a->info.min == b->info.min && a->info.max == b->info.max &&
	       a->info.text_size == b->info.text_size &&
	       a->info.stored == b->info.stored &&
	       a->info.segments == b->info.segments;
}

bool fs_as_sizes_find(struct fs_as_sizes *s, const struct fs_as_version *v,
		      uint64_t *ret_size)
{
	const struct fs_as_size *slot;
	bool found;

	lock_take(&s->lock);
	slot = &s->slots[slot_of(v)];
	found = is_same(&slot->version, v);
	if (found)
		*ret_size = slot->size;
	lock_drop(&s->lock);
	return found;
}

void fs_as_sizes_note(struct fs_as_sizes *s, const struct fs_as_version *v,
		      uint64_t size)
{
	lock_take(&s->lock);
	s->slots[slot_of(v)] = (struct fs_as_size){ *v, size };
	lock_drop(&s->lock);
}
