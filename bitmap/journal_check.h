/* SPDX-License-Identifier: Apache-2.0 */
/* journal_check.h - the part of check.c that sees the journal. PRIVATE to
 * bitmap/. Records come in the order of keys: sets, then the journal. */
#ifndef BM_JOURNAL_CHECK_H
#define BM_JOURNAL_CHECK_H

#include "regionstore/regionstore.h"

struct bm_journal_check {
	uint64_t folded;  /* the largest of any set */
	uint64_t numbers; /* 0: not seen */
	uint64_t last;	  /* number of the last batch read */
};

void bm_journal_check_set(struct bm_journal_check *jc, uint64_t folded);
int bm_journal_check_record(struct bm_journal_check *jc, struct rs_checker *ck,
			    const struct rs_cursor *c);
void bm_journal_check_end(struct bm_journal_check *jc, struct rs_checker *ck);

#endif
