/* SPDX-License-Identifier: Apache-2.0 */
/* repair_lost.c - what a node that cannot be read stood for: a GAP.
 *
 * That is the keys between two separators, with so many records. The walk of a
 * tree gives them in the order of keys.
 */
#include "regionstore/repair.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_TEXT 80

int rs_key_order(const uint8_t *a, unsigned a_len, const uint8_t *b,
		 unsigned b_len)
{
	unsigned n = a_len < b_len ? a_len : b_len;
	int diff = n ? memcmp(a, b, n) : 0;

	return diff ? diff : a_len < b_len ? -1 : a_len > b_len;
}

/* --- gaps ----------------------------------------------------------------- */

void rs_gaps_finish(struct rs_gaps *g)
{
	free(g->v);
}

/* They come in the order of keys. */
int rs_gaps_add(struct rs_gaps *g, const struct rs_tree_lost *l)
{
	struct rs_gap *gap;

	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 8;
		struct rs_gap *v = reallocarray(g->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		g->v = v;
		g->cap = cap;
	}
	gap = &g->v[g->n++];
	*gap = (struct rs_gap){ .low_len = l->low_len,
				.high_len = l->high_len,
				.sum = l->sum,
				.ptr = l->ptr,
				.level = l->level };
	memcpy(gap->low, l->low, l->low_len); /* fences are not longer */
	memcpy(gap->high, l->high, l->high_len);
	return 0;
}

/* --- telling -------------------------------------------------------------- */

/* What a key is about, for people. */
static void key_text(const uint8_t *key, unsigned len, char text[KEY_TEXT])
{
	static const struct {
		uint8_t type;
		const char *what;
	} types[] = {
		{ RS_KEY_OBJECT, "inode" },
		{ RS_KEY_ENTRY, "names in directory inode" },
		{ RS_KEY_XATTR, "attributes of inode" },
		{ RS_KEY_ORPHAN, "orphan" },
		{ RS_KEY_CHUNK, "content of inode" },
		{ RS_KEY_SEGMENT, "members of set" },
	};
	uint8_t number[8] = { 0 };

	snprintf(text, KEY_TEXT, "other records");
	if (len > 1)
		memcpy(number, key + 1, len < 9 ? len - 1 : 8);
	for (size_t i = 0; len && i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == key[0])
			snprintf(text, KEY_TEXT, "%s %" PRIu64, types[i].what,
				 be64_get(number));
}

void rs_gap_tell(const struct rs_repair *r, const char *whose,
		 const struct rs_gap *gap, size_t parts, uint64_t found)
{
	char from[KEY_TEXT] = "the first record", to[KEY_TEXT] = "the last";

	if (gap->low_len)
		key_text(gap->low, gap->low_len, from);
	if (gap->high_len)
		key_text(gap->high, gap->high_len, to);
	if (found)
		rs_repair_say(r,
			      "%s%" PRIu64 " of the %" PRIu64
			      " records below it are found again, in %zu "
			      "leaves: from %s to %s",
			      whose, found, gap->sum.count, parts, from, to);
	if (found < gap->sum.count)
		rs_repair_say(r,
			      "%s%" PRIu64 " records cannot be read: from %s "
			      "to %s",
			      whose, gap->sum.count - found, from, to);
}
