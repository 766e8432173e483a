/* SPDX-License-Identifier: Apache-2.0 */
/* pin.h - who is still reading which past. PRIVATE.
 *
 * A view pins a txid T: the open one when it was taken, or its snapshot's. It
 * can see a page born in b and freed in d only if b <= T <= d, so such a page
 * is not reused while T is pinned. Pages born later are, however old the view
 * (LMDB keeps everything newer than its oldest reader; we do not).
 *
 * An extent that a pin holds up is PARKED with that pin and looked at again
 * when the last view of that txid goes, and not at each commit.
 *
 * Threads: any. The lock is held for a few instructions.
 */
#ifndef RS_PIN_H
#define RS_PIN_H

#include "regionstore/base/lock.h"
#include "regionstore/extent.h"

struct rs_pin {
	struct rs_pin *older, *newer;
	uint64_t txid;
	uint64_t count;
	struct rs_extents parked;
};

struct rs_pins {
	struct lock lock;
	struct rs_pin *newest;
	struct rs_extents returned; /* no longer parked */
};

void rs_pins_init(struct rs_pins *p);
/* No pin is left by now. */
void rs_pins_finish(struct rs_pins *p);

/* -ENOMEM. */
int rs_pin_take(struct rs_pins *p, uint64_t txid, struct rs_pin **ret_pin);
void rs_pin_drop(struct rs_pins *p, struct rs_pin *pin);

bool rs_pins_any(struct rs_pins *p, uint64_t from, uint64_t to);

/* Park x if a pin in [x->birth, x->death] needs it. 1 when parked, 0 when
 * none does, -ENOMEM. */
int rs_pins_park(struct rs_pins *p, const struct rs_extent *x);
/* Move the extents whose pins are gone behind dst. */
int rs_pins_collect(struct rs_pins *p, struct rs_extents *dst);

#endif
