/* SPDX-License-Identifier: Apache-2.0 */
/* pending.h - what a set will be when all that waits for it is settled. */
#ifndef TESTS_SUPPORT_PENDING_H
#define TESTS_SUPPORT_PENDING_H

#include "tests/support/set_twin.h"

struct pending {
	bool any;	 /* something waits */
	bool changed;	 /* and it changes the members */
	int64_t when_ns; /* the time of the last of it */
	struct set_twin twin;
};

/* v is the live view. Nothing is settled by this. */
int pending_read(struct bm_db *db, struct rs_view *v, uint64_t ino,
		 struct pending *ret_p);
void pending_finish(struct pending *p);
/* From here on only what is durable by the last commit, though it waits. */
void pending_only_kept(bool only);
/* From now on whatever waits is taken for a change, of which the time is noted.
 */
void pending_all_count(bool all);

/* What the journal of a store brings back, in a db that can be asked and no
 * more: s may be read-only. NULL when that cannot be read. */
struct bm_db *pending_open(struct rs_store *s);
void pending_close(struct bm_db *db);

/* Its text; the caller frees it. */
char *pending_text(const struct pending *p, size_t *ret_len);

#endif
