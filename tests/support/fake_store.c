/* SPDX-License-Identifier: Apache-2.0 */
/* fake_store.c - views, txns and pages over the real tree, without a disk.
 *
 * Nothing is committed and no page is used twice. There is no lock: one
 * thread. Snapshots, sync and check are not here.
 *
 * It is strict about pages: each is free, reserved, written, claimed, used or
 * leaving, and a call that does not fit its state fails the test. Now and then
 * a reservation gives less than it could, as on a disk in pieces.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "regionstore/base/hash.h"
#include "regionstore/format.h"
#include "regionstore/store.h"
#include "regionstore/tree.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#define ARENA_PAGES ((uint64_t)1 << 20)
#define FIRST_ID    16u
#define FIRST_PAGE  (RS_GROUP_FIRST + 2u)

struct rs_view {
	struct rs_store *store;
	struct rs_root root;
	unsigned refs;
};

enum page_state {
	FREE,
	RESERVED,
	WRITTEN, /* and reserved still */
	CLAIMED, /* by the txn */
	USED,
	LEAVING, /* with the txn; was used */
};

/* Runs of pages that the txn changes the state of when it ends. */
struct runs {
	size_t n;
	struct run {
		uint64_t pgno;
		uint32_t npages;
	} * runs;
};

struct rs_txn {
	struct rs_store *store;
	struct runs claimed, leaving;
	struct rs_edit edit;
	struct rs_view view;
	uint64_t old_id;
};

struct rs_store {
	struct rs_pages pages;
	struct rs_tree_env env;
	struct rs_root live;
	struct rs_txn txn;
	bool in_txn;
	uint64_t next_id, edits, next_page, used_pages, reservations;
	uint8_t *arena;
	uint8_t *states; /* one enum page_state a page */
};

static int no_page(const struct rs_pages *pages, const struct rs_ptr *ptr,
		   const uint8_t **ret_page)
{
	(void)pages, (void)ptr, (void)ret_page;
	return -EUCLEAN;
}

