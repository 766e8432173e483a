/* SPDX-License-Identifier: Apache-2.0 */
/* crash_seen.h - images that were judged, by their bytes.
 *
 * Different power cuts often leave the same bytes. What a store shows depends
 * on nothing else, so it is opened once.
 */
#ifndef TESTS_SUPPORT_CRASH_SEEN_H
#define TESTS_SUPPORT_CRASH_SEEN_H

#include "tests/support/disk.h"
#include "tests/support/timeline.h"

struct verdict {
	uint64_t hash[2]; /* of all bytes; 0: no verdict */
	bool judged, bad;
	struct tl_state is; /* what it shows, unless bad */
};

struct crash_seen;

/* Of the image d; not judged when it is new. Valid until the next call. */
struct verdict *crash_seen(struct crash_seen **seen, const struct disk *d);
void crash_seen_free(struct crash_seen **seen); /* accepts a NULL in it */

#endif
