/* SPDX-License-Identifier: Apache-2.0 */
/* crash_seen.c - a hash table of images, by a hash of their pages. */
#include "tests/support/crash_seen.h"

#include "regionstore/base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PAGE  4096u
#define FIRST 1024u    /* slots; a power of two */
#define MOST  1000000u /* verdicts; then all are forgotten */

struct crash_seen {
	struct verdict *slots;
	size_t n, cap;
};

/* Pages without a block are zeros, as are many with one. */
static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

static void hash_disk(const struct disk *d, uint64_t ret_hash[2])
{
	ret_hash[0] = hash64(&d->size, sizeof(d->size), 1);
	ret_hash[1] = 1;
	for (uint64_t i = 0; i < d->size / PAGE; i++) {
		const uint8_t *page = d->mem + i * PAGE;
		struct hash128 h;

		if (!d->written[i] || is_zero(page))
			continue;
		h = hash128(page, PAGE, i);
		ret_hash[0] += h.lo;
		ret_hash[1] += h.hi;
	}
}

static struct verdict *find(const struct crash_seen *s, const uint64_t hash[2])
{
	size_t i = hash[0] & (s->cap - 1);

	while (s->slots[i].hash[1] && (s->slots[i].hash[0] != hash[0] ||
				       s->slots[i].hash[1] != hash[1]))
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

static void grow(struct crash_seen *s)
{
	struct crash_seen old = *s;

	s->cap = old.cap && old.n < MOST ? old.cap * 2 : FIRST;
	s->slots = calloc(s->cap, sizeof(*s->slots));
	assert(s->slots);
	s->n = 0;
	for (size_t i = 0; i < old.cap && old.n < MOST; i++) {
		if (!old.slots[i].hash[1])
			continue;
		*find(s, old.slots[i].hash) = old.slots[i];
		s->n++;
	}
	free(old.slots);
}

struct verdict *crash_seen(struct crash_seen **seen, const struct disk *d)
{
	struct crash_seen *s = *seen;
	uint64_t hash[2];
	struct verdict *v;

	if (!s) {
		s = *seen = calloc(1, sizeof(*s));
		assert(s);
	}
	if (s->n * 2 >= s->cap)
		grow(s);
	hash_disk(d, hash);
	v = find(s, hash);
	if (!v->hash[1]) {
		*v = (struct verdict){ .hash = { hash[0], hash[1] } };
		s->n++;
	}
	return v;
}

void crash_seen_free(struct crash_seen **seen)
{
	if (*seen)
		free((*seen)->slots);
	free(*seen);
	*seen = NULL;
}
