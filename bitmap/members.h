/* SPDX-License-Identifier: Apache-2.0 */
/* members.h - the memory of the members of batches. PRIVATE to bitmap/.
 *
 * A large batch is as long as a write, some 100 KiB, and dozens of them wait
 * in a queue and leave it together. From malloc each would be a mapping of its
 * own, and each of its pages a fault. They share CHUNKS instead, one after the
 * other, and a chunk is used anew when all of them are gone:
 *
 *	chunk  | head | batch | batch | batch | free ...
 *
 * So long as large batches are settled at each commit, no chunk is held by one
 * of them for long; small ones, which may wait longer, come from malloc.
 *
 * Threads: any.
 */
#ifndef BM_MEMBERS_H
#define BM_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

/* Room for n members, not 0; or NULL. */
uint64_t *bm_members_alloc(size_t n);
/* n as it was allocated or resized to. Accepts NULL. */
void bm_members_free(uint64_t *members, size_t n);
/* The first used of n members, with room for want, not 0; NULL changes
 * nothing. To get smaller costs nothing for the newest of a chunk. */
uint64_t *bm_members_resize(uint64_t *members, size_t n, size_t used,
			    size_t want);

#endif
