/* SPDX-License-Identifier: Apache-2.0 */
/* records.c - an array of records, in order. */
#include "tests/support/records.h"

#include <stdlib.h>
#include <string.h>

static void need(bool ok)
{
	if (!ok)
		abort();
}

static int key_compare(const uint8_t *a, size_t a_len, const uint8_t *b,
		       size_t b_len)
{
	int diff = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return diff ? diff : (a_len > b_len) - (a_len < b_len);
}

size_t twin_find(const struct twin *t, const uint8_t *key, size_t len,
		 bool *ret_found)
{
	size_t low = 0, high = t->n;

	*ret_found = false;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int diff =
			key_compare(t->r[mid].key, t->r[mid].key_len, key, len);

		if (diff == 0)
			*ret_found = true;
		if (diff < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void twin_put(struct twin *t, const struct record *r)
{
	bool found;
	size_t pos = twin_find(t, r->key, r->key_len, &found);

	if (!found) {
		if (t->n == t->cap) {
			t->cap = t->cap ? t->cap * 2 : 16;
			t->r = realloc(t->r, t->cap * sizeof(*t->r));
			need(t->r);
		}
		memmove(t->r + pos + 1, t->r + pos,
			(t->n - pos) * sizeof(*t->r));
		t->n++;
	} else {
		free(t->r[pos].val);
	}
	t->r[pos] = *r;
	t->r[pos].val = malloc(r->val_len + 1);
	need(t->r[pos].val);
	memcpy(t->r[pos].val, r->val, r->val_len);
}

void twin_remove(struct twin *t, size_t pos)
{
	free(t->r[pos].val);
	memmove(t->r + pos, t->r + pos + 1, (t->n - pos - 1) * sizeof(*t->r));
	t->n--;
}

void twin_finish(struct twin *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->r[i].val);
	free(t->r);
	*t = (struct twin){ 0 };
}

struct twin twin_copy(const struct twin *t)
{
	struct twin c = { .n = t->n, .cap = t->n };

	c.r = malloc((t->n + 1) * sizeof(*c.r));
	need(c.r);
	for (size_t i = 0; i < t->n; i++) {
		c.r[i] = t->r[i];
		c.r[i].val = malloc(t->r[i].val_len + 1);
		need(c.r[i].val);
		memcpy(c.r[i].val, t->r[i].val, t->r[i].val_len);
	}
	return c;
}
