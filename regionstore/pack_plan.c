/* SPDX-License-Identifier: Apache-2.0 */
/* pack_plan.c - which leaves of a branch would be fewer.
 *
 * Records are laid into leaves one after the other, up to a limit a little
 * below what fits, so that the next insert does not split. Wherever a leaf
 * begins with the first record of an old one, what is left of it is done: when
 * that is fewer leaves than it was, by a sixteenth at least, it is a plan, and
 * else those leaves stay as they are. So full leaves are not touched, and what
 * was packed once is not packed again.
 */
#include "regionstore/pack.h"

#define LIMIT	(RS_IMAGE_ROOM / 32 * 31)
#define GAIN_OF 16u

/* The leaf being filled. */
struct filling {
	struct rs_pack_cut begin;
	uint8_t first[RS_KEY_MAX]; /* its first key */
	unsigned first_len;
	unsigned n;
	unsigned bytes; /* of n entries with whole keys, and their slots */
};

struct planner {
	struct rs_pack_plan *plan;
	struct filling f;
	bool open; /* plan->first is set */
};

static bool is_held(const struct rs_step *branch, unsigned i, uint64_t since)
{
	struct rs_node *mem = branch->mem ? branch->mem->child[i] : NULL;
	struct rs_child child;

	if (mem)
		return mem->txid <= since;
	return rs_image_child(&branch->im, i, &child) ||
	       child.ptr.birth <= since;
}

/* Is the key of entry i on that side of separator at of the branch? */
static bool is_inside(const struct rs_image *leaf, unsigned i,
		      const struct rs_image *branch, unsigned at, bool before)
{
	uint8_t sep[RS_KEY_MAX];
	struct rs_entry en;
	unsigned len;
	int diff;

	if (at == 0 || at >= branch->count)
		return true;
	if (rs_image_key(branch, at, sep, &len) || rs_image_entry(leaf, i, &en))
		return false;
	diff = rs_image_compare(leaf, &en, sep, len);
	return before ? diff < 0 : diff >= 0;
}

/* Stand on leaf i, which is good. */
static int enter(const struct rs_tree_env *env, const struct rs_step *branch,
		 unsigned i, struct rs_step *ret_leaf)
{
	struct rs_step leaf;
	const char *why;
	int err = rs_step_down(env, branch, i, &leaf);

	if (!err && !leaf.mem)
		err = rs_image_check(&leaf.im, &why);
	if (err)
		return err;
	if (!leaf.im.count || !is_inside(&leaf.im, 0, &branch->im, i, false) ||
	    !is_inside(&leaf.im, leaf.im.count - 1, &branch->im, i + 1, true))
		return -EUCLEAN;
	*ret_leaf = leaf;
	return 0;
}

/* Would the entry go in, of that size and key? An old leaf that was begun with
 * fits as a whole, however full it is. */
static bool fits(const struct filling *f, unsigned child, unsigned size,
		 const uint8_t *key, unsigned key_len)
{
	unsigned prefix = rs_common_len(f->first, f->first_len, key, key_len);

	if (f->begin.child == child && f->begin.entry == 0)
		return true;
	return f->bytes + size - f->n * prefix <= LIMIT;
}

static void begin(struct planner *p, unsigned child, unsigned entry,
		  const uint8_t *key, unsigned key_len)
{
	p->f = (struct filling){ .begin = { child, entry },
				 .first_len = key_len };
	memcpy(p->f.first, key, key_len);
	p->plan->cut[p->plan->n++] = p->f.begin;
}

/* Old leaves up to end are behind us. True when that is a plan. */
static bool conclude(struct planner *p, unsigned end)
{
	struct rs_pack_plan *plan = p->plan;
	unsigned had = p->open ? end - plan->first : 0;

	p->open = false;
	if (plan->n < had && (had - plan->n) * GAIN_OF >= had) {
		plan->end = end;
		return true;
	}
	plan->n = 0;
	return false;
}

/* Lay the records of old leaf i behind the others. *ret_done: there was a plan
 * before it. */
static int lay(struct planner *p, const struct rs_image *leaf, unsigned i,
	       bool *ret_done)
{
	for (unsigned e = 0; e < leaf->count; e++) {
		unsigned size = 2 + rs_image_entry_size(leaf->page, e) +
				leaf->prefix_len;
		uint8_t key[RS_KEY_MAX];
		unsigned key_len;
		int err = rs_image_key(leaf, e, key, &key_len);

		if (err)
			return err;
		if (p->open && !fits(&p->f, i, size, key, key_len)) {
			*ret_done = e == 0 && conclude(p, i);
			if (*ret_done)
				return 0;
			if (e > 0)
				begin(p, i, e, key, key_len);
		}
		if (!p->open) {
			p->open = true;
			p->plan->first = i;
			begin(p, i, e, key, key_len);
		}
		p->f.n++;
		p->f.bytes += size;
	}
	return 0;
}

int rs_pack_plan(const struct rs_tree_env *env, const struct rs_step *branch,
		 unsigned from, uint64_t since, struct rs_pack_plan *ret_plan)
{
	struct planner p = { .plan = ret_plan };
	bool done = false;

	ret_plan->n = 0;
	for (unsigned i = from; i < branch->im.count; i++) {
		struct rs_step leaf;
		int err;

		if (is_held(branch, i, since)) {
			if (conclude(&p, i))
				return 0;
			continue;
		}
		err = enter(env, branch, i, &leaf);
		if (!err)
			err = lay(&p, &leaf.im, i, &done);
		if (err || done)
			return err;
	}
	conclude(&p, branch->im.count);
	return 0;
}

/* --- looking ------------------------------------------------------------- */

/* To the branch of level 1 for key, and what begins behind it. */
static int step_branch(const struct rs_tree_env *env,
		       const struct rs_root *root, const void *key,
		       size_t key_len, struct rs_step *ret_st,
		       struct rs_pack_branch *b)
{
	struct rs_step st;
	unsigned pos;
	int err = rs_step_root(env, root, &st);

	b->next_len = 0;
	if (!err && !st.im.level)
		err = -ENOENT;
	while (!err && st.im.level > 1) {
		err = rs_image_route(&st.im, key, key_len, &pos);
		if (!err && pos + 1 < st.im.count)
			err = rs_image_key(&st.im, pos + 1, b->next,
					   &b->next_len);
		if (!err)
			err = rs_step_down(env, &st, pos, &st);
	}
	if (!err)
		*ret_st = st;
	return err;
}

int rs_pack_look(const struct rs_tree_env *env, const struct rs_root *root,
		 const void *key, size_t key_len, uint64_t since,
		 struct rs_pack_branch *ret_branch)
{
	struct rs_pack_branch b = { 0 };
	struct rs_pack_plan plan = { 0 };
	struct rs_step st;
	struct rs_sum sum = { 0 };
	int err = step_branch(env, root, key, key_len, &st, &b);

	if (!err)
		err = rs_image_sum(&st.im, st.im.count, &sum);
	for (unsigned from = 0; !err; from = plan.end) {
		err = rs_pack_plan(env, &st, from, since, &plan);
		if (err || !plan.n)
			break;
		b.leaves += plan.n;
		b.saved += plan.end - plan.first - plan.n;
	}
	b.records = sum.count;
	if (!err)
		*ret_branch = b;
	return err;
}
