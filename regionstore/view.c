/* SPDX-License-Identifier: Apache-2.0 */
/* view.c - immutable pasts, and the locking around the tree.
 *
 * A view is a reference on a root and a pin on a txid. Both are taken below
 * the root lock, so that no commit comes in between. A descent of the tree
 * holds the sweep lock shared; within a leaf no lock is needed, because the
 * cursor keeps the leaf and leaves never change.
 */
#include "regionstore/store_state.h"

#include <assert.h>
#include <stdlib.h>

static struct rs_view *new_view(struct rs_store *s)
{
	struct rs_view *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	atomic_init(&v->refs, 1);
	v->store = s;
	v->root = &v->own;
	return v;
}

int rs_view_live(struct rs_store *s, struct rs_view **ret_view)
{
	struct rs_view *v = new_view(s);
	int err;

	if (!v)
		return -ENOMEM;
	lock_take(&s->root_lock);
	err = rs_pin_take(&s->pins, s->open_txid, &v->pin);
	if (!err)
		rs_root_ref(&v->own, &s->live);
	lock_drop(&s->root_lock);
	if (err) {
		free(v);
		return err;
	}
	*ret_view = v;
	return 0;
}

static const struct rs_snap_entry *find_snap_locked(const struct rs_store *s,
						    uint64_t id)
	REQUIRES(s->root_lock)
{
	for (size_t i = 0; i < s->snaps.n; i++)
		if (s->snaps.v[i].snap.id == id)
			return &s->snaps.v[i];
	return NULL;
}

/* The pin is taken while the snapshot is in the list, and a drop takes it out
 * of the list before its pages enter the quarantine. */
int rs_view_snap(struct rs_store *s, uint64_t snap_id,
		 struct rs_view **ret_view)
{
	struct rs_view *v = new_view(s);
	const struct rs_snap_entry *snap;
	int err;

	if (!v)
		return -ENOMEM;
	lock_take(&s->root_lock);
	snap = find_snap_locked(s, snap_id);
	err = snap ? rs_pin_take(&s->pins, snap->snap.txid, &v->pin) : -ENOENT;
	if (!err)
		rs_root_ref(&v->own, &snap->root);
	lock_drop(&s->root_lock);
	if (err) {
		free(v);
		return err;
	}
	*ret_view = v;
	return 0;
}

struct rs_view *rs_view_ref(struct rs_view *v)
{
	assert(v->root == &v->own);
	atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
	return v;
}

void rs_view_put(struct rs_view *v)
{
	if (!v ||
	    atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1)
		return;
	rs_root_put(&v->own);
	rs_pin_drop(&v->store->pins, v->pin);
	free(v);
}

struct rs_store *rs_view_store(const struct rs_view *v)
{
	return v->store;
}

/* A root never changes (I2), and both keep theirs. */
bool rs_view_same(const struct rs_view *a, const struct rs_view *b)
{
	return a->root->mem == b->root->mem &&
	       a->root->ptr.pgno == b->root->ptr.pgno &&
	       a->root->ptr.birth == b->root->ptr.birth;
}

void rs_view_begin(const struct rs_view *v)
{
	(void)v;
	(void)!rs_map_check();
	rs_map_watch();
}

int rs_view_check(const struct rs_view *v)
{
	int err = rs_map_check();

	(void)v;
	if (err)
		rs_damage_add("the host could not read the store");
	return err;
}

int rs_get(const struct rs_view *v, const void *key, size_t key_len, void *buf,
	   size_t cap, size_t *ret_len, uint64_t *ret_weight)
{
	struct rs_store *s = v->store;
	int err;

	rwlock_read(&s->sweep);
	err = rs_tree_get(rs_view_env(v), v->root, key, key_len, buf, cap,
			  ret_len, ret_weight);
	rwlock_drop(&s->sweep);
	return err;
}

int rs_sum_before(const struct rs_view *v, const void *key, size_t key_len,
		  struct rs_sum *ret_sum)
{
	struct rs_store *s = v->store;
	int err;

	rwlock_read(&s->sweep);
	err = rs_tree_sum_before(rs_view_env(v), v->root, key, key_len,
				 ret_sum);
	rwlock_drop(&s->sweep);
	return err;
}

void rs_cursor_init(struct rs_cursor *c, const struct rs_view *v)
{
	c->view = v;
	c->key_len = 0;
	c->val = NULL;
	c->val_len = 0;
	c->weight = 0;
	c->leaf = NULL;
	c->node = NULL;
	c->slot = 0;
}

void rs_cursor_finish(struct rs_cursor *c)
{
	if (c->view)
		rs_tree_release(c);
	c->view = NULL;
}

int rs_cursor_seek(struct rs_cursor *c, const void *key, size_t key_len)
{
	struct rs_store *s = c->view->store;
	int err;

	rwlock_read(&s->sweep);
	err = rs_tree_seek(rs_view_env(c->view), c->view->root, c, key,
			   key_len);
	rwlock_drop(&s->sweep);
	return err;
}

int rs_cursor_floor(struct rs_cursor *c, const void *key, size_t key_len)
{
	struct rs_store *s = c->view->store;
	int err;

	rwlock_read(&s->sweep);
	err = rs_tree_floor(rs_view_env(c->view), c->view->root, c, key,
			    key_len);
	rwlock_drop(&s->sweep);
	return err;
}

int rs_cursor_nth(struct rs_cursor *c, uint64_t n)
{
	struct rs_store *s = c->view->store;
	int err;

	rwlock_read(&s->sweep);
	err = rs_tree_nth(rs_view_env(c->view), c->view->root, c, n);
	rwlock_drop(&s->sweep);
	return err;
}

int rs_cursor_weigh(struct rs_cursor *c, uint64_t w, uint64_t *ret_before)
{
	struct rs_store *s = c->view->store;
	int err;

	rwlock_read(&s->sweep);
	err = rs_tree_weigh(rs_view_env(c->view), c->view->root, c, w,
			    ret_before);
	rwlock_drop(&s->sweep);
	return err;
}

/* Is the next record in the same leaf? Then no node is looked for. */
static bool is_inside_leaf(const struct rs_cursor *c)
{
	const struct rs_disk_node *h = (const struct rs_disk_node *)c->leaf;

	return h && c->slot + 1 < le16_get(h->count);
}

int rs_cursor_next(struct rs_cursor *c)
{
	const struct rs_tree_env *env = rs_view_env(c->view);
	struct rs_store *s = c->view->store;
	int err;

	if (is_inside_leaf(c))
		return rs_tree_next(env, c->view->root, c);
	rwlock_read(&s->sweep);
	err = rs_tree_next(env, c->view->root, c);
	rwlock_drop(&s->sweep);
	return err;
}
