/* SPDX-License-Identifier: Apache-2.0 */
/* big.h - arrays of megabytes that are written once and soon freed. PRIVATE
 * to bitmap/.
 *
 * Such an array is new to the process, so each of its pages is a fault, and
 * for one that is filled in any order that is most of what filling it costs.
 * Where the host has huge pages there is one fault for 512 of them, and no
 * misses of the translation buffer.
 */
#ifndef BM_BIG_H
#define BM_BIG_H

#include <stddef.h>

/* Room for n elements of size bytes, to be freed with free(); or NULL. */
void *bm_big_alloc(size_t n, size_t size);

#endif