struct rs_store *mem_store_new(void)
{
	struct rs_store *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->pages.get = no_page;
	s->env.pages = &s->pages;
	s->env.tree_id = 1;
	s->next_id = FIRST_ID;
	s->next_page = FIRST_PAGE;
	s->arena =
		mmap(NULL, ARENA_PAGES * RS_PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(s->arena, MAP_FAILED);
	s->states = calloc(ARENA_PAGES, 1);
	assert_non_null(s->states);
	return s;
}

void mem_store_free(struct rs_store *s)
{
	rs_root_put(&s->live);
	for (uint64_t i = 0; i < s->next_page; i++)
		assert_true(s->states[i] == FREE || s->states[i] == USED);
	free(s->states);
	munmap(s->arena, ARENA_PAGES * RS_PAGE_SIZE);
	free(s);
}

/* --- views ---------------------------------------------------------------- */

int rs_view_live(struct rs_store *s, struct rs_view **ret_view)
{
	struct rs_view *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	v->store = s;
	v->refs = 1;
	rs_root_ref(&v->root, &s->live);
	*ret_view = v;
	return 0;
}

struct rs_view *rs_view_ref(struct rs_view *v)
{
	v->refs++;
	return v;
}

void rs_view_put(struct rs_view *v)
{
	if (!v || --v->refs > 0)
		return;
	rs_root_put(&v->root);
	free(v);
}

struct rs_store *rs_view_store(const struct rs_view *v)
{
	return v->store;
}

int rs_view_check(const struct rs_view *v)
{
	(void)v;
	return 0;
}

/* In a txn the edit's root counts. */
static const struct rs_root *root_of(const struct rs_view *v)
{
	struct rs_txn *t = &v->store->txn;

	return v == &t->view ? &t->edit.root : &v->root;
}

int rs_get(const struct rs_view *v, const void *key, size_t key_len, void *buf,
	   size_t cap, size_t *ret_len, uint64_t *ret_weight)
{
	return rs_tree_get(&v->store->env, root_of(v), key, key_len, buf, cap,
			   ret_len, ret_weight);
}

int rs_sum_before(const struct rs_view *v, const void *key, size_t key_len,
		  struct rs_sum *ret_sum)
{
	return rs_tree_sum_before(&v->store->env, root_of(v), key, key_len,
				  ret_sum);
}

void rs_cursor_init(struct rs_cursor *c, const struct rs_view *v)
{
	memset(c, 0, sizeof(*c));
	c->view = v;
}

void rs_cursor_finish(struct rs_cursor *c)
{
	rs_tree_release(c);
}

int rs_cursor_seek(struct rs_cursor *c, const void *key, size_t key_len)
{
	return rs_tree_seek(&c->view->store->env, root_of(c->view), c, key,
			    key_len);
}

int rs_cursor_floor(struct rs_cursor *c, const void *key, size_t key_len)
{
	return rs_tree_floor(&c->view->store->env, root_of(c->view), c, key,
			     key_len);
}

int rs_cursor_nth(struct rs_cursor *c, uint64_t n)
{
	return rs_tree_nth(&c->view->store->env, root_of(c->view), c, n);
}

int rs_cursor_weigh(struct rs_cursor *c, uint64_t w, uint64_t *ret_before)
{
	return rs_tree_weigh(&c->view->store->env, root_of(c->view), c, w,
			     ret_before);
}

int rs_cursor_next(struct rs_cursor *c)
{
	return rs_tree_next(&c->view->store->env, root_of(c->view), c);
}

/* --- pages ---------------------------------------------------------------- */

static void set_state(struct rs_store *s, uint64_t pgno, enum page_state state)
{
	s->used_pages += (state != FREE);
	s->used_pages -= (s->states[pgno] != FREE);
	s->states[pgno] = (uint8_t)state;
}

/* All of these pages go from one state to another. */
static void turn(struct rs_store *s, uint64_t pgno, uint32_t npages,
		 enum page_state from, enum page_state to)
{
	assert_true(pgno + npages <= s->next_page);
	for (uint32_t i = 0; i < npages; i++) {
		assert_int_equal(s->states[pgno + i], from);
		set_state(s, pgno + i, to);
	}
}

static void runs_add(struct runs *runs, uint64_t pgno, uint32_t npages)
{
	runs->runs = reallocarray(runs->runs, runs->n + 1, sizeof(struct run));
	assert_non_null(runs->runs);
	runs->runs[runs->n++] = (struct run){ .pgno = pgno, .npages = npages };
}

/* Of these pages, those in one state go to another. */
static void settle_pages(struct rs_txn *t, const struct runs *runs,
			 enum page_state from, enum page_state to)
{
	for (size_t i = 0; i < runs->n; i++) {
		const struct run *run = &runs->runs[i];

		for (uint64_t p = run->pgno; p < run->pgno + run->npages; p++) {
			if (t->store->states[p] == from)
				set_state(t->store, p, to);
		}
	}
}

static void forget_pages(struct rs_txn *t)
{
	free(t->claimed.runs);
	free(t->leaving.runs);
	t->claimed = t->leaving = (struct runs){ 0 };
}

/* Skip the bitmaps at the start of a group. */
static uint64_t next_payload(uint64_t pgno)
{
	uint64_t in_group = (pgno - RS_GROUP_FIRST) % RS_GROUP_PAGES;

	return in_group < 2 ? pgno + 2 - in_group : pgno;
}

int rs_reserve(struct rs_store *s, enum rs_zone zone, uint64_t near,
	       uint32_t want, uint64_t *ret_pgno, uint32_t *ret_got)
{
	uint64_t pgno = next_payload(s->next_page);
	uint64_t left =
		RS_GROUP_PAGES - (pgno - RS_GROUP_FIRST) % RS_GROUP_PAGES;
	uint32_t got = want < left ? want : (uint32_t)left;

	(void)zone, (void)near;
	assert_true(want > 0);
	if (want > ARENA_PAGES - pgno)
		return -ENOSPC;
	if (got > 1 && ++s->reservations % 4 == 0)
		got = got * 2 / 3;
	s->next_page = pgno + got;
	turn(s, pgno, got, FREE, RESERVED);
	*ret_pgno = pgno;
	*ret_got = got;
	return 0;
}

void rs_unreserve(struct rs_store *s, uint64_t pgno, uint32_t npages)
{
	assert_true(pgno + npages <= s->next_page);
	for (uint32_t i = 0; i < npages; i++) {
		assert_true(s->states[pgno + i] == RESERVED ||
			    s->states[pgno + i] == WRITTEN);
		set_state(s, pgno + i, FREE);
	}
}

int rs_write_pages(struct rs_store *s, uint64_t pgno, const void *data,
		   uint32_t npages)
{
	assert_true(npages > 0);
	turn(s, pgno, npages, RESERVED, WRITTEN);
	memcpy(s->arena + pgno * RS_PAGE_SIZE, data,
	       (size_t)npages * RS_PAGE_SIZE);
	return 0;
}

int rs_claim(struct rs_txn *t, uint64_t pgno, uint32_t npages)
{
	turn(t->store, pgno, npages, WRITTEN, CLAIMED);
	runs_add(&t->claimed, pgno, npages);
	return 0;
}

int rs_free(struct rs_txn *t, uint64_t pgno, uint32_t npages, uint64_t birth)
{
	assert_true(birth <= t->edit.txid);
	for (uint32_t i = 0; i < npages; i++) {
		enum page_state now = t->store->states[pgno + i];

		assert_true(now == USED || now == CLAIMED);
		set_state(t->store, pgno + i, LEAVING);
	}
	runs_add(&t->leaving, pgno, npages);
	return 0;
}

int rs_map_pages(const struct rs_store *s, uint64_t pgno, uint64_t npages,
		 const uint8_t **ret_data)
{
	if (pgno > s->next_page || npages > s->next_page - pgno)
		return -EUCLEAN;
	*ret_data = s->arena + pgno * RS_PAGE_SIZE;
	return 0;
}

int rs_map_verified(const struct rs_store *s, uint64_t pgno, uint64_t npages,
		    const uint64_t *csum, const uint8_t **ret_data)
{
	const uint8_t *data;
	int err = rs_map_pages(s, pgno, npages, &data);

	for (uint64_t i = 0; err == 0 && i < npages; i++)
		if (hash64(data + i * RS_PAGE_SIZE, RS_PAGE_SIZE, pgno + i) !=
		    csum[i])
			err = -EBADMSG;
	if (err == 0)
		*ret_data = data;
	return err;
}

/* --- changes -------------------------------------------------------------- */

int rs_txn_begin(struct rs_store *s, struct rs_txn **ret_txn)
{
	struct rs_txn *t = &s->txn;

	assert_false(s->in_txn);
	s->in_txn = true;
	t->store = s;
	t->old_id = s->next_id;
	t->view.store = s;
	rs_edit_init(&t->edit, &s->env, &s->live, 1, ++s->edits);
	*ret_txn = t;
	return 0;
}

int rs_txn_end(struct rs_txn *t)
{
	settle_pages(t, &t->claimed, CLAIMED, USED);
	settle_pages(t, &t->leaving, LEAVING, FREE);
	forget_pages(t);
	rs_root_put(&t->store->live);
	rs_root_ref(&t->store->live, &t->edit.root);
	rs_edit_finish(&t->edit);
	t->store->in_txn = false;
	return 0;
}

void rs_txn_abort(struct rs_txn *t)
{
	if (!t)
		return;
	rs_edit_finish(&t->edit);
	settle_pages(t, &t->leaving, LEAVING, USED);
	settle_pages(t, &t->claimed, CLAIMED, FREE);
	settle_pages(t, &t->claimed, USED, FREE); /* and left with it */
	forget_pages(t);
	t->store->next_id = t->old_id;
	t->store->in_txn = false;
}

const struct rs_view *rs_txn_view(struct rs_txn *t)
{
	return &t->view;
}

uint64_t rs_txn_id(const struct rs_txn *t)
{
	return t->edit.txid;
}

uint64_t rs_txn_new_id(struct rs_txn *t)
{
	return t->store->next_id++;
}

struct rs_store *rs_txn_store(const struct rs_txn *t)
{
	return t->store;
}

int rs_put(struct rs_txn *t, const void *key, size_t key_len, const void *val,
	   size_t val_len, uint64_t weight)
{
	return rs_tree_put(&t->edit, key, key_len, val, val_len, weight);
}

int rs_del(struct rs_txn *t, const void *key, size_t key_len)
{
	return rs_tree_del(&t->edit, key, key_len);
}

int rs_sync(struct rs_store *s)
{
	(void)s;
	return 0;
}

void rs_stats(struct rs_store *s, struct rs_stats *ret_stats)
{
	*ret_stats = (struct rs_stats){
		.used_bytes = s->used_pages * RS_PAGE_SIZE,
		.records = s->live.sum.count,
		.weight = s->live.sum.weight,
	};
}
