/* SPDX-License-Identifier: Apache-2.0 */
/* parser.c - binary formats as they come in: the public face, and le64. */

#include "bitmap/parser.h"

#include "bitmap/batch.h"
#include "bitmap/bits.h"

#include <errno.h>
#include <stdlib.h>

bool bm_format_is_lines(enum bm_format format)
{
	return format == BM_FORMAT_TEXT || format == BM_FORMAT_PAD ||
	       format == BM_FORMAT_RANGES;
}

int bm_parser_new(enum bm_format format, bm_sink_fn *sink, void *arg,
		  struct bm_parser **ret_parser)
{
	struct bm_parser *p;
	int err = 0;

	if (bm_format_is_lines(format))
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->format = format;
	p->sink = sink;
	p->arg = arg;
	bm_batch_init(&p->batch);
	if (format == BM_FORMAT_LE64)
		err = bm_part_expect(p, 8, NULL);
	else
		err = bm_roaring_begin(p);
	if (err) {
		bm_parser_free(p);
		return err;
	}
	*ret_parser = p;
	return 0;
}

void bm_parser_free(struct bm_parser *p)
{
	if (!p)
		return;
	bm_roaring_finish(p);
	bm_batch_finish(&p->batch);
	free(p->buf);
	free(p);
}

int bm_parser_flush(struct bm_parser *p)
{
	int err;

	if (bm_batch_empty(&p->batch))
		return 0;
	err = p->sink(p->arg, &p->batch);
	bm_batch_finish(&p->batch);
	bm_batch_init(&p->batch);
	return err;
}

/* --- parts ---------------------------------------------------------------- */

int bm_part_wrong(struct bm_parser *p, size_t off, const char *why)
{
	p->wrong_off = off;
	p->wrong = why;
	return -EINVAL;
}

int bm_part_expect(struct bm_parser *p, size_t n, bm_part_fn *fn)
{
	p->need = n;
	p->have = 0;
	p->next = fn;
	p->part_off = p->off;
	return 0;
}

static int make_room(struct bm_parser *p, size_t n)
{
	size_t cap = 2 * n < p->need ? 2 * n : p->need;
	uint8_t *buf;

	if (n <= p->cap)
		return 0;
	cap = cap < 64 ? 64 : cap;
	buf = realloc(p->buf, cap);
	if (!buf)
		return -ENOMEM;
	p->buf = buf;
	p->cap = cap;
	return 0;
}

/* As many of the bytes as belong to the part. */
static int collect(struct bm_parser *p, const uint8_t **bytes, size_t *len)
{
	size_t n = p->need - p->have < *len ? p->need - p->have : *len;
	int err = make_room(p, p->have + n);

	if (err || n == 0)
		return err;
	memcpy(p->buf + p->have, *bytes, n);
	p->have += n;
	p->off += n;
	*bytes += n;
	*len -= n;
	return 0;
}

static int feed_parts(struct bm_parser *p, const uint8_t *bytes, size_t len)
{
	int err = 0;

	while (!err && p->next) {
		err = collect(p, &bytes, &len);
		if (err || p->have < p->need)
			break;
		err = p->next(p);
		if (!err && bm_batch_bytes(&p->batch) >= BM_PARSER_BATCH)
			err = bm_parser_flush(p);
	}
	if (err || p->next || len == 0)
		return err;
	bm_part_expect(p, 0, NULL);
	return bm_part_wrong(p, 0, "bytes follow after the end");
}

/* --- le64 ----------------------------------------------------------------- */

static int add_members(struct bm_batch *b, const uint8_t *bytes, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = bm_batch_add(b, bm_u64_at(bytes, i));
	return err;
}

/* All of the piece, or nothing of it: a write to a set may be repeated. */
static int feed_members(struct bm_parser *p, const uint8_t *bytes, size_t len)
{
	size_t first = p->have ? 8 - p->have : 0;
	uint8_t torn[8];
	size_t n;
	int err = 0;

	if (first <= len && first) {
		memcpy(torn, p->buf, p->have);
		memcpy(torn + p->have, bytes, first);
		err = add_members(&p->batch, torn, 1);
	} else if (first) {
		first = len; /* still not whole */
	}
	n = (len - first) / 8;
	if (!err)
		err = add_members(&p->batch, bytes + first, n);
	if (!err)
		err = bm_parser_flush(p);
	if (!err)
		err = make_room(p, 8);
	if (err) {
		bm_batch_finish(&p->batch);
		bm_batch_init(&p->batch);
		return err;
	}
	p->off += len;
	if (p->have + len < 8) {
		memcpy(p->buf + p->have, bytes, len);
		p->have += len;
	} else {
		p->have = (len - first) % 8;
		memcpy(p->buf, bytes + len - p->have, p->have);
	}
	p->part_off = p->off - p->have;
	return 0;
}

/* --- all ------------------------------------------------------------------ */

static void explain(const struct bm_parser *p, struct bm_parse_error *ret_error)
{
	*ret_error = (struct bm_parse_error){
		.off = p->part_off + p->wrong_off,
		.reason = p->wrong,
	};
}

int bm_parser_feed(struct bm_parser *p, const void *bytes, size_t len,
		   struct bm_parse_error *ret_error)
{
	int err;

	if (len == 0)
		return 0;
	if (p->format == BM_FORMAT_LE64)
		err = feed_members(p, bytes, len);
	else
		err = feed_parts(p, bytes, len);
	if (err)
		explain(p, ret_error);
	return err;
}

bool bm_parser_is_whole(const struct bm_parser *p)
{
	if (p->format == BM_FORMAT_LE64)
		return p->have == 0;
	return p->off == 0 || !p->next;
}

int bm_parser_end(struct bm_parser *p, struct bm_parse_error *ret_error)
{
	int err = 0;

	if (!bm_parser_is_whole(p))
		err = bm_part_wrong(p, p->have, "the file ends too early");
	else
		err = bm_parser_flush(p);
	if (err)
		explain(p, ret_error);
	return err;
}
