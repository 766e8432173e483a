/* SPDX-License-Identifier: Apache-2.0 */
/* payload.c - runs of pages that a record points at.
 *
 * A payload is written with one pwrite where it can be: a short one is copied
 * next to its padding first, of a long one only the last page is.
 */
#include "regionstore/base/hash.h"
#include "regionstore/broken.h"
#include "regionstore/pages.h"
#include "regionstore/store_state.h"

#include <assert.h>
#include <stdlib.h>

/* Longer payloads than this would not fit a group for long. */
#define PAGES_MAX 16384u

static int scratch(struct rs_txn *t, uint8_t **ret_mem)
{
	if (!t->scratch)
		t->scratch = malloc(RS_SCRATCH);
	if (!t->scratch)
		return -ENOMEM;
	*ret_mem = t->scratch;
	return 0;
}

/* len bytes and zeros up to the end of the page, through scratch memory. */
static int write_padded(struct rs_txn *t, uint64_t pgno, const void *data,
			size_t len)
{
	size_t padded = (len + RS_PAGE_SIZE - 1) & ~(size_t)(RS_PAGE_SIZE - 1);
	uint8_t *mem;
	int err = scratch(t, &mem);

	assert(padded <= RS_SCRATCH);
	if (err)
		return err;
	memcpy(mem, data, len);
	memset(mem + len, 0, padded - len);
	return rs_write_pages(t->store, pgno, mem,
			      (uint32_t)(padded >> RS_PAGE_SHIFT));
}

static int write_payload(struct rs_txn *t, uint64_t pgno, const uint8_t *data,
			 size_t len)
{
	size_t whole = len & ~(size_t)(RS_PAGE_SIZE - 1);
	uint64_t pages = whole >> RS_PAGE_SHIFT;
	int err;

	if (whole < len && len <= RS_SCRATCH)
		return write_padded(t, pgno, data, len);
	err = rs_write_pages(t->store, pgno, data, (uint32_t)pages);
	if (err || whole == len)
		return err;
	return write_padded(t, pgno + pages, data + whole, len - whole);
}

int rs_payload_put(struct rs_txn *t, const void *data, size_t len,
		   struct rs_ptr *ret_ptr)
{
	uint64_t pages = len / RS_PAGE_SIZE + (len % RS_PAGE_SIZE != 0);
	struct rs_want want = {
		.zone = len <= RS_SCRATCH ? RS_ZONE_META : RS_ZONE_DATA,
		.ahead = len <= RS_SCRATCH ? RS_RUN_NODES : 0,
		.min = (uint32_t)pages,
		.want = (uint32_t)pages,
	};
	uint64_t pgno;
	uint32_t got;
	int err;

	if (pages == 0 || pages > PAGES_MAX)
		return pages ? -EFBIG : -EINVAL;
	err = rs_alloc_take(&t->store->alloc, &want, &pgno, &got);
	if (err)
		return err;
	err = write_payload(t, pgno, data, len);
	if (!err)
		err = rs_claim(t, pgno, got);
	if (err) {
		rs_unreserve(t->store, pgno, got);
		return err;
	}
	*ret_ptr = (struct rs_ptr){ .pgno = pgno,
				    .npages = got,
				    .birth = t->txid,
				    .csum = hash64(data, len, pgno) };
	return 0;
}

int rs_payload_free(struct rs_txn *t, const struct rs_ptr *p)
{
	return rs_free(t, p->pgno, p->npages, p->birth);
}

int rs_payload_get(const struct rs_view *v, const struct rs_ptr *p, size_t len,
		   const uint8_t **ret_data)
{
	const struct rs_store *s = v->store;
	const uint8_t *data;
	int err;

	if (len == 0 || len > rs_bytes(p->npages))
		return -EUCLEAN;
	err = rs_map_pages(s, p->pgno, p->npages, &data);
	if (err)
		return err;
	rs_pages_used(v->store, p->npages);
	if (!rs_map_is_verified(&s->map, p->pgno, p->npages) &&
	    !RS_BROKEN(RS_BREAK_PAYLOAD)) {
		if (hash64(data, len, p->pgno) != p->csum)
			return rs_pages_differ(p->pgno, p->npages);
		rs_map_set_verified(&s->map, p->pgno, p->npages);
	}
	*ret_data = data;
	return 0;
}
