/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h - what a commit wrote, with checksums. PRIVATE.
 *
 * A commit that is flushed once cannot say "all of me is on the disk" by the
 * mere presence of its superblock: the disk may have written that first. So
 * the superblock carries a list of every run of pages that the commit wrote
 * and its roots reach: nodes, bitmap slots, payloads. Whoever opens the store
 * compares these runs and nothing else: a few MiB at most, at any size of the
 * store, and without knowing what the pages are.
 *
 * The list stands behind the fields of the superblock and is covered by its
 * check. A commit that does not fit it takes two flushes.
 */
#ifndef RS_MANIFEST_H
#define RS_MANIFEST_H

#include "regionstore/format.h"
#include "regionstore/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RS_MANIFEST_MAX                                  \
	((RS_PAGE_SIZE - sizeof(struct rs_disk_super)) / \
	 sizeof(struct rs_disk_span))
/* What takes longer to compare than a second flush takes, on a fast disk. */
#define RS_MANIFEST_PAGES 1024u /* 4 MiB */

struct rs_span {
	uint64_t pgno;
	uint32_t npages;
	uint64_t csum; /* XXH3-64 of the pages, seed pgno */
};

struct rs_manifest {
	size_t n;
	uint64_t pages;
	struct rs_span v[RS_MANIFEST_MAX];
};

/* Joined to the span before it where they touch. False when it does not fit. */
bool rs_manifest_add(struct rs_manifest *m, uint64_t pgno, uint32_t npages);

/* Take the checksums of all spans from the mapping. -EIO when the host cannot
 * read what was just written. */
int rs_manifest_sum(struct rs_manifest *m, const struct rs_map *map);

/* Are the spans as they were summed? -EBADMSG, -EIO; *ret_bad, which may be
 * NULL, is the span that is not. */
int rs_manifest_verify(const struct rs_manifest *m, const struct rs_map *map,
		       struct rs_span *ret_bad);

/* To and from a superblock's page. Decoding checks that all spans lie behind
 * the superblocks and inside a file of file_pages: -EUCLEAN. */
void rs_manifest_encode(const struct rs_manifest *m,
			uint8_t page[RS_PAGE_SIZE]);
int rs_manifest_decode(const uint8_t page[RS_PAGE_SIZE], uint64_t file_pages,
		       struct rs_manifest *ret_manifest);

#endif
