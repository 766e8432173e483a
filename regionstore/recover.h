/* SPDX-License-Identifier: Apache-2.0 */
/* recover.h - finding the newest durable commit. PRIVATE. */
#ifndef RS_RECOVER_H
#define RS_RECOVER_H

#include "regionstore/store_state.h"

/* Read the header and the superblocks, map the file, and choose: sets
 * s->header, s->map and the size of s->alloc, and returns the commit to go on
 * from. */
int rs_recover(struct rs_store *s, struct rs_super *ret_super, struct err *e);

#endif
