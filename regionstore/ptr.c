/* SPDX-License-Identifier: Apache-2.0 */
/* ptr.c - where a payload or a node lies, as 24 bytes. */
#include "regionstore/format.h"

_Static_assert(sizeof(struct rs_disk_ptr) == RS_PTR_SIZE, "no padding");

void rs_ptr_encode(const struct rs_ptr *p, uint8_t out[RS_PTR_SIZE])
{
	struct rs_disk_ptr d;
	struct le64 pgno = le64_put(p->pgno);

	memcpy(d.pgno, pgno.b, sizeof(d.pgno));
	d.npages = le16_put((uint16_t)p->npages);
	d.birth = le64_put(p->birth);
	d.csum = le64_put(p->csum);
	memcpy(out, &d, sizeof(d));
}

void rs_ptr_decode(const uint8_t in[RS_PTR_SIZE], struct rs_ptr *ret_ptr)
{
	struct rs_disk_ptr d;
	struct le64 pgno = { { 0 } };

	memcpy(&d, in, sizeof(d));
	memcpy(pgno.b, d.pgno, sizeof(d.pgno));
	ret_ptr->pgno = le64_get(pgno);
	ret_ptr->npages = le16_get(d.npages);
	ret_ptr->birth = le64_get(d.birth);
	ret_ptr->csum = le64_get(d.csum);
}
