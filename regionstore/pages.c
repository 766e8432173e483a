/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c - pages in, through the mapping, and out, through pwrite.
 *
 * Bytes are compared with their checksum when they are first read and not
 * again (map.h). What we wrote ourselves counts as verified: it is in the page
 * cache, and what was in our memory was right.
 */
#include "regionstore/pages.h"

#include "regionstore/base/hash.h"
#include "regionstore/broken.h"
#include "regionstore/damage.h"
#include "regionstore/store_state.h"

#include <assert.h>
#include <stddef.h>

/* Pages in memory of what was read, as estimated: the host maps neighbours,
 * too. Nodes are not counted, there are few. */
#define RESIDENT 4096u
#define AROUND	 8u

int rs_map_pages(const struct rs_store *s, uint64_t pgno, uint64_t npages,
		 const uint8_t **ret_data)
{
	if (!rs_is_payload(pgno, npages, rs_file_pages(s))) {
		rs_damage_pages(pgno, npages);
		return -EUCLEAN;
	}
	assert(rs_bytes(pgno + npages) <= s->map.len);
	rs_map_watch();
	*ret_data = s->map.base + rs_bytes(pgno);
	return 0;
}

void rs_pages_used(struct rs_store *s, uint64_t npages)
{
	uint64_t more = npages + AROUND;

	if (!s->io->ops->relax ||
	    atomic_fetch_add(&s->mapped, more) + more < RESIDENT)
		return;
	if (atomic_exchange(&s->mapped, 0) >= RESIDENT)
		s->io->ops->relax(s->io);
}

/* A wrong checksum over a page that the host could not read is its fault. */
int rs_pages_differ(uint64_t pgno, uint64_t npages)
{
	rs_damage_pages(pgno, npages);
	return rs_map_check() ? -EIO : -EBADMSG;
}

int rs_map_verified(const struct rs_store *s, uint64_t pgno, uint64_t npages,
		    const uint64_t *csum, const uint8_t **ret_data)
{
	const uint8_t *data;
	int err = rs_map_pages(s, pgno, npages, &data);

	if (err)
		return err;
	for (uint64_t i = 0; i < npages; i++) {
		if (rs_map_is_verified(&s->map, pgno + i, 1))
			continue;
		if (hash64(data + rs_bytes(i), RS_PAGE_SIZE, pgno + i) !=
		    csum[i])
			return rs_pages_differ(pgno + i, 1);
		rs_map_set_verified(&s->map, pgno + i, 1);
	}
	*ret_data = data;
	return 0;
}

static const struct rs_store *store_of(const struct rs_pages *pages)
{
	const void *p =
		(const uint8_t *)pages - offsetof(struct rs_store, pages);

	return p;
}

int rs_pages_get(const struct rs_pages *pages, const struct rs_ptr *ptr,
		 const uint8_t **ret_page)
{
	if (ptr->npages != 1)
		return -EUCLEAN;
	if (RS_BROKEN(RS_BREAK_NODE))
		return rs_map_pages(store_of(pages), ptr->pgno, 1, ret_page);
	return rs_map_verified(store_of(pages), ptr->pgno, 1, &ptr->csum,
			       ret_page);
}

int rs_write_pages(struct rs_store *s, uint64_t pgno, const void *data,
		   uint32_t npages)
{
	int err;

	assert(rs_is_payload(pgno, npages, rs_file_pages(s)));
	rs_map_forget(&s->map, pgno, npages);
	err = s->io->ops->write(s->io, rs_bytes(pgno), data,
				(size_t)rs_bytes(npages));
	if (err == -ENOSPC || err == -EDQUOT)
		rs_alloc_note_full(&s->alloc);
	if (err)
		return err == -ENOSPC || err == -EDQUOT ? err : -EIO;
	atomic_fetch_add(&s->counters.writes, 1);
	atomic_fetch_add(&s->counters.write_bytes, rs_bytes(npages));
	rs_alloc_set_backed(&s->alloc, pgno, npages);
	rs_map_set_verified(&s->map, pgno, npages);
	return 0;
}

int rs_reserve(struct rs_store *s, enum rs_zone zone, uint64_t near,
	       uint32_t want, uint64_t *ret_pgno, uint32_t *ret_got)
{
	const struct rs_want w = {
		.zone = zone,
		.near = near ? near + 1 : 0,
		.min = 1,
		.want = want,
	};

	return rs_alloc_take(&s->alloc, &w, ret_pgno, ret_got);
}

void rs_unreserve(struct rs_store *s, uint64_t pgno, uint32_t npages)
{
	rs_alloc_give(&s->alloc, pgno, npages);
}
