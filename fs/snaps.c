/* SPDX-License-Identifier: Apache-2.0 */
/* snaps.c - a table of FS_SNAPS_KEPT views, the least used goes first. */

#include "fs/snaps.h"

#include <string.h>

#include "regionstore/regionstore.h"

void fs_snaps_init(struct fs_snaps *s, struct rs_store *store)
{
	memset(s, 0, sizeof(*s));
	lock_init(&s->lock, LOCK_SNAPS);
	s->store = store;
}

void fs_snaps_finish(struct fs_snaps *s)
{
	lock_take(&s->lock);
	for (unsigned i = 0; i < FS_SNAPS_KEPT; i++)
		rs_view_put(s->slots[i].view);
	memset(s->slots, 0, sizeof(s->slots));
	lock_drop(&s->lock);
	lock_finish(&s->lock);
}

static struct fs_snap_slot *slot_locked(struct fs_snaps *s, uint64_t id)
	REQUIRES(s->lock);

/* The slot that holds id, else the one to fill: free or least used. */
static struct fs_snap_slot *slot_locked(struct fs_snaps *s, uint64_t id)
{
	struct fs_snap_slot *best = &s->slots[0];

	for (unsigned i = 0; i < FS_SNAPS_KEPT; i++) {
		if (s->slots[i].id == id)
			return &s->slots[i];
		if (s->slots[i].used < best->used)
			best = &s->slots[i];
	}
	return best;
}

static int fill_locked(struct fs_snaps *s, uint64_t id,
		       struct fs_snap_slot *slot) REQUIRES(s->lock);

static int fill_locked(struct fs_snaps *s, uint64_t id,
		       struct fs_snap_slot *slot)
{
	struct rs_view *view;
	struct rs_snap snap;
	int err;

	err = rs_snap_get(s->store, id, &snap);
	if (err)
		return err;
	err = rs_view_snap(s->store, id, &view);
	if (err)
		return err;
	rs_view_put(slot->view);
	slot->view = view;
	slot->id = id;
	slot->created_ns = snap.created_ns;
	return 0;
}

static int view_locked(struct fs_snaps *s, uint64_t id,
		       struct rs_view **ret_view, int64_t *ret_created_ns)
	REQUIRES(s->lock);

static int view_locked(struct fs_snaps *s, uint64_t id,
		       struct rs_view **ret_view, int64_t *ret_created_ns)
{
	struct fs_snap_slot *slot = slot_locked(s, id);
	int err;

	if (slot->id != id) {
		err = fill_locked(s, id, slot);
		if (err)
			return err;
	}
	slot->used = ++s->clock;
	*ret_view = rs_view_ref(slot->view);
	if (ret_created_ns)
		*ret_created_ns = slot->created_ns;
	return 0;
}

int fs_snaps_view(struct fs_snaps *s, uint64_t id, struct rs_view **ret_view,
		  int64_t *ret_created_ns)
{
	int err;

	if (!id)
		return -ENOENT;
	lock_take(&s->lock);
	err = view_locked(s, id, ret_view, ret_created_ns);
	lock_drop(&s->lock);
	return err;
}

void fs_snaps_forget(struct fs_snaps *s, uint64_t id)
{
	struct rs_view *view = NULL;

	lock_take(&s->lock);
	for (unsigned i = 0; i < FS_SNAPS_KEPT; i++) {
		if (s->slots[i].id == id) {
			view = s->slots[i].view;
			memset(&s->slots[i], 0, sizeof(s->slots[i]));
		}
	}
	lock_drop(&s->lock);
	rs_view_put(view);
}
