/* SPDX-License-Identifier: Apache-2.0 */
/* cont_form.h - what the bytes of runs say, and a place among them. PRIVATE to
 * container.c, cont_place.c and cont_check.c.
 */
#ifndef BM_CONT_FORM_H
#define BM_CONT_FORM_H

#include "bitmap/bits.h"
#include "bitmap/container.h"

static inline uint32_t bm_run_first(const struct bm_cont *c, uint32_t i)
{
	return bm_u16_at(c->data, 2 * (size_t)i);
}

/* Both included; above 65,535 when the bytes lie. */
static inline uint32_t bm_run_last(const struct bm_cont *c, uint32_t i)
{
	return bm_run_first(c, i) + bm_u16_at(c->data, 2 * (size_t)i + 1);
}

/* A place among runs: which one, and how far into it. */
static inline uint64_t bm_run_place(uint32_t i, uint32_t off)
{
	return ((uint64_t)1 << 32) * i + off;
}

#endif
