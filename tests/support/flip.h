/* SPDX-License-Identifier: Apache-2.0 */
/* flip.h - is damage noticed?
 *
 * All facts (facts.h) of a whole store (whole_store.h) are noted, live and in
 * its snapshot. Then something is done to the disk and the store opened: it is
 * refused with a sentence, or each fact is as it was or says that it cannot be
 * read. Never another answer. And when there is one that cannot be read, the
 * check has a finding. At last the store is written to: whatever it was told,
 * what it still shows afterwards is as it was.
 *
 * The newest superblock may be the victim; then the store shows the commit
 * before. So that it can be held against the same facts the last commit
 * changes nothing that can be seen.
 */
#ifndef TESTS_SUPPORT_FLIP_H
#define TESTS_SUPPORT_FLIP_H

#include "tests/support/disk.h"
#include "tests/support/facts.h"

/* A closed store, and what can be seen in it. */
struct flip_original {
	struct disk *disk;
	struct facts live, snap;
	uint32_t *used; /* pages with a byte that is not 0 */
	size_t n_used;
};

void flip_original_make(struct flip_original *o);
void flip_original_finish(struct flip_original *o);

struct flip_tally {
	bool quiet; /* a violation is what we want */
	bool fill;  /* write until nothing is free */
	uint64_t trials, refused, unread, found, bad;
};

/* What was done to d, and where; d is left as it is. */
void flip_try(const struct flip_original *o, const struct disk *d,
	      const char *what, uint64_t where, struct flip_tally *tally);
/* Change one byte and back. */
void flip_byte(struct flip_original *o, uint64_t at, uint8_t with,
	       struct flip_tally *tally);
/* Each byte of the bitmap of the first group in which a page is in use. */
void flip_bitmaps(struct flip_original *o, struct flip_tally *tally);
/* Each byte of each superblock, lists not counted. */
void flip_supers(struct flip_original *o, uint8_t with,
		 struct flip_tally *tally);
void flip_say(const struct flip_tally *tally);

#endif
