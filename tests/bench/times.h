/* SPDX-License-Identifier: Apache-2.0 */
/* times.h - the clock, and times in order, for programs that time one thing. */
#ifndef BENCH_TIMES_H
#define BENCH_TIMES_H

#include <stdlib.h>
#include <time.h>

static inline double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static inline int compare_us(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static inline void sort_us(double *us, size_t n)
{
	qsort(us, n, sizeof(*us), compare_us);
}

#endif
