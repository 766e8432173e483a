/* SPDX-License-Identifier: Apache-2.0 */
/* repair_log.c - what the log of the chosen commit holds is done again.
 *
 * Before the commit of the repair, which so has it: until that is durable the
 * log stays as it is, and whoever repairs again finds it again. The bitmaps are
 * not asked. Free is what the chosen tree and the snapshots do not own, and a
 * page that a txn of the log claimed is one of these.
 *
 * What cannot be done again is given up, and so is all after it.
 */
#include "regionstore/repair.h"

#include <inttypes.h>

static void give_up(struct rs_repair *r)
{
	buf_finish(&r->s->log.found);
}

/* Up to the first record that is missing. */
static int load(struct rs_repair *r)
{
	struct rs_store *s = r->s;
	struct err why = { 0 };
	int err = rs_log_load(s, &why);

	if (err == -ENOMEM)
		return err;
	if (err)
		rs_repair_say(r,
			      "record %" PRIu32
			      " of the log is damaged: it and "
			      "all changes after it are given up",
			      s->log.n_found + 1);
	return 0;
}

/* Owners are looked for again when it is done, among these what was claimed. */
static int replay(struct rs_repair *r)
{
	struct rs_store *s = r->s;
	struct err why = { 0 };
	int err = rs_repair_space(r);

	if (!err)
		err = rs_log_replay_most(s, &why);
	rs_repair_space_done(r);
	if (err == 0 || err == -ENOMEM || err == -ENOSPC)
		return err;
	rs_repair_say(r, "a change that the log holds cannot be done again: it "
			 "and all changes after it are given up");
	return 0;
}

int rs_repair_log(struct rs_repair *r)
{
	struct rs_store *s = r->s;
	int err = load(r);

	if (err || s->log.n_found == 0)
		return err;
	if (r->how->to == RS_REPAIR_SNAPSHOT) {
		rs_repair_say(r, "so is what the log holds");
		give_up(r);
		return 0;
	}
	if (s->super.txid != r->newest)
		rs_repair_say(r, "but those stay that are in the log of that "
				 "commit");
	return replay(r);
}
