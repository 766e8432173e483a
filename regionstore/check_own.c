/* SPDX-License-Identifier: Apache-2.0 */
/* check_own.c - every page has an owner, and the bitmaps know it (I3). */
#include "regionstore/check.h"

#include <stdlib.h>

#define BITS 64u

static bool test(const uint64_t *bits, uint64_t i)
{
	return bits[i / BITS] >> (i % BITS) & 1;
}

static void set(uint64_t *bits, uint64_t i)
{
	bits[i / BITS] |= UINT64_C(1) << (i % BITS);
}

static size_t bytes_of(const struct rs_checker *ck)
{
	return (size_t)(ck->file_pages / BITS + 1) * sizeof(uint64_t);
}

int rs_own_init(struct rs_checker *ck)
{
	ck->owned = calloc(1, bytes_of(ck));
	ck->now = calloc(1, bytes_of(ck));
	ck->live = calloc(1, bytes_of(ck));
	ck->marked = calloc(1, bytes_of(ck));
	return ck->owned && ck->now && ck->live && ck->marked ? 0 : -ENOMEM;
}

void rs_own_finish(struct rs_checker *ck)
{
	free(ck->owned);
	free(ck->now);
	free(ck->live);
	free(ck->marked);
}

void rs_own_next_tree(struct rs_checker *ck)
{
	memset(ck->now, 0, bytes_of(ck));
}

void rs_own_alone(struct rs_checker *ck)
{
	memcpy(ck->now, ck->owned, bytes_of(ck));
}

void rs_own_set_live(struct rs_checker *ck)
{
	memcpy(ck->live, ck->owned, bytes_of(ck));
	ck->n_live = ck->n_owned;
}

/* The newest snapshot comes first, so this is the last that has the page. */
static void gather(struct rs_checker *ck, uint64_t pgno, uint64_t birth)
{
	const struct rs_extent x = { .pgno = pgno,
				     .npages = 1,
				     .birth = birth,
				     .death = ck->snap_txid + 1 };

	if (rs_extents_add(ck->gather, &x))
		ck->gather_failed = true;
}

/* True when the page is new to all trees. */
static bool own_page(struct rs_checker *ck, uint64_t pgno, uint64_t birth)
{
	if (test(ck->now, pgno))
		rs_check_report(ck, "page %llu: owned twice",
				(unsigned long long)pgno);
	set(ck->now, pgno);
	if (test(ck->owned, pgno))
		return false;
	set(ck->owned, pgno);
	ck->n_owned++;
	if (ck->gather && ck->snap)
		gather(ck, pgno, birth);
	return true;
}

static bool is_possible(struct rs_checker *ck, const struct rs_ptr *p)
{
	if (rs_is_payload(p->pgno, p->npages, ck->file_pages) && p->birth > 0 &&
	    p->birth <= ck->txid)
		return true;
	rs_check_report(ck,
			"pointer to page %llu, %u pages, born in %llu: "
			"impossible",
			(unsigned long long)p->pgno, p->npages,
			(unsigned long long)p->birth);
	return false;
}

void rs_check_own(struct rs_checker *ck, const struct rs_ptr *p)
{
	if (!is_possible(ck, p))
		return;
	for (uint64_t i = 0; i < p->npages; i++)
		if (own_page(ck, p->pgno + i, p->birth))
			ck->result.payload_bytes += RS_PAGE_SIZE;
}

int rs_own_node(struct rs_checker *ck, const struct rs_ptr *ptr)
{
	if (ptr->npages != 1 || !is_possible(ck, ptr))
		return -EALREADY;
	if (!own_page(ck, ptr->pgno, ptr->birth))
		return -EALREADY;
	ck->result.pages++;
	return 0;
}

/* Nobody has the page: then it is on its way out, or a greedy snapshot's. */
static void own_unseen(struct rs_checker *ck, uint64_t pgno, bool held)
{
	if (held)
		own_page(ck, pgno, 0);
	else if (ck->fn)
		rs_check_report(ck, "page %llu: dead, but no snapshot has it",
				(unsigned long long)pgno);
}

