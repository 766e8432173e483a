/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c - what happens to queued batches before a commit.
 *
 * Mostly they are only written to the journal. Everything is settled, and the
 * journal is cleared, when a snapshot is going to show the sets, and when
 * nobody has appended for a while: then a commit is not in a hurry, and a store
 * that is not changed has an empty journal. When the journal is filling up, the
 * sets for which much waits are settled (fold_hot.c). Direct batches always
 * are.
 *
 * When settling fails, for want of space, what can be kept in the journal is.
 */

#include "bitmap/journal.h"

#include <errno.h>

#define IDLE_NS 1000000000u

int bm_fold(struct bm_db *db)
{
	int err = bm_settle_lines(db, BM_LINES_ALL);

	return err ? err : bm_journal_clear(db);
}

/* What the journal need not have then; *ret_kept: it is to have the rest. */
static int settle(struct bm_db *db, bool whole, bool *ret_kept)
{
	*ret_kept = false;
	if (whole || bm_queue_is_idle(&db->queue, IDLE_NS))
		return bm_fold(db);
	if (bm_queue_is_filling(&db->queue))
		return bm_fold_hot(db);
	*ret_kept = true;
	return bm_settle_lines(db, BM_LINES_DIRECT);
}

int bm_before_commit(struct bm_db *db, bool whole)
{
	int err = bm_recall(db);
	int kept = 0;
	bool keep;

	db->settled_seq = bm_queue_seq(&db->queue);
	if (err)
		return err;
	err = settle(db, whole, &keep);
	if (!whole && (err || keep))
		kept = bm_journal_write(db);
	return err ? err : kept;
}
