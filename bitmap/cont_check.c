/* SPDX-License-Identifier: Apache-2.0 */
/* cont_check.c - do the bytes of a container tell the truth? */
#include "bitmap/cont_form.h"

#include <errno.h>

static bool array_ok(const struct bm_cont *c)
{
	for (uint32_t i = 1; i < c->n; i++) {
		if (bm_u16_at(c->data, i - 1) >= bm_u16_at(c->data, i))
			return false;
	}
	return c->n == c->card && c->n <= BM_CONT_ARRAY_MAX;
}

/* Runs that touch each other must be one. */
static bool runs_ok(const struct bm_cont *c)
{
	uint64_t card = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		if (i && bm_run_first(c, i) <= bm_run_last(c, i - 1) + 1)
			return false;
		if (bm_run_last(c, i) >= BM_CONT_MEMBERS)
			return false;
		card += bm_run_last(c, i) - bm_run_first(c, i) + 1;
	}
	return card == c->card && c->n <= BM_CONT_RUNS_MAX;
}

int bm_cont_check(const struct bm_cont *c)
{
	bool ok = false;

	switch (c->form) {
	case BM_ARRAY:
		ok = array_ok(c);
		break;
	case BM_BITS:
		ok = bm_bits_count(c->data, BM_BITS_WORDS) == c->card;
		break;
	case BM_RUNS:
		ok = runs_ok(c);
		break;
	}
	return ok && c->card ? 0 : -EUCLEAN;
}