void rs_own_dead(struct rs_checker *ck, const struct rs_disk_dead *d,
		 uint64_t death)
{
	uint8_t raw[RS_PTR_SIZE] = { 0 };
	struct rs_ptr p;
	bool held;

	memcpy(raw, d, sizeof(*d));
	rs_ptr_decode(raw, &p);
	if (!is_possible(ck, &p))
		return;
	held = rs_leave_covers(&ck->leaving, &ck->snaps, p.birth, death) ||
	       rs_snaps_hold(&ck->snaps, p.birth, death);
	for (uint64_t at = p.pgno; at < p.pgno + p.npages; at++) {
		ck->dead_pages++;
		if (test(ck->live, at))
			rs_check_report(ck, "page %llu: dead, but live",
					(unsigned long long)at);
		else if (!test(ck->owned, at))
			own_unseen(ck, at, held);
	}
}

/* --- comparing with the disk --------------------------------------------- */

/* The bitmap on disk, read anew: *ret_group is NULL when it cannot be. */
static int read_group(struct rs_checker *ck, uint32_t number,
		      struct rs_group **ret_group)
{
	struct rs_alloc *a = &ck->s->alloc;
	uint64_t first = rs_group_page(number, 0);
	uint64_t limit = ck->file_pages - first;
	struct rs_group_rec rec;
	const uint8_t *page;
	struct rs_group *g;
	int err;

	g = rs_group_new(number, limit < RS_GROUP_PAGES ? (uint32_t)limit
							: RS_GROUP_PAGES);
	if (!g)
		return -ENOMEM;
	lock_take(&a->lock);
	err = a->env.load(a->env.arg, number, &rec, &page);
	lock_drop(&a->lock);
	if (!err)
		err = rs_group_load(g, &rec, page);
	if (err && err != -ENOENT) {
		rs_check_report(ck, "group %u: bitmap cannot be read: %s",
				number, err_text(err));
		rs_group_free(g);
		g = NULL;
	}
	*ret_group = g;
	return 0;
}

static int copy_marks(struct rs_checker *ck, uint32_t number)
{
	struct rs_group *g;
	int err = read_group(ck, number, &g);
	uint32_t i;

	if (err || !g)
		return err;
	for (i = rs_bits_next_set(&g->disk, RS_GROUP_SLOTS, g->limit);
	     i < g->limit; i = rs_bits_next_set(&g->disk, i + 1, g->limit))
		set(ck->marked, rs_group_page(number, i));
	/* The slots themselves say that the rest is known. */
	set(ck->marked, rs_group_page(number, 0));
	rs_group_free(g);
	return 0;
}

int rs_own_marks(struct rs_checker *ck)
{
	uint32_t n = rs_group_count(ck->file_pages);
	int err = 0;

	for (uint32_t i = 0; !err && i < n; i++)
		err = copy_marks(ck, i);
	return err;
}

static void compare_page(struct rs_checker *ck, uint64_t pgno, bool marked)
{
	bool owned = test(ck->owned, pgno);

	if (owned && !marked)
		rs_check_report(ck, "page %llu: owned, but marked free",
				(unsigned long long)pgno);
	if (!owned && marked && ck->fn)
		rs_check_report(ck, "page %llu: marked, but nobody's",
				(unsigned long long)pgno);
}

static void compare_group(struct rs_checker *ck, uint32_t number)
{
	uint64_t at = rs_group_page(number, 0);
	uint64_t end = rs_group_page(number + 1, 0);

	if (!test(ck->marked, at))
		return; /* reported when it could not be read */
	if (end > ck->file_pages)
		end = ck->file_pages;
	for (at += RS_GROUP_SLOTS; at < end; at++)
		compare_page(ck, at, test(ck->marked, at));
}

static void compare_count(struct rs_checker *ck, const char *what,
			  uint64_t counted, uint64_t noted)
{
	if (counted != noted)
		rs_check_report(ck, "%s: %llu pages, the superblock says %llu",
				what, (unsigned long long)counted,
				(unsigned long long)noted);
}

void rs_own_compare(struct rs_checker *ck)
{
	uint32_t n = rs_group_count(ck->file_pages);

	for (uint32_t i = 0; i < n; i++)
		compare_group(ck, i);
	compare_count(ck, "dead records", ck->dead_pages,
		      ck->super.pinned_pages);
	if (ck->fn)
		compare_count(ck, "in use", ck->n_owned, ck->super.used_pages);
}
