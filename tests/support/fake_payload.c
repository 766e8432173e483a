/* SPDX-License-Identifier: Apache-2.0 */
/* fake_payload.c - payloads over the pages of fake_store.c. */
#include <stdlib.h>
#include <string.h>

#include "regionstore/base/hash.h"
#include "regionstore/store.h"

int rs_payload_put(struct rs_txn *t, const void *data, size_t len,
		   struct rs_ptr *ret_ptr)
{
	uint32_t n = (uint32_t)((len - 1) / RS_PAGE_SIZE + 1), got;
	uint8_t *copy = calloc(n, RS_PAGE_SIZE);
	struct rs_ptr p = { .birth = rs_txn_id(t) };

	memcpy(copy, data, len);
	rs_reserve(rs_txn_store(t), RS_ZONE_DATA, 0, n, &p.pgno, &got);
	p.npages = n;
	p.csum = hash64(data, len, p.pgno);
	rs_write_pages(rs_txn_store(t), p.pgno, copy, n);
	rs_claim(t, p.pgno, n);
	free(copy);
	*ret_ptr = p;
	return 0;
}
int rs_payload_free(struct rs_txn *t, const struct rs_ptr *p)
{
	return rs_free(t, p->pgno, p->npages, p->birth);
}
int rs_payload_get(const struct rs_view *v, const struct rs_ptr *p, size_t len,
		   const uint8_t **ret_data)
{
	int err = rs_map_pages(rs_view_store(v), p->pgno, p->npages, ret_data);

	return err					    ? err
	       : hash64(*ret_data, len, p->pgno) == p->csum ? 0
							    : -EBADMSG;
}
