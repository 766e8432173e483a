/* SPDX-License-Identifier: Apache-2.0 */
/* pin.c - a list of pinned txids, newest first.
 *
 * Live views pin the newest txid, so taking one looks at the head of the list
 * alone; putting it back needs no search. The list is as long as there are
 * different txids pinned.
 */
#include "regionstore/pin.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void rs_pins_init(struct rs_pins *p)
{
	*p = (struct rs_pins){ 0 };
	lock_init(&p->lock, LOCK_PINS);
}

/* The first pin at or below txid, and the one before it. */
static struct rs_pin *find_locked(struct rs_pins *p, uint64_t txid,
				  struct rs_pin **ret_newer)
{
	struct rs_pin *newer = NULL;
	struct rs_pin *pin = p->newest;

	while (pin && pin->txid > txid) {
		newer = pin;
		pin = pin->older;
	}
	*ret_newer = newer;
	return pin;
}

static struct rs_pin *insert_locked(struct rs_pins *p, uint64_t txid,
				    struct rs_pin *newer, struct rs_pin *older)
{
	struct rs_pin *pin = calloc(1, sizeof(*pin));

	if (!pin)
		return NULL;
	pin->txid = txid;
	pin->older = older;
	pin->newer = newer;
	if (older)
		older->newer = pin;
	if (newer)
		newer->older = pin;
	else
		p->newest = pin;
	return pin;
}

int rs_pin_take(struct rs_pins *p, uint64_t txid, struct rs_pin **ret_pin)
{
	struct rs_pin *newer;
	struct rs_pin *pin;

	lock_take(&p->lock);
	pin = find_locked(p, txid, &newer);
	if (!pin || pin->txid != txid)
		pin = insert_locked(p, txid, newer, pin);
	if (pin)
		pin->count++;
	lock_drop(&p->lock);
	if (!pin)
		return -ENOMEM;
	*ret_pin = pin;
	return 0;
}

static void unlink_locked(struct rs_pins *p, struct rs_pin *pin)
{
	if (pin->newer)
		pin->newer->older = pin->older;
	else
		p->newest = pin->older;
	if (pin->older)
		pin->older->newer = pin->newer;
}

void rs_pin_drop(struct rs_pins *p, struct rs_pin *pin)
{
	struct rs_pin *gone = NULL;

	lock_take(&p->lock);
	assert(pin->count > 0);
	/* Without memory for what it parked it stays as an empty pin: pages
	 * come back later, never too early. */
	if (--pin->count == 0 &&
	    rs_extents_move(&p->returned, &pin->parked) == 0) {
		unlink_locked(p, pin);
		gone = pin;
	}
	lock_drop(&p->lock);
	if (gone)
		rs_extents_finish(&gone->parked);
	free(gone);
}

bool rs_pins_any(struct rs_pins *p, uint64_t from, uint64_t to)
{
	struct rs_pin *newer;
	struct rs_pin *pin;
	bool any;

	if (from > to)
		return false;
	lock_take(&p->lock);
	pin = find_locked(p, to, &newer);
	any = pin && pin->txid >= from;
	lock_drop(&p->lock);
	return any;
}

int rs_pins_park(struct rs_pins *p, const struct rs_extent *x)
{
	struct rs_pin *newer;
	struct rs_pin *pin;
	int n = 0;

	if (x->birth > x->death)
		return 0;
	lock_take(&p->lock);
	pin = find_locked(p, x->death, &newer);
	if (pin && pin->txid >= x->birth)
		n = rs_extents_add(&pin->parked, x) ? -ENOMEM : 1;
	lock_drop(&p->lock);
	return n;
}

static void free_empty_locked(struct rs_pins *p)
{
	struct rs_pin *pin = p->newest;

	while (pin) {
		struct rs_pin *older = pin->older;

		if (pin->count == 0 &&
		    rs_extents_move(&p->returned, &pin->parked) == 0) {
			unlink_locked(p, pin);
			rs_extents_finish(&pin->parked);
			free(pin);
		}
		pin = older;
	}
}

int rs_pins_collect(struct rs_pins *p, struct rs_extents *dst)
{
	int err;

	lock_take(&p->lock);
	free_empty_locked(p);
	err = rs_extents_move(dst, &p->returned);
	lock_drop(&p->lock);
	return err;
}

void rs_pins_finish(struct rs_pins *p)
{
	struct rs_pin *pin = p->newest;

	while (pin) {
		struct rs_pin *older = pin->older;

		assert(pin->count == 0);
		rs_extents_finish(&pin->parked);
		free(pin);
		pin = older;
	}
	rs_extents_finish(&p->returned);
	lock_finish(&p->lock);
}
