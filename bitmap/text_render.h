/* SPDX-License-Identifier: Apache-2.0 */
/* text_render.h - members to lines of text. PRIVATE to bitmap/, pure.
 *
 *	struct bm_render r;
 *
 *	bm_render_init(&r, buf, len, pos.within);
 *	while (more members, and !bm_render_full(&r))
 *		bm_render(&r, members, n); or bm_render_lows(&r, base, lows, n)
 *	bm_render_size(&r) bytes were written
 *
 * The text may begin and end in the middle of a line: the first bytes of the
 * first line are skipped, the last line is cut where buf ends. Members must
 * ascend.
 */
#ifndef BM_TEXT_RENDER_H
#define BM_TEXT_RENDER_H

#include "regionstore/base/le.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bm_render {
	char *start, *p, *end;
	unsigned skip; /* bytes of the first line that are not wanted */
	/* The block: members from base on that begin with the same digits. */
	uint64_t base;
	unsigned width; /* digits of each of its members */
	struct le64 prefix[2];
};

void bm_render_init(struct bm_render *r, char *buf, size_t len, unsigned skip);
void bm_render(struct bm_render *r, const uint64_t *members, size_t n);
/* The same, of members base + low: n lows, which ascend, of two bytes each, as
 * an array container has them. The lower half of base is 0. */
void bm_render_lows(struct bm_render *r, uint64_t base, const uint8_t *lows,
		    size_t n);

/* Lines of ascending members that may lie far apart, while there is room to
 * write beyond them; how many were rendered, perhaps none. n is not 0.
 * r->skip is 0. All write the same; the portable one is the twin that others
 * are tested against. */
typedef size_t bm_lines_fn(struct bm_render *r, const uint64_t *members,
			   size_t n);
bm_lines_fn bm_lines_portable;
static inline bool bm_render_has_avx2(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("avx2");
#else
	return false;
#endif
}
#ifdef __x86_64__
bm_lines_fn bm_lines_avx2; /* only where the processor has AVX2 */
/* The first of lows, perhaps none, on the same terms. */
size_t bm_lows_avx2(struct bm_render *r, uint64_t base, const uint8_t *lows,
		    size_t n);
#endif
static inline bm_lines_fn *bm_lines_best(void)
{
#ifdef __x86_64__
	if (bm_render_has_avx2())
		return bm_lines_avx2;
#endif
	return bm_lines_portable;
}
/* bm_render() with those lines. */
void bm_render_by(bm_lines_fn *lines, struct bm_render *r,
		  const uint64_t *members, size_t n);

static inline bool bm_render_full(const struct bm_render *r)
{
	return r->p == r->end;
}

static inline size_t bm_render_size(const struct bm_render *r)
{
	return (size_t)(r->p - r->start);
}

#endif
