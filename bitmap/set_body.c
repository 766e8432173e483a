/* SPDX-License-Identifier: Apache-2.0 */
/* set_body.c - the body of a set's object: header, counts, small content.
 *
 * Everything stat needs is here, so that it is one lookup: the counts by
 * digits give count and text size. They take eight bytes for each number of
 * digits that occurs, mostly one to three.
 */

#include "bitmap/crew.h"
#include "bitmap/set.h"
#include "regionstore/base/ck.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct bm_disk_set) == 32, "docs/format.md");
_Static_assert(sizeof(struct bm_disk_segments) == 24, "docs/format.md");
_Static_assert(sizeof(struct bm_disk_set) + sizeof(struct bm_disk_segments) +
			       8 * BM_DIGITS_MAX + BM_INLINE_MAX <=
		       RS_BODY_MAX,
	       "a body fits an object");

/* --- decoding ------------------------------------------------------------- */

/* Bytes of a body not decoded yet. */
struct rest {
	const uint8_t *p;
	size_t len;
};

static int take(struct rest *r, void *out, size_t len)
{
	if (len > r->len)
		return -EUCLEAN;
	memcpy(out, r->p, len);
	r->p += len;
	r->len -= len;
	return 0;
}

static int take_digits(struct rest *r, uint32_t bits, struct bm_set *set)
{
	if (bits >> BM_DIGITS_MAX)
		return -EUCLEAN;
	for (unsigned i = 0; i < BM_DIGITS_MAX; i++) {
		struct le64 d;

		if (!(bits >> i & 1))
			continue;
		if (take(r, &d, sizeof(d)))
			return -EUCLEAN;
		set->digits.count[i] = le64_get(d);
		if (set->digits.count[i] == 0)
			return -EUCLEAN;
	}
	return bm_digits_total(&set->digits, &set->count);
}

static int take_segments(struct rest *r, struct bm_set *set)
{
	struct bm_disk_segments d;

	if (take(r, &d, sizeof(d)))
		return -EUCLEAN;
	set->id = le64_get(d.id);
	set->segments = le64_get(d.segments);
	set->stored = le64_get(d.stored);
	return set->id && set->segments ? 0 : -EUCLEAN;
}

/* Above the bits for digits; defaults are 0 and nothing else. */
#define PAGES_SHIFT  20u
#define SHARDS_SHIFT 25u
#define PAGES_MAX    (BM_SEG_HARD / RS_PAGE_SIZE)
_Static_assert(PAGES_SHIFT == BM_DIGITS_MAX, "docs/format.md");
_Static_assert(PAGES_MAX < 1u << (SHARDS_SHIFT - PAGES_SHIFT), "its bits");
_Static_assert(BM_SHARDS_MAX == BM_CREW_MAX, "a shard is a thread");

static uint32_t settings(const struct bm_set *set)
{
	return (uint32_t)set->pages << PAGES_SHIFT | (uint32_t)set->shards
							     << SHARDS_SHIFT;
}

static int take_settings(uint32_t *bits, struct bm_set *set)
{
	set->shards = *bits >> SHARDS_SHIFT;
	*bits &= ((uint32_t)1 << SHARDS_SHIFT) - 1;
	set->pages = *bits >> PAGES_SHIFT;
	*bits &= ((uint32_t)1 << PAGES_SHIFT) - 1;
	if (set->shards > BM_SHARDS_MAX || set->pages > PAGES_MAX ||
	    set->pages == BM_SEG_DEFAULT / RS_PAGE_SIZE)
		return -EUCLEAN;
	return 0;
}

/* The header's numbers against each other. */
static int check_range(const struct bm_set *set, uint32_t bits)
{
	unsigned first = (unsigned)__builtin_ctz(bits) + 1;
	unsigned last = 32 - (unsigned)__builtin_clz(bits);

	if (set->min > set->max || set->max - set->min < set->count - 1)
		return -EUCLEAN;
	if (bm_digits_of(set->min) != first || bm_digits_of(set->max) != last)
		return -EUCLEAN;
	return set->segments <= set->count ? 0 : -EUCLEAN;
}

static int take_inline(struct rest *r, const struct bm_disk_set *d,
		       struct bm_set *set)
{
	uint16_t len = le16_get(d->len);

	if (len != r->len || len > BM_INLINE_MAX)
		return -EUCLEAN;
	if (set->id)
		return len || d->kind ? -EUCLEAN : 0;
	if (d->kind < BM_SEG_P32 || d->kind > BM_SEG_RUN64)
		return -EUCLEAN;
	set->stored = len;
	set->seg = (struct bm_seg){
		.kind = (enum bm_seg_kind)d->kind,
		.lo = set->min & ~(uint64_t)0xffff,
		.data = r->p,
		.len = len,
		.card = set->count,
	};
	return 0;
}

static int decode_empty(const struct bm_disk_set *d, const struct rest *r,
			const struct bm_set *set)
{
	const struct bm_disk_set empty = {
		.form = BM_SET_EMPTY,
		.digits = le32_put(settings(set)),
		.folded = d->folded,
	};

	return r->len || memcmp(d, &empty, sizeof(empty)) != 0 ? -EUCLEAN : 0;
}

