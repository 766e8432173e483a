/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.c - what the layer above buffers, and the instant that a commit is.
 *
 * Somebody appends to a set, which is buffered, and then renames a file, which
 * is a txn. Whoever sees the second must see the first: in a snapshot, and
 * after a crash. So the layer is asked to buffer nothing more from before its
 * last batch is taken until the txns are.
 *
 * Most of it is settled before that, when others may go on; only what came
 * meanwhile is settled while they wait.
 */
#include "regionstore/store_state.h"

static int settle_once(struct rs_store *s, bool whole)
{
	return s->hooks.settle ? s->hooks.settle(s->hooks.arg, whole) : 0;
}

int rs_settle(struct rs_store *s, bool whole)
{
	int err = settle_once(s, whole);
	int rest = rs_hold(s) ? settle_once(s, whole) : 0;

	return err ? err : rest;
}

bool rs_hold(struct rs_store *s)
{
	return s->hooks.hold && s->hooks.hold(s->hooks.arg);
}

void rs_go_on(struct rs_store *s)
{
	if (s->hooks.go_on)
		s->hooks.go_on(s->hooks.arg);
}

void rs_set_hooks(struct rs_store *s, const struct rs_hooks *hooks)
{
	lock_take(&s->commit_lock);
	s->hooks = hooks ? *hooks : (struct rs_hooks){ 0 };
	lock_drop(&s->commit_lock);
}
