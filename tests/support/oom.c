/* SPDX-License-Identifier: Apache-2.0 */
/* oom.c - the linker sends allocations here (--wrap). */
#include "tests/support/oom.h"

#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

#pragma weak __real_malloc
#pragma weak __real_calloc
#pragma weak __real_realloc
#pragma weak __real_reallocarray

static atomic_uint_fast64_t left; /* allocations to the one that fails */
static atomic_uint_fast64_t hits, calls;
static atomic_bool for_ever;
static atomic_int held;

void oom_fail(uint64_t n, bool always)
{
	atomic_store(&hits, 0);
	atomic_store(&calls, 0);
	atomic_store(&for_ever, always);
	atomic_store(&left, n);
}

uint64_t oom_hits(void)
{
	return atomic_load(&hits);
}

uint64_t oom_calls(void)
{
	return atomic_load(&calls);
}

void oom_hold(void)
{
	atomic_fetch_add(&held, 1);
}

void oom_go_on(void)
{
	atomic_fetch_sub(&held, 1);
}

static bool fails(void)
{
	uint64_t n = atomic_load(&left);

	if (atomic_load(&held))
		return false;
	atomic_fetch_add(&calls, 1);
	if (!n)
		return false;
	if (n > 1) {
		atomic_store(&left, n - 1);
		return false;
	}
	if (!atomic_load(&for_ever))
		atomic_store(&left, 0);
	atomic_fetch_add(&hits, 1);
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}
