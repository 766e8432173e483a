/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c - reading a whole tree and trusting none of it.
 *
 * Each node must be good in itself (rs_image_check), have its keys between the
 * separators around it in the branches above (FENCES), and hold what its
 * parent's sums promise. A node whose keys lie outside its fences is reported
 * and not entered. The fences of two places do not overlap, so a page that
 * hostile pointers reach many times is entered once, and the walk ends in
 * time that grows with the number of pages.
 */
#include "regionstore/step.h"

#include <stdio.h>

#define TEXT_MAX 160

struct fence {
	uint8_t key[RS_KEY_MAX];
	unsigned len;
	bool there; /* else there is no end on this side */
};

struct walk {
	const struct rs_tree_env *env;
	const struct rs_tree_walk *fns;
};

/* A node and what is known of it from above. */
struct visit {
	struct rs_step st;
	struct rs_ptr ptr; /* zeros when it is in memory only */
	struct fence low, high;
	struct rs_sum promised; /* by the node above */
	unsigned level;		/* and this; nobody promises that of a root */
};

/* What a subtree turned out to hold; known is false when it was pruned or
 * could not be read. */
struct tally {
	struct rs_sum sum;
	bool known;
};

static void say(const struct walk *w, const struct rs_ptr *ptr,
		const char *what)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "node on page %llu, born in %llu: %s",
		 (unsigned long long)ptr->pgno, (unsigned long long)ptr->birth,
		 what);
	w->fns->finding(w->fns->arg, text);
}

static void say_lost(const struct walk *w, const struct visit *v)
{
	const struct rs_tree_lost l = {
		.low = v->low.key,
		.low_len = v->low.there ? v->low.len : 0,
		.high = v->high.key,
		.high_len = v->high.there ? v->high.len : 0,
		.sum = v->promised,
		.ptr = v->ptr,
		.level = v->level,
	};

	if (w->fns->lost)
		w->fns->lost(w->fns->arg, &l);
}

/* The first entry of a branch has no key to be judged. */
static const char *fence_fault(const struct visit *v)
{
	struct rs_image im = v->st.im;
	unsigned first = im.level > 0;
	struct rs_entry low, high;
	int diff;

	if (first == im.count)
		return NULL;
	if (rs_image_entry(&im, first, &low) ||
	    rs_image_entry(&im, im.count - 1, &high))
		return "an entry is not inside the page";
	diff = rs_image_compare(&im, &low, v->low.key, v->low.len);
	if (diff < (int)first)
		return "a key lies before the separator above it";
	if (v->high.there &&
	    rs_image_compare(&im, &high, v->high.key, v->high.len) >= 0)
		return "a key lies behind the next separator above it";
	return NULL;
}

static int walk_leaf(const struct walk *w, const struct visit *v,
		     struct tally *ret_tally)
{
	struct rs_cursor c = { .leaf = v->st.im.page };
	struct rs_sum sum = { 0 };

	for (unsigned i = 0; i < v->st.im.count; i++) {
		struct rs_entry en;
		unsigned key_len;
		int err = rs_image_entry(&v->st.im, i, &en);

		if (!err)
			err = rs_image_key(&v->st.im, i, c.key, &key_len);
		if (err)
			return err;
		c.key_len = key_len;
		c.val = en.val;
		c.val_len = en.val_len;
		c.weight = en.weight;
		c.slot = i;
		sum.count++;
		sum.weight += en.weight;
		err = w->fns->record ? w->fns->record(w->fns->arg, &c) : 0;
		if (err)
			return err;
	}
	*ret_tally = (struct tally){ .sum = sum, .known = true };
	return 0;
}

static int visit_node(const struct walk *w, struct visit *v,
		      struct tally *ret_tally);

static int fence_at(const struct rs_image *im, unsigned i, struct fence *ret_f)
{
	ret_f->there = true;
	return rs_image_key(im, i, ret_f->key, &ret_f->len);
}

/* Stand on child i of a branch: *ret_go is false when there is no use in
 * entering it. */
