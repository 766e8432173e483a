/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.h - the parts of a salvage. PRIVATE to regionstore/salvage*.c.
 *
 *	salvage.c      leaves are found and put together
 *	salvage_log.c  and between them what the log holds
 */
#ifndef RS_SALVAGE_H
#define RS_SALVAGE_H

#include "regionstore/store_state.h"

/* A record of the log. */
struct rs_logged {
	uint64_t epoch;
	uint32_t page;
	uint32_t len;	     /* of its entries... */
	const uint8_t *data; /* ...in the mapping; NULL: it cannot be read */
};

struct rs_salvage_log {
	struct rs_store *s;
	struct buf mem;	     /* of v */
	struct rs_logged *v; /* oldest first */
	size_t n;
	size_t next;	/* of v: those before are done */
	bool has_seed;	/* any can be read at all */
	bool is_newest; /* no leaf is younger than the last of them */
	/* what became of it */
	uint64_t records, changes, pages; /* used */
	uint64_t damaged;		  /* records */
	uint64_t left, lost;		  /* pages */
};

/* Both halves: the records of the newest epoch in each. */
int rs_salvage_log_scan(struct rs_salvage_log *l, struct rs_store *s);
void rs_salvage_log_finish(struct rs_salvage_log *l);
/* Do again what was written down before a commit with that number ended. */
int rs_salvage_log_until(struct rs_salvage_log *l, struct rs_edit *ed,
			 uint64_t txid);
void rs_salvage_log_tell(const struct rs_salvage_log *l, rs_report_fn *say,
			 void *arg);

#endif
