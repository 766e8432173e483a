/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - nodes of the trees in the mapping. PRIVATE. */
#ifndef RS_PAGES_H
#define RS_PAGES_H

#include "regionstore/tree.h"

/* A node's page, verified: the get() of s->pages. */
int rs_pages_get(const struct rs_pages *pages, const struct rs_ptr *ptr,
		 const uint8_t **ret_page);

/* These pages do not have the checksum they should: note where, and say
 * whether the host (-EIO) or their content (-EBADMSG) is to blame. */
int rs_pages_differ(uint64_t pgno, uint64_t npages);

#endif
