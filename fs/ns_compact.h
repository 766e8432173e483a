/* SPDX-License-Identifier: Apache-2.0 */
/* ns_compact.h - rs_compact() of a store with names in it. */
#ifndef FS_NS_COMPACT_H
#define FS_NS_COMPACT_H

#include "regionstore/regionstore.h"

/* go_on_fn may be NULL; it is told how far it is, and ends it with -EINTR. */
int fs_compact(struct rs_store *s,
	       int (*go_on_fn)(void *arg, const struct rs_compact_result *r),
	       void *arg, struct rs_compact_result *ret_result);

/* Where the payload of any record lies: find() of struct rs_rescue. */
int fs_find_payload(void *arg, const struct rs_cursor *c,
		    struct rs_where *ret_where);

#endif
