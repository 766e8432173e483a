/* SPDX-License-Identifier: Apache-2.0 */
/* drops.c - pages that leave a tree. */
#include "regionstore/drops.h"
#include "regionstore/memnode.h"

#include <assert.h>
#include <stdlib.h>

#define CAP_MIN 16u

typedef void *realloc_fn(void *old, size_t size);

/* Room for want elements of size bytes. */
static int grow(realloc_fn *fn, void **array, size_t *cap, size_t want,
		size_t size)
{
	size_t more = *cap ? *cap * 2 : CAP_MIN;
	void *fresh;

	if (want <= *cap)
		return 0;
	if (more < want)
		more = want;
	fresh = fn(*array, more * size);
	if (!fresh)
		return -ENOMEM;
	*array = fresh;
	*cap = more;
	return 0;
}

static int grow_both(realloc_fn *fn, struct rs_drops *d, size_t ptrs,
		     size_t nodes)
{
	void *p = d->ptrs;
	void *n = d->nodes;
	int err = grow(fn, &p, &d->cap_ptrs, ptrs, sizeof(*d->ptrs));

	d->ptrs = p;
	if (err)
		return err;
	err = grow(fn, &n, &d->cap_nodes, nodes, sizeof(*d->nodes));
	d->nodes = n;
	return err;
}

int rs_drops_reserve(const struct rs_tree_env *env, struct rs_drops *d)
{
	return grow_both(env->realloc ? env->realloc : realloc, d,
			 d->n_ptrs + 1, d->n_nodes + 1);
}

void rs_drops_add_ptr(struct rs_drops *d, const struct rs_ptr *ptr)
{
	assert(d->n_ptrs < d->cap_ptrs);
	d->ptrs[d->n_ptrs++] = *ptr;
}

void rs_drops_add_node(struct rs_drops *d, struct rs_node *n)
{
	assert(d->n_nodes < d->cap_nodes);
	d->nodes[d->n_nodes++] = n;
}

void rs_drops_finish(struct rs_drops *d)
{
	for (size_t i = 0; i < d->n_nodes; i++)
		rs_node_put(d->nodes[i]);
	free(d->ptrs);
	free(d->nodes);
	*d = (struct rs_drops){ 0 };
}

static void append(void *dst, size_t *n_dst, const void *src, size_t n,
		   size_t size)
{
	if (n)
		memcpy((uint8_t *)dst + *n_dst * size, src, n * size);
	*n_dst += n;
}

int rs_drops_move(struct rs_drops *dst, struct rs_drops *src)
{
	int err = grow_both(realloc, dst, dst->n_ptrs + src->n_ptrs,
			    dst->n_nodes + src->n_nodes);

	if (err)
		return err;
	append(dst->ptrs, &dst->n_ptrs, src->ptrs, src->n_ptrs,
	       sizeof(*src->ptrs));
	append(dst->nodes, &dst->n_nodes, src->nodes, src->n_nodes,
	       sizeof(struct rs_node *));
	src->n_nodes = 0; /* the references moved */
	rs_drops_finish(src);
	return 0;
}

int rs_drops_resolve(struct rs_drops *d)
{
	int err = grow_both(realloc, d, d->n_ptrs + d->n_nodes, d->n_nodes);

	if (err)
		return err;
	for (size_t i = 0; i < d->n_nodes; i++) {
		if (rs_node_placed(d->nodes[i]))
			rs_drops_add_ptr(d, &d->nodes[i]->ptr);
		rs_node_put(d->nodes[i]);
	}
	d->n_nodes = 0;
	return 0;
}

void rs_drops_forget(struct rs_drops *d, uint64_t after)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_ptrs; i++)
		if (d->ptrs[i].birth <= after)
			d->ptrs[kept++] = d->ptrs[i];
	d->n_ptrs = kept;
}
