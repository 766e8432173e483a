/* SPDX-License-Identifier: Apache-2.0 */
/* big.c - arrays of megabytes. */
#include "bitmap/big.h"

#include "regionstore/base/ck.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20) /* where it is another it is a wish */

void *bm_big_alloc(size_t n, size_t size)
{
	uint64_t bytes;
	size_t rounded;
	void *p;

	if (!ck_mul(n, size, &bytes) || bytes > SIZE_MAX / 2)
		return NULL;
	if (bytes < HUGE_PAGE)
		return malloc(bytes ? (size_t)bytes : 1);
	rounded = ((size_t)bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	p = aligned_alloc(HUGE_PAGE, rounded);
	if (p)
		(void)madvise(p, rounded, MADV_HUGEPAGE); /* or not */
	return p;
}
