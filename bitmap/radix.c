/* SPDX-License-Identifier: Apache-2.0 */
/* radix.c - sort numbers by their bytes, the least significant first.
 *
 * Adding sorted members to a set costs a tenth of adding them as they come,
 * so a batch is sorted first; this must then be the cheapest part. One pass
 * counts the values of all eight bytes; each byte then takes one pass that
 * deals the elements to 256 places. Bytes that are equal in all elements are
 * left out, and of numbers below 2^32 that is half of them: 11 ns a number.
 *
 * Fewer than SMALL elements are not worth 2,048 counters: insertion sort.
 */
#include "bitmap/radix.h"

#include <assert.h>
#include <string.h>

#define SMALL 48u

struct counts {
	uint32_t of[8][256];
};

static unsigned byte_of(uint64_t key, unsigned b)
{
	return (unsigned)(key >> (8 * b)) & 0xff;
}

static void count(struct counts *c, uint64_t key)
{
	for (unsigned b = 0; b < 8; b++)
		c->of[b][byte_of(key, b)]++;
}

/* Where the elements of each value go. NULL: all have the same value. */
static uint32_t *places(struct counts *c, unsigned b, uint64_t a_key, size_t n)
{
	uint32_t *of = c->of[b];
	uint32_t at = 0;

	if (of[byte_of(a_key, b)] == n)
		return NULL;
	for (unsigned v = 0; v < 256; v++) {
		uint32_t here = of[v];

		of[v] = at;
		at += here;
	}
	return of;
}

void bm_radix_places(uint32_t *of, size_t n)
{
	uint32_t at = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t here = of[i];

		of[i] = at;
		at += here;
	}
}

void bm_insertion_sort(uint64_t *keys, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t key = keys[i];
		size_t k = i;

		for (; k > 0 && keys[k - 1] > key; k--)
			keys[k] = keys[k - 1];
		keys[k] = key;
	}
}

uint64_t *bm_radix_sort(uint64_t *keys, uint64_t *tmp, size_t n)
{
	struct counts c;

	assert(n <= BM_RADIX_MAX);
	if (n < SMALL) {
		bm_insertion_sort(keys, n);
		return keys;
	}
	memset(&c, 0, sizeof(c));
	for (size_t i = 0; i < n; i++)
		count(&c, keys[i]);
	for (unsigned b = 0; b < 8; b++) {
		uint32_t *place = places(&c, b, keys[0], n);
		uint64_t *from = keys;

		if (!place)
			continue;
		for (size_t i = 0; i < n; i++)
			tmp[place[byte_of(from[i], b)]++] = from[i];
		keys = tmp;
		tmp = from;
	}
	return keys;
}

static void insertion_sort_keyed(struct bm_keyed *elems, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct bm_keyed e = elems[i];
		size_t k = i;

		for (; k > 0 && elems[k - 1].key > e.key; k--)
			elems[k] = elems[k - 1];
		elems[k] = e;
	}
}

struct bm_keyed *bm_radix_sort_keyed(struct bm_keyed *elems,
				     struct bm_keyed *tmp, size_t n)
{
	struct counts c;

	assert(n <= BM_RADIX_MAX);
	if (n < SMALL) {
		insertion_sort_keyed(elems, n);
		return elems;
	}
	memset(&c, 0, sizeof(c));
	for (size_t i = 0; i < n; i++)
		count(&c, elems[i].key);
	for (unsigned b = 0; b < 8; b++) {
		uint32_t *place = places(&c, b, elems[0].key, n);
		struct bm_keyed *from = elems;

		if (!place)
			continue;
		for (size_t i = 0; i < n; i++)
			tmp[place[byte_of(from[i].key, b)]++] = from[i];
		elems = tmp;
		tmp = from;
	}
	return elems;
}
