/* SPDX-License-Identifier: Apache-2.0 */
/* text_scan.h - plain lines to members, as fast as the machine can. PRIVATE to
 * bitmap/, pure.
 *
 * A plain line is N and a newline, N of 1 to 20 digits and below 2^64; or, to
 * a scanner that is told so, a '-' and then that. A
 * scanner turns as many of them as come into members. It may stop wherever it
 * likes, but only before a line, and it never takes one that is not plain (an
 * empty one, which asks for nothing, it may skip). Whoever calls it takes the
 * next line by hand and calls again. So what a text means is decided in one
 * place, text_parse.c, and scanners differ in speed alone.
 *
 * The portable one is there on every machine; it is the twin that the others
 * are tested against.
 */
#ifndef BM_TEXT_SCAN_H
#define BM_TEXT_SCAN_H

#include "bitmap/bitmap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bm_scan {
	const char *p, *end; /* the text that is left */
	uint64_t *out, *cap; /* where the next member goes, and no member */
	uint64_t prev;	     /* the member before */
	uint64_t lines;	     /* that were taken */
	bool ascending;	     /* false once a member was not above prev */
	bool removes;	     /* each line begins with '-' */
};
typedef void bm_scan_fn(struct bm_scan *s);

bm_scan_fn bm_scan_portable;
#ifdef __x86_64__
bm_scan_fn bm_scan_avx2; /* only where the processor has AVX2 and BMI */
#endif

/* The fastest one here. */
static inline bm_scan_fn *bm_scan_best(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
		return bm_scan_avx2;
#endif
	return bm_scan_portable;
}

/* bm_text_parse() with that scanner. */
int bm_text_parse_by(bm_scan_fn *scan, const char *text, size_t len, bool last,
		     struct bm_batch *b, size_t *ret_used,
		     struct bm_text_error *ret_error);

#endif
