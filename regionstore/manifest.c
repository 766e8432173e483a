/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c - the list of what a commit wrote. */
#include "regionstore/manifest.h"

#include "regionstore/base/hash.h"
#include "regionstore/layout.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define LIST_AT sizeof(struct rs_disk_super)

_Static_assert(RS_MANIFEST_PAGES <= UINT16_MAX, "npages of a span");

bool rs_manifest_add(struct rs_manifest *m, uint64_t pgno, uint32_t npages)
{
	struct rs_span *last = m->n ? &m->v[m->n - 1] : NULL;

	if (npages > RS_MANIFEST_PAGES - m->pages)
		return false;
	m->pages += npages;
	if (last && last->pgno + last->npages == pgno) {
		last->npages += npages;
		return true;
	}
	if (m->n == RS_MANIFEST_MAX)
		return false;
	m->v[m->n++] = (struct rs_span){ .pgno = pgno, .npages = npages };
	return true;
}

static uint64_t sum(const struct rs_map *map, const struct rs_span *sp)
{
	assert(rs_bytes(sp->pgno + sp->npages) <= map->len);
	return hash64(map->base + rs_bytes(sp->pgno),
		      (size_t)rs_bytes(sp->npages), sp->pgno);
}

int rs_manifest_sum(struct rs_manifest *m, const struct rs_map *map)
{
	rs_map_watch();
	for (size_t i = 0; i < m->n; i++)
		m->v[i].csum = sum(map, &m->v[i]);
	return rs_map_check();
}

int rs_manifest_verify(const struct rs_manifest *m, const struct rs_map *map,
		       struct rs_span *ret_bad)
{
	rs_map_watch();
	for (size_t i = 0; i < m->n; i++)
		rs_map_fetch(map, m->v[i].pgno, m->v[i].npages);
	for (size_t i = 0; i < m->n; i++) {
		if (sum(map, &m->v[i]) == m->v[i].csum)
			continue;
		if (ret_bad)
			*ret_bad = m->v[i];
		return rs_map_check() ? -EIO : -EBADMSG;
	}
	return rs_map_check();
}

static void put_pgno(struct rs_disk_span *d, uint64_t pgno)
{
	struct le64 le = le64_put(pgno);

	memcpy(d->pgno, le.b, sizeof(d->pgno));
}

static uint64_t get_pgno(const struct rs_disk_span *d)
{
	struct le64 le = { { 0 } };

	memcpy(le.b, d->pgno, sizeof(d->pgno));
	return le64_get(le);
}

void rs_manifest_encode(const struct rs_manifest *m, uint8_t page[RS_PAGE_SIZE])
{
	for (size_t i = 0; i < m->n; i++) {
		struct rs_disk_span d = {
			.npages = le16_put((uint16_t)m->v[i].npages),
			.csum = le64_put(m->v[i].csum),
		};

		put_pgno(&d, m->v[i].pgno);
		memcpy(page + LIST_AT + i * sizeof(d), &d, sizeof(d));
	}
	memset(page + LIST_AT + m->n * sizeof(struct rs_disk_span), 0,
	       RS_PAGE_SIZE - LIST_AT - m->n * sizeof(struct rs_disk_span));
}

static bool is_good_span(const struct rs_span *sp, uint64_t file_pages)
{
	return sp->pgno >= RS_GROUP_FIRST &&
	       ck_range(sp->pgno, sp->npages, file_pages);
}

int rs_manifest_decode(const uint8_t page[RS_PAGE_SIZE], uint64_t file_pages,
		       struct rs_manifest *ret_manifest)
{
	struct rs_manifest m = { 0 };

	for (; m.n < RS_MANIFEST_MAX; m.n++) {
		struct rs_span *sp = &m.v[m.n];
		struct rs_disk_span d;

		memcpy(&d, page + LIST_AT + m.n * sizeof(d), sizeof(d));
		sp->pgno = get_pgno(&d);
		sp->npages = le16_get(d.npages);
		sp->csum = le64_get(d.csum);
		if (sp->npages == 0)
			break;
		m.pages += sp->npages;
		if (!is_good_span(sp, file_pages) ||
		    m.pages > RS_MANIFEST_PAGES)
			return -EUCLEAN;
	}
	if (m.n == 0)
		return -EUCLEAN; /* every commit writes something */
	*ret_manifest = m;
	return 0;
}
