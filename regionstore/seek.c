/* SPDX-License-Identifier: Apache-2.0 */
/* seek.c - placing a cursor in a tree.
 *
 * A cursor remembers its leaf and no path: at the end of a leaf it goes down
 * again from the root, to the first record behind its key, which costs a few
 * nanoseconds for each record of a leaf and needs no stack that could become
 * stale.
 *
 * Going down to "the first record >= key" may end behind the last record of a
 * leaf, because a separator only promises that no key below is smaller. The
 * record wanted is then the first one below the next child of the lowest
 * branch that has a next one. That place, the BYWAY, is noted on the way down.
 * The same with the previous child for "the last record <= key".
 *
 * A page of nonsense may hold keys in any order. A cursor that moves to a key
 * that is not larger than its last one says -EUCLEAN, so that a walk from
 * record to record ends.
 */
#include "regionstore/step.h"

/* Where to go on when a leaf has nothing: child i of that branch. */
struct byway {
	struct rs_step st;
	unsigned i;
	bool there;
};

/* Stand on record slot of a leaf. On error the cursor stays where it was. */
static int land(struct rs_cursor *c, const struct rs_step *st, unsigned slot)
{
	uint8_t key[RS_KEY_MAX];
	unsigned key_len;
	struct rs_entry en;
	int err = rs_image_entry(&st->im, slot, &en);

	if (!err)
		err = rs_image_key(&st->im, slot, key, &key_len);
	if (err)
		return err;
	if (c->leaf != st->im.page) {
		struct rs_node *before = c->node;

		c->node = rs_node_ref(st->mem);
		c->leaf = st->im.page;
		rs_node_put(before);
	}
	memcpy(c->key, key, key_len);
	c->key_len = key_len;
	c->val = en.val;
	c->val_len = en.val_len;
	c->weight = en.weight;
	c->slot = slot;
	return 0;
}

void rs_tree_release(struct rs_cursor *c)
{
	rs_node_put(c->node);
	c->node = NULL;
	c->leaf = NULL;
}

/* The first, or the last, record below child i. */
static int land_at_edge(const struct rs_tree_env *env, struct rs_cursor *c,
			const struct byway *way, bool last)
{
	struct rs_step st;
	int err;

	if (!way->there)
		return -ENOENT;
	err = rs_step_down(env, &way->st, way->i, &st);
	while (!err && st.im.level)
		err = rs_step_down(env, &st, last ? st.im.count - 1 : 0, &st);
	if (err)
		return err;
	return land(c, &st, last ? st.im.count - 1 : 0);
}

/* To the leaf for key; ret_way is the way past it on the side asked for. */
static int descend(const struct rs_tree_env *env, const struct rs_root *root,
		   const void *key, size_t key_len, bool backwards,
		   struct rs_step *ret_st, struct byway *ret_way)
{
	struct byway way = { 0 };
	struct rs_step st;
	int err = rs_step_root(env, root, &st);

	while (!err && st.im.level) {
		unsigned pos;

		err = rs_image_route(&st.im, key, key_len, &pos);
		if (err)
			break;
		if (backwards ? pos > 0 : pos + 1 < st.im.count)
			way = (struct byway){ .st = st,
					      .i = backwards ? pos - 1
							     : pos + 1,
					      .there = true };
		err = rs_step_down(env, &st, pos, &st);
	}
	if (err)
		return err;
	*ret_st = st;
	*ret_way = way;
	return 0;
}

int rs_tree_seek(const struct rs_tree_env *env, const struct rs_root *root,
		 struct rs_cursor *c, const void *key, size_t key_len)
{
	struct byway way;
	struct rs_step st;
	unsigned pos;
	bool found;
	int err = descend(env, root, key, key_len, false, &st, &way);

	if (!err)
		err = rs_image_search(&st.im, key, key_len, &pos, &found);
	if (err)
		return err;
	if (pos < st.im.count)
		return land(c, &st, pos);
	return land_at_edge(env, c, &way, false);
}

