/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_format.c - a binary file of any bytes is taken or refused, as CRoaring
 * would.
 *
 * Input: a byte that chooses the format, one for the size of pieces, then the
 * file. However it is cut, the answer is the same. What is taken CRoaring
 * reads and validates, and has the same members; so what CRoaring refuses is
 * refused here. The other way round does not hold: here more is checked
 * (bitmap.h).
 */
#include "bitmap/bitmap.h"

#include <errno.h>
#include <roaring/roaring64.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

static int collect(void *arg, struct bm_batch *b)
{
	roaring64_bitmap_t *r = arg;

	CHECK(b->op == BM_ADD);
	for (size_t i = 0; i < b->n_members; i++)
		roaring64_bitmap_add(r, b->members[i]);
	for (size_t i = 0; i < b->n_ops; i++) {
		CHECK(b->ops[i].op == BM_ADD && b->ops[i].lo <= b->ops[i].hi);
		roaring64_bitmap_add_range_closed(r, b->ops[i].lo,
						  b->ops[i].hi);
	}
	return 0;
}

/* NULL: refused. Each piece has exactly the bytes it says, so that ASan sees
 * its end. */
static roaring64_bitmap_t *parse(enum bm_format format, const uint8_t *bytes,
				 size_t len, size_t piece)
{
	roaring64_bitmap_t *r = roaring64_bitmap_create();
	struct bm_parse_error error = { 0 };
	struct bm_parser *p;
	int err;

	CHECK(bm_parser_new(format, collect, r, &p) == 0);
	for (err = 0; !err && len;) {
		size_t n = piece < len ? piece : len;
		uint8_t *copy = malloc(n);

		CHECK(copy);
		memcpy(copy, bytes, n);
		err = bm_parser_feed(p, copy, n, &error);
		free(copy);
		bytes += n;
		len -= n;
	}
	if (!err)
		err = bm_parser_end(p, &error);
	CHECK(!err || (err == -EINVAL && error.reason));
	bm_parser_free(p);
	if (!err)
		return r;
	roaring64_bitmap_free(r);
	return NULL;
}

static roaring64_bitmap_t *croaring64(const char *bytes, size_t len)
{
	roaring64_bitmap_t *r =
		roaring64_bitmap_portable_deserialize_safe(bytes, len);
	const char *why;

	if (!r || roaring64_bitmap_internal_validate(r, &why))
		return r;
	roaring64_bitmap_free(r);
	return NULL;
}

static roaring64_bitmap_t *croaring32(const char *bytes, size_t len)
{
	roaring_bitmap_t *r =
		roaring_bitmap_portable_deserialize_safe(bytes, len);
	roaring64_bitmap_t *wide = NULL;
	const char *why;

	if (r && roaring_bitmap_internal_validate(r, &why)) {
		roaring_uint32_iterator_t *it = roaring_iterator_create(r);

		wide = roaring64_bitmap_create();
		for (; it->has_value; roaring_uint32_iterator_advance(it))
			roaring64_bitmap_add(wide, it->current_value);
		roaring_uint32_iterator_free(it);
	}
	if (r)
		roaring_bitmap_free(r);
	return wide;
}

static roaring64_bitmap_t *members(const uint8_t *bytes, size_t len)
{
	roaring64_bitmap_t *r;

	if (len % 8)
		return NULL;
	r = roaring64_bitmap_create();
	for (size_t i = 0; i < len; i += 8) {
		uint64_t m;

		memcpy(&m, bytes + i, 8);
		roaring64_bitmap_add(r, m);
	}
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const enum bm_format formats[] = {
		BM_FORMAT_ROARING,
		BM_FORMAT_ROARING32,
		BM_FORMAT_LE64,
	};
	enum bm_format format;
	roaring64_bitmap_t *ours;
	roaring64_bitmap_t *again;
	roaring64_bitmap_t *theirs;

	if (len < 3)
		return 0;
	format = formats[bytes[0] % 3];
	ours = parse(format, bytes + 2, len - 2, bytes[1] + 1u);
	again = parse(format, bytes + 2, len - 2, len);
	CHECK(!ours == !again);
	if (format == BM_FORMAT_LE64)
		theirs = members(bytes + 2, len - 2);
	else if (format == BM_FORMAT_ROARING)
		theirs = croaring64((const char *)bytes + 2, len - 2);
	else
		theirs = croaring32((const char *)bytes + 2, len - 2);
	CHECK(!ours || (theirs && roaring64_bitmap_equals(ours, theirs)));
	CHECK(!ours || roaring64_bitmap_equals(ours, again));
	CHECK(format != BM_FORMAT_LE64 || !ours == !theirs);
	roaring64_bitmap_free(ours);
	roaring64_bitmap_free(again);
	roaring64_bitmap_free(theirs);
	return 0;
}
