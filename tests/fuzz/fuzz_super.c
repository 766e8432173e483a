/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_super.c - headers and superblocks of anything, with right checksums.
 *
 * The first byte says which of the two follows and whether its checksum is put
 * right. What decodes must encode to something that decodes to the same.
 */
#include "regionstore/base/hash.h"
#include "regionstore/layout.h"
#include "regionstore/super.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IS_HEADER 0x1u
#define IS_SEALED 0x2u

static void must(bool is)
{
	if (!is)
		abort();
}

static void seal(uint8_t *page, size_t check)
{
	struct hash128 h;
	struct le64 half[2];

	memset(page + check, 0, 16);
	h = hash128(page, RS_PAGE_SIZE, 0);
	half[0] = le64_put(h.lo);
	half[1] = le64_put(h.hi);
	memcpy(page + check, half, 16);
}

static void try_header(const uint8_t *page)
{
	struct rs_header h, again;
	uint8_t back[RS_PAGE_SIZE];

	if (rs_header_decode(page, &h, NULL))
		return;
	rs_header_encode(&h, back);
	must(rs_header_decode(back, &again, NULL) == 0);
	must(memcmp(again.uuid, h.uuid, sizeof(h.uuid)) == 0);
	must(again.hash_seed == h.hash_seed);
	must(again.created_ns == h.created_ns);
}

static void try_super(const uint8_t *page, uint64_t slot)
{
	struct rs_header h = { 0 };
	struct rs_super su, again;
	static struct rs_manifest m; /* large */
	uint8_t back[RS_PAGE_SIZE];

	memcpy(h.uuid, page + offsetof(struct rs_disk_super, uuid),
	       sizeof(h.uuid));
	if (rs_super_decode(page, &h, slot, &su, NULL))
		return;
	must(su.used_pages <= su.file_pages && su.txid > 0);
	must(su.data_root.npages == 0 ||
	     rs_is_payload(su.data_root.pgno, 1, su.file_pages));
	if (su.flags & RS_SUPER_ONE_FLUSH) {
		if (rs_manifest_decode(page, su.file_pages, &m))
			return;
		must(m.n > 0 && m.pages <= RS_MANIFEST_PAGES);
	}
	rs_super_encode(&su, &h, su.flags & RS_SUPER_ONE_FLUSH ? &m : NULL,
			back);
	must(rs_super_decode(back, &h, slot, &again, NULL) == 0);
	must(again.sys_root.csum == su.sys_root.csum);
	must(again.next_id == su.next_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t page[RS_PAGE_SIZE] = { 0 };
	uint8_t how = size ? data[0] : 0;

	if (size > 1)
		memcpy(page, data + 1,
		       size - 1 < sizeof(page) ? size - 1 : sizeof(page));
	if (how & IS_SEALED)
		seal(page, how & IS_HEADER
				   ? offsetof(struct rs_disk_header, check)
				   : offsetof(struct rs_disk_super, check));
	if (how & IS_HEADER)
		try_header(page);
	else
		for (uint64_t slot = 1; slot <= 3; slot++)
			try_super(page, slot);
	return 0;
}
