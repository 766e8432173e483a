/* SPDX-License-Identifier: Apache-2.0 */
/* set_store.h - a store in memory with sets in it, as the namespace would
 * keep them. Everything asserts.
 */

#ifndef TESTS_SUPPORT_SET_STORE_H
#define TESTS_SUPPORT_SET_STORE_H

#include "bitmap/bitmap.h"
#include "tests/support/disk.h"

struct set_store {
	struct disk *disk;
	struct rs_store *store;
	struct bm_db *db;
	uint64_t clear_slice; /* 0: what the database thinks best */
	bool small_journal;
	uint32_t log_pages; /* from the next opening on */
	bool runs;	    /* stages put aside what they can */
	/* what the hooks were told */
	unsigned n_changed, n_failed;
	int64_t when_ns;
	int failed_with;
};

void set_store_init(struct set_store *ss);
/* On a store that is there; the disk is not ours. */
void set_store_open(struct set_store *ss, struct rs_io *io);
void set_store_finish(struct set_store *ss);
void set_store_reopen(struct set_store *ss); /* commit, close, open */
/* Stop as in a power cut: what waits and what is not committed is gone. */
void set_store_stop(struct set_store *ss);
void set_store_again(struct set_store *ss); /* open after that */
void set_store_crash(struct set_store *ss); /* both */

/* From now on large contents go in slices of so many segments. */
void set_store_clear_by(struct set_store *ss, uint64_t segments);

/* From now on each batch of a stage is put aside, if it may be. */
void set_store_make_runs(struct set_store *ss);
/* It is full every two dozen batches, in this life and later ones. */
void set_store_make_journal_small(struct set_store *ss);

uint64_t set_store_create(struct set_store *ss); /* an empty set */
void set_store_remove(struct set_store *ss, uint64_t ino);
/* Its members in the live tree, nothing settled. */
uint64_t set_store_settled(struct set_store *ss, uint64_t ino);
/* The set as it is now, everything settled. */
struct bm_view *set_store_view(struct set_store *ss, uint64_t ino);
struct bm_info set_store_info(struct set_store *ss, uint64_t ino);
/* The stage takes the place of the set's content; the first try aborts its
 * txn when retry is set. */
void set_store_apply(struct set_store *ss, uint64_t ino, struct bm_stage *st,
		     bool retry);
/* Nothing is wrong, and nothing is left of what was removed. */
void set_store_check(struct set_store *ss);
/* How many things are wrong; the first in text. */
uint64_t set_store_findings(struct set_store *ss, char text[200]);

/* For cmocka: such a store, and afterwards nothing is wrong with it. */
int set_store_setup(void **state);
int set_store_teardown(void **state);
#define SET_STORE_TEST(name)                                   \
	cmocka_unit_test_setup_teardown(name, set_store_setup, \
					set_store_teardown)

/* Lines of text, applied as commands. */
void set_store_write(struct set_store *ss, uint64_t ino, const char *text);

#endif
