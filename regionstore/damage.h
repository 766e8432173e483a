/* SPDX-License-Identifier: Apache-2.0 */
/* damage.h - where a read met damage. PRIVATE. */
#ifndef RS_DAMAGE_H
#define RS_DAMAGE_H

#include "regionstore/regionstore.h"

/* This thread found that these pages are not what their pointer says, or that
 * the pointer leads nowhere. Begins a new text. */
void rs_damage_pages(uint64_t pgno, uint64_t npages);
/* The page of the text begun last; 0 when there is none. */
uint64_t rs_damage_pgno(void);

#endif
