/* SPDX-License-Identifier: Apache-2.0 */
/* treekit.c - small trees for unit tests. */
#include "tests/support/treekit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t alloc_calls;
static uint64_t alloc_limit = UINT64_MAX;

static void need(bool ok)
{
	if (!ok)
		abort();
}

static void *counted_realloc(void *old, size_t size)
{
	return alloc_calls++ < alloc_limit ? realloc(old, size) : NULL;
}

void kit_fail_alloc(uint64_t n)
{
	alloc_calls = 0;
	alloc_limit = n;
}

void kit_let_alloc(void)
{
	kit_fail_alloc(UINT64_MAX);
}

uint64_t kit_allocs(void)
{
	return alloc_calls;
}

void kit_init(struct treekit *k)
{
	*k = (struct treekit){ .txid = 1 };
	mempages_init(&k->mp);
	k->env = (struct rs_tree_env){ .pages = &k->mp.pages,
				       .tree_id = 1,
				       .realloc = counted_realloc };
	kit_let_alloc();
}

void kit_finish(struct treekit *k)
{
	rs_root_put(&k->root);
	rs_drops_finish(&k->drops);
	mempages_finish(&k->mp);
}

void kit_key(uint8_t key[KIT_KEY], uint32_t n)
{
	key[0] = 'k';
	for (unsigned i = 0; i < 4; i++)
		key[1 + i] = (uint8_t)(n >> (24 - 8 * i));
}

void kit_begin(struct treekit *k, struct rs_edit *ed)
{
	rs_edit_init(ed, &k->env, &k->root, k->txid, ++k->edit_id);
}

int kit_put(struct rs_edit *ed, uint32_t n, size_t val_len, uint64_t weight)
{
	uint8_t val[RS_VAL_MAX + 1];
	uint8_t key[KIT_KEY];

	kit_key(key, n);
	memset(val, (int)(n & 0xff), sizeof(val));
	return rs_tree_put(ed, key, sizeof(key), val, val_len, weight);
}

int kit_del(struct rs_edit *ed, uint32_t n)
{
	uint8_t key[KIT_KEY];

	kit_key(key, n);
	return rs_tree_del(ed, key, sizeof(key));
}

void kit_publish(struct treekit *k, struct rs_edit *ed)
{
	need(rs_drops_move(&k->drops, &ed->drops) == 0);
	rs_root_put(&k->root);
	rs_root_ref(&k->root, &ed->root);
	rs_edit_finish(ed);
}

void kit_fill(struct treekit *k, uint32_t n, size_t val_len)
{
	struct rs_edit ed;

	kit_begin(k, &ed);
	for (uint32_t i = 0; i < n; i++)
		need(kit_put(&ed, i, val_len, 1) == 0);
	kit_publish(k, &ed);
}

void kit_commit(struct treekit *k)
{
	mempages_commit(&k->mp, &k->root, k->txid++);
	need(rs_drops_resolve(&k->drops) == 0);
}

uint8_t *kit_break(struct treekit *k, uint64_t pgno)
{
	k->mp.trusting = true;
	need(pgno > 0 && pgno < k->mp.n);
	return k->mp.page[pgno];
}

static void count_finding(void *arg, const char *text)
{
	struct treekit *k = arg;

	if (k->findings++ == 0)
		snprintf(k->finding, sizeof(k->finding), "%s", text);
}

int kit_walk(struct treekit *k)
{
	struct rs_tree_walk walk = { .arg = k, .finding = count_finding };

	k->findings = 0;
	k->finding[0] = '\0';
	return rs_tree_walk(&k->env, &k->root, &walk);
}

static int count_page(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	uint64_t *n = arg;

	(void)ptr;
	(void)level;
	++*n;
	return 0;
}

static void no_finding(void *arg, const char *text)
{
	(void)arg;
	(void)text;
	abort();
}

uint64_t kit_pages(struct treekit *k)
{
	uint64_t n = 0;
	struct rs_tree_walk walk = { .arg = &n,
				     .page = count_page,
				     .finding = no_finding };

	need(rs_tree_walk(&k->env, &k->root, &walk) == 0);
	return n;
}
