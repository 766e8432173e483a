/* SPDX-License-Identifier: Apache-2.0 */
/* compact_pack.h - the first pass of a compaction: fewer leaves. PRIVATE. */
#ifndef RS_COMPACT_PACK_H
#define RS_COMPACT_PACK_H

#include "regionstore/regionstore.h"

/* Pack the leaves of the data tree, a few branches in a txn, and commit. What
 * snapshots hold stays. */
int rs_compact_pack(struct rs_store *s, const struct rs_compact_ops *ops,
		    struct rs_compact_result *result);

#endif