static int enter(const struct walk *w, const struct visit *v, unsigned i,
		 struct visit *ret_child, bool *ret_go)
{
	const struct rs_image *im = &v->st.im;
	struct rs_node *mem = v->st.mem ? v->st.mem->child[i] : NULL;
	struct rs_child child;
	int err = rs_image_child(im, i, &child);

	*ret_go = false;
	if (err)
		return err;
	ret_child->ptr = mem ? (struct rs_ptr){ 0 } : child.ptr;
	if (!mem && w->fns->page) {
		err = w->fns->page(w->fns->arg, &child.ptr, im->level - 1);
		if (err)
			return err == -EALREADY ? 0 : err;
	}
	ret_child->level = im->level - 1;
	ret_child->low = v->low;
	ret_child->high = v->high;
	if (i > 0)
		err = fence_at(im, i, &ret_child->low);
	if (!err && i + 1 < im->count)
		err = fence_at(im, i + 1, &ret_child->high);
	if (!err)
		err = rs_image_units(im, i, &ret_child->promised);
	if (err)
		return err;
	err = rs_step_down(w->env, &v->st, i, &ret_child->st);
	if (err) {
		say(w, &child.ptr,
		    err == -EUCLEAN ? "not a node of this tree"
				    : "it cannot be read");
		say_lost(w, ret_child);
		return 0;
	}
	*ret_go = true;
	return 0;
}

static int walk_branch(const struct walk *w, const struct visit *v,
		       struct tally *ret_tally)
{
	struct tally all = { .known = true };

	for (unsigned i = 0; i < v->st.im.count; i++) {
		struct tally part = { 0 };
		struct visit child;
		struct rs_sum promised;
		bool go;
		int err = enter(w, v, i, &child, &go);

		if (!err && go)
			err = visit_node(w, &child, &part);
		if (!err)
			err = rs_image_units(&v->st.im, i, &promised);
		if (err)
			return err;
		if (part.known && (part.sum.count != promised.count ||
				   part.sum.weight != promised.weight))
			say(w, &v->ptr, "a sum is not that of the child");
		all.sum.count += promised.count;
		all.sum.weight += promised.weight;
	}
	*ret_tally = all;
	return 0;
}

static int visit_node(const struct walk *w, struct visit *v,
		      struct tally *ret_tally)
{
	const char *fault = NULL;

	if (!rs_image_check(&v->st.im, &fault))
		fault = fence_fault(v);
	if (fault) {
		say(w, &v->ptr, fault);
		say_lost(w, v);
		return 0;
	}
	return v->st.im.level ? walk_branch(w, v, ret_tally)
			      : walk_leaf(w, v, ret_tally);
}

int rs_tree_walk(const struct rs_tree_env *env, const struct rs_root *root,
		 const struct rs_tree_walk *walk)
{
	struct walk w = { .env = env, .fns = walk };
	struct visit v = { .ptr = root->ptr,
			   .promised = root->sum,
			   .level = RS_LEVEL_MAX };
	struct tally all = { 0 };
	int err;

	if (!root->mem && root->ptr.pgno == 0) {
		if (root->sum.count || root->sum.weight)
			say(&w, &root->ptr, "an empty tree has a sum");
		return 0;
	}
	err = rs_step_root(env, root, &v.st);
	if (!root->mem && walk->page) {
		/* Only the root itself can tell its level. */
		int stop = walk->page(walk->arg, &root->ptr,
				      err ? 0 : v.st.im.level);

		if (stop)
			return stop == -EALREADY ? 0 : stop;
	}
	if (err) {
		say(&w, &root->ptr,
		    err == -EUCLEAN ? "not a node of this tree"
				    : "it cannot be read");
		say_lost(&w, &v);
		return 0;
	}
	err = visit_node(&w, &v, &all);
	if (err)
		return err;
	if (all.known && (all.sum.count != root->sum.count ||
			  all.sum.weight != root->sum.weight))
		say(&w, &root->ptr, "the sum of the tree is wrong");
	return 0;
}
