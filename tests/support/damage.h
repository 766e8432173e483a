/* SPDX-License-Identifier: Apache-2.0 */
/* damage.h - damage that checksums do not catch.
 *
 * Some bytes are a list of edits {page, offset, length, bytes} of the used
 * pages of a store. After the edits the checksums are put right: wherever the
 * old checksum of a page stands the new one is put, until that changes nothing
 * any more; records of the log are sealed again. So damage gets past the
 * checksums into every structure. (Not into payloads that do not fill their
 * pages: their checksum is of their bytes.)
 */
#ifndef TESTS_SUPPORT_DAMAGE_H
#define TESTS_SUPPORT_DAMAGE_H

#include "tests/support/disk.h"

#define DAMAGE_PAGES 512u

struct damage {
	const struct disk *base; /* the store before */
	uint64_t pages[DAMAGE_PAGES];
	size_t n;
};

/* A store that nobody uses; pages of zeros are punched out of it. */
void damage_init(struct damage *dm, struct disk *base);
/* d is a copy of base. */
void damage_apply(const struct damage *dm, struct disk *d, const uint8_t *data,
		  size_t size);

#endif