int rs_tree_floor(const struct rs_tree_env *env, const struct rs_root *root,
		  struct rs_cursor *c, const void *key, size_t key_len)
{
	struct byway way;
	struct rs_step st;
	unsigned pos;
	bool found;
	int err = descend(env, root, key, key_len, true, &st, &way);

	if (!err)
		err = rs_image_search(&st.im, key, key_len, &pos, &found);
	if (err)
		return err;
	if (found || pos > 0)
		return land(c, &st, found ? pos : pos - 1);
	return land_at_edge(env, c, &way, true);
}

/* The entry in which unit n of the count, or of the weight, lies, and how
 * much of both lies before it. -EUCLEAN when the sums promised more. */
static int find_unit(const struct rs_image *im, bool weigh, uint64_t n,
		     unsigned *ret_pos, uint64_t *ret_before)
{
	uint64_t before = 0;

	for (unsigned i = 0; i < im->count; i++) {
		struct rs_sum sum;
		uint64_t units;
		int err = rs_image_units(im, i, &sum);

		if (err)
			return err;
		units = weigh ? sum.weight : sum.count;
		if (n - before < units) {
			*ret_pos = i;
			*ret_before = before;
			return 0;
		}
		before += units;
	}
	return -EUCLEAN;
}

static int seek_unit(const struct rs_tree_env *env, const struct rs_root *root,
		     struct rs_cursor *c, bool weigh, uint64_t n,
		     uint64_t *ret_before)
{
	uint64_t before = 0;
	struct rs_step st;
	int err;

	if (n >= (weigh ? root->sum.weight : root->sum.count))
		return -ENOENT;
	err = rs_step_root(env, root, &st);
	while (!err) {
		uint64_t part;
		unsigned pos;

		err = find_unit(&st.im, weigh, n - before, &pos, &part);
		if (err)
			break;
		before += part;
		if (!st.im.level) {
			err = land(c, &st, pos);
			break;
		}
		err = rs_step_down(env, &st, pos, &st);
	}
	if (!err)
		*ret_before = before;
	return err == -ENOENT ? -EUCLEAN : err; /* empty, yet it has a sum */
}

int rs_tree_nth(const struct rs_tree_env *env, const struct rs_root *root,
		struct rs_cursor *c, uint64_t n)
{
	uint64_t before;

	return seek_unit(env, root, c, false, n, &before);
}

int rs_tree_weigh(const struct rs_tree_env *env, const struct rs_root *root,
		  struct rs_cursor *c, uint64_t w, uint64_t *ret_before)
{
	return seek_unit(env, root, c, true, w, ret_before);
}

/* Is entry slot of st behind the cursor's record? */
static int land_behind(struct rs_cursor *c, const struct rs_step *st,
		       unsigned slot)
{
	struct rs_entry en;
	int err = rs_image_entry(&st->im, slot, &en);

	if (err)
		return err;
	if (rs_image_compare(&st->im, &en, c->key, c->key_len) <= 0)
		return -EUCLEAN;
	return land(c, st, slot);
}

/* The successor of the cursor's key, from the root. */
static int next_from_root(const struct rs_tree_env *env,
			  const struct rs_root *root, struct rs_cursor *c)
{
	struct byway way;
	struct rs_step st;
	unsigned pos;
	bool found;
	int err = descend(env, root, c->key, c->key_len, false, &st, &way);

	if (!err)
		err = rs_image_search(&st.im, c->key, c->key_len, &pos, &found);
	if (err)
		return err;
	if (pos + found < st.im.count)
		return land_behind(c, &st, pos + found);
	if (!way.there)
		return -ENOENT;
	err = rs_step_down(env, &way.st, way.i, &st);
	while (!err && st.im.level)
		err = rs_step_down(env, &st, 0, &st);
	return err ? err : land_behind(c, &st, 0);
}

int rs_tree_next(const struct rs_tree_env *env, const struct rs_root *root,
		 struct rs_cursor *c)
{
	if (c->leaf) {
		struct rs_step st = { .mem = c->node };
		int err = rs_image_open(&st.im, c->leaf, env->tree_id);

		if (err)
			return err;
		if (c->slot + 1 < st.im.count)
			return land_behind(c, &st, c->slot + 1);
	}
	return next_from_root(env, root, c);
}
