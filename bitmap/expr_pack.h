/* SPDX-License-Identifier: Apache-2.0 */
/* expr_pack.h - what an expression has, to a packer. PRIVATE to bitmap/. */
#ifndef BM_EXPR_PACK_H
#define BM_EXPR_PACK_H

#include "bitmap/expr_flow.h"
#include "bitmap/packer.h"

/* The containers with keys from key on, below end. */
int bm_expr_pack(struct bm_eval *ev, uint64_t key, uint64_t end,
		 struct bm_packer *p);

#endif
