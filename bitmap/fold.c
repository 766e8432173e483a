/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c - what happens to queued batches before a commit.
 *
 * Mostly they are only written to the journal. They are settled, and the
 * journal is cleared, when a snapshot is going to show their sets, when the
 * journal is full, and when nobody has appended for a while: then a commit is
 * not in a hurry, and a store that is not changed has an empty journal. Direct
 * batches are always settled.
 *
 * When settling everything fails, for want of space, what can be kept in the
 * journal is.
 */

#include "bitmap/journal.h"

#include <errno.h>

#define IDLE_NS 1000000000u

int bm_fold(struct bm_db *db)
{
	int err = bm_settle_lines(db, false);

	return err ? err : bm_journal_clear(db);
}

int bm_before_commit(struct bm_db *db, bool whole)
{
	int err = bm_recall(db);
	int kept = 0;
	bool fold;

	db->settled_seq = bm_queue_seq(&db->queue);
	if (err)
		return err;
	fold = whole || bm_queue_is_due(&db->queue, IDLE_NS);
	err = fold ? bm_fold(db) : bm_settle_lines(db, true);
	if (!whole && (err || !fold))
		kept = bm_journal_write(db);
	return err ? err : kept;
}
