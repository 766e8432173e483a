/* SPDX-License-Identifier: Apache-2.0 */
/* check_pin.c - one commit that stands still while others follow.
 *
 * A pin on its number keeps the pages of both its trees, a pin on the number
 * of each snapshot those of the snapshot, should it be dropped meanwhile. The
 * pages come back when the check is over.
 */
#include "regionstore/check.h"

#include <stdlib.h>

static int pin(struct rs_checker *ck, uint64_t txid)
{
	int err = rs_pin_take(&ck->s->pins, txid, &ck->pins[ck->n_pins]);

	if (!err)
		ck->n_pins++;
	return err;
}

static void *copy(const void *v, size_t n, size_t size)
{
	void *mem = calloc(n + 1, size);

	if (mem && n)
		memcpy(mem, v, n * size);
	return mem;
}

/* The lists change with commits alone, and none is under way. */
static int copy_snaps(struct rs_checker *ck)
{
	struct rs_store *s = ck->s;

	lock_take(&s->root_lock);
	ck->snaps.n = s->snaps.n;
	ck->snaps.v = copy(s->snaps.v, s->snaps.n, sizeof(*s->snaps.v));
	lock_drop(&s->root_lock);
	ck->leaving.n = s->leaving.n;
	ck->leaving.v = copy(s->leaving.v, s->leaving.n, sizeof(*s->leaving.v));
	return ck->snaps.v && ck->leaving.v ? 0 : -ENOMEM;
}

int rs_check_pin(struct rs_checker *ck)
{
	int err = copy_snaps(ck);

	if (err)
		return err;
	ck->super = ck->s->super;
	ck->file_pages = rs_file_pages(ck->s);
	ck->pins = calloc(ck->snaps.n + 1, sizeof(struct rs_pin *));
	if (!ck->pins)
		return -ENOMEM;
	err = pin(ck, ck->super.txid);
	for (size_t i = 0; !err && i < ck->snaps.n; i++)
		err = pin(ck, ck->snaps.v[i].snap.txid);
	return err;
}

void rs_check_unpin(struct rs_checker *ck)
{
	while (ck->n_pins > 0)
		rs_pin_drop(&ck->s->pins, ck->pins[--ck->n_pins]);
	free(ck->pins);
	free(ck->snaps.v);
	free(ck->leaving.v);
}