int bm_set_decode(const struct rs_object *obj, struct bm_set *ret_set)
{
	struct rest r = { obj->body, obj->body_len };
	struct bm_set set = { 0 };
	struct bm_disk_set d;
	uint32_t bits;
	int err;

	if (obj->kind != RS_KIND_SET || obj->body_len > sizeof(obj->body) ||
	    take(&r, &d, sizeof(d)))
		return -EUCLEAN;
	bits = le32_get(d.digits);
	set.min = le64_get(d.min);
	set.max = le64_get(d.max);
	set.folded = le64_get(d.folded);
	if (take_settings(&bits, &set))
		return -EUCLEAN;
	if (d.form == BM_SET_EMPTY) {
		err = decode_empty(&d, &r, &set);
	} else {
		err = d.form == BM_SET_SEGMENTS ? take_segments(&r, &set)
		      : d.form == BM_SET_INLINE ? 0
						: -EUCLEAN;
		if (!err)
			err = bits ? take_digits(&r, bits, &set) : -EUCLEAN;
		if (!err)
			err = check_range(&set, bits);
		if (!err)
			err = take_inline(&r, &d, &set);
	}
	if (!err)
		*ret_set = set;
	return err;
}

/* --- encoding ------------------------------------------------------------- */

static uint8_t *give(uint8_t *p, const void *data, size_t len)
{
	if (len)
		memmove(p, data, len);
	return p + len;
}

static uint8_t *give_digits(uint8_t *p, const struct bm_set *set,
			    uint32_t *ret_bits)
{
	*ret_bits = 0;
	for (unsigned i = 0; i < BM_DIGITS_MAX; i++) {
		struct le64 d = le64_put(set->digits.count[i]);

		if (!set->digits.count[i])
			continue;
		*ret_bits |= (uint32_t)1 << i;
		p = give(p, &d, sizeof(d));
	}
	return p;
}

void bm_set_encode(const struct bm_set *set, struct rs_object *obj)
{
	struct bm_disk_set d = { .form = BM_SET_EMPTY,
				 .folded = le64_put(set->folded) };
	uint8_t inline_bytes[BM_INLINE_MAX];
	uint8_t *p = obj->body + sizeof(d);
	size_t len = set->count && !set->id ? set->seg.len : 0;
	uint32_t bits;

	assert(len <= BM_INLINE_MAX);
	if (len) /* they may lie where the header will */
		memcpy(inline_bytes, set->seg.data, len);
	if (set->count) {
		d.form = BM_SET_INLINE;
		d.min = le64_put(set->min);
		d.max = le64_put(set->max);
	}
	if (set->count && set->id) {
		struct bm_disk_segments s = {
			.id = le64_put(set->id),
			.segments = le64_put(set->segments),
			.stored = le64_put(set->stored),
		};

		d.form = BM_SET_SEGMENTS;
		p = give(p, &s, sizeof(s));
	}
	if (set->count && !set->id) {
		d.kind = (uint8_t)set->seg.kind;
		d.len = le16_put((uint16_t)len);
	}
	p = give_digits(p, set, &bits);
	d.digits = le32_put(bits | settings(set));
	p = give(p, inline_bytes, len);
	give(obj->body, &d, sizeof(d));
	obj->kind = RS_KIND_SET;
	obj->weight = set->id ? 0 : set->count;
	obj->body_len = (size_t)(p - obj->body);
}

bool bm_set_fold(struct rs_object *obj, uint64_t seq)
{
	uint8_t *at = obj->body + offsetof(struct bm_disk_set, folded);
	struct le64 d;

	assert(obj->body_len >= sizeof(struct bm_disk_set));
	memcpy(&d, at, sizeof(d));
	if (le64_get(d) >= seq)
		return false;
	d = le64_put(seq);
	memcpy(at, &d, sizeof(d));
	return true;
}

/* --- for the layer above -------------------------------------------------- */

void bm_object_init(struct rs_object *obj)
{
	const struct bm_set empty = { 0 };

	bm_set_encode(&empty, obj);
}

size_t bm_set_seg_max(const struct bm_set *set)
{
	return set->pages ? set->pages * RS_PAGE_SIZE : BM_SEG_DEFAULT;
}

int bm_object_info(const struct rs_object *obj, struct bm_info *ret_info)
{
	struct bm_set set;
	int err = bm_set_decode(obj, &set);

	if (err)
		return err;
	*ret_info = (struct bm_info){
		.count = set.count,
		.min = set.min,
		.max = set.max,
		.text_size = bm_digits_text_size(&set.digits),
		.stored = set.stored,
		.segments = set.segments,
		.segment_bytes = (uint32_t)bm_set_seg_max(&set),
		.shards = set.shards,
	};
	return 0;
}

int bm_object_set_segment_bytes(struct rs_object *obj, uint32_t bytes)
{
	struct bm_set set;
	int err;

	if (bytes < RS_PAGE_SIZE || bytes > BM_SEG_HARD || bytes % RS_PAGE_SIZE)
		return -EINVAL;
	err = bm_set_decode(obj, &set);
	if (err)
		return err;
	set.pages = bytes == BM_SEG_DEFAULT ? 0 : bytes / RS_PAGE_SIZE;
	bm_set_encode(&set, obj);
	return 0;
}

int bm_object_set_shards(struct rs_object *obj, uint32_t shards)
{
	struct bm_set set;
	int err;

	if (shards > BM_SHARDS_MAX)
		return -EINVAL;
	err = bm_set_decode(obj, &set);
	if (err)
		return err;
	set.shards = shards;
	bm_set_encode(&set, obj);
	return 0;
}

uint32_t bm_shards_usual(void)
{
	return bm_crew_usual();
}
