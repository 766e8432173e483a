/* SPDX-License-Identifier: Apache-2.0 */
/* orphan.h - a content that has an object but no name. PRIVATE to bitmap/.
 *
 * Its number stands in an orphan record as long as it may have to be cleaned
 * up after a crash. The object has no attributes.
 */
#ifndef BM_ORPHAN_H
#define BM_ORPHAN_H

#include "regionstore/regionstore.h"

int bm_orphan_put(struct rs_txn *t, uint64_t ino);
bool bm_is_orphan(const struct rs_view *v, uint64_t ino);
/* The object and the orphan record; segments are not touched. */
int bm_orphan_del(struct rs_txn *t, uint64_t ino);

#endif
