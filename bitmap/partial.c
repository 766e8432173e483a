/* SPDX-License-Identifier: Apache-2.0 */
/* partial.c - the unfinished last line of a writer.
 *
 *	kept      written                     parsed as one unit    kept then
 *	"47"      "11\n8\n15"                 "4711\n" "8\n"        "15"
 *
 * The result must not depend on where a tool cuts its writes, so the limits
 * here are those of text_parse.c: a line, joined or not, has BM_LINE_MAX bytes
 * at most, unless it is a comment. What a comment says is of no interest, so
 * of an unfinished one only its '#' is kept, and it never runs out of room.
 */

#include "bitmap/batch.h"

#include <errno.h>
#include <string.h>

void bm_partial_init(struct bm_partial *p)
{
	*p = (struct bm_partial){ 0 };
}

void bm_partial_undo(struct bm_partial *p, const struct bm_partial *before)
{
	*p = *before;
	p->cut = p->len > 0;
}

/* The text, shortened and printable, with a reason. */
static int refuse(const char *text, size_t len, const char *reason,
		  struct bm_text_error *ret_error)
{
	size_t n = len < 20 ? len : 20;

	if (!ret_error)
		return -EINVAL;
	*ret_error = (struct bm_text_error){ .line = 1, .reason = reason };
	for (size_t i = 0; i < n; i++)
		ret_error->text[i] =
			text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	if (n < len)
		memcpy(ret_error->text + n, "...", 4);
	return -EINVAL;
}

/* Text without a newline is added to what is kept. */
static int keep(struct bm_partial *p, const char *text, size_t len,
		struct bm_text_error *ret_error)
{
	if (len == 0 || (p->len && p->text[0] == '#'))
		return 0;
	if (p->len == 0 && text[0] == '#')
		len = 1;
	if (len > BM_LINE_MAX - p->len)
		return refuse(p->len ? p->text : text, BM_LINE_MAX,
			      "longer than 256 bytes", ret_error);
	memcpy(p->text + p->len, text, len);
	p->len = (uint16_t)(p->len + len);
	return 0;
}

/* What is kept, as a whole line. */
static int parse_kept(struct bm_partial *p, struct bm_batch *b,
		      struct bm_text_error *ret_error)
{
	int err = bm_text_parse(p->text, p->len, true, b, NULL, ret_error);

	if (!err)
		p->len = 0;
	return err;
}

static uint64_t newlines(const char *text, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* All but the first line, and keep the rest. */
static int feed_lines(struct bm_partial *p, const char *text, size_t len,
		      struct bm_batch *b, struct bm_text_error *ret_error)
{
	size_t used;
	int err = bm_text_parse(text, len, false, b, &used, ret_error);

	if (err)
		return err;
	err = keep(p, text + used, len - used, ret_error);
	if (err && ret_error)
		ret_error->line += newlines(text, used);
	return err;
}

/* Works on p as it pleases; the caller puts it back on error. */
static int feed(struct bm_partial *p, const char *text, size_t len,
		struct bm_batch *b, struct bm_text_error *ret_error)
{
	const char *nl;
	size_t first;
	int err;

	if (p->len == 0)
		return feed_lines(p, text, len, b, ret_error);
	nl = len ? memchr(text, '\n', len) : NULL;
	first = nl ? (size_t)(nl - text) : len;
	err = keep(p, text, first, ret_error);
	if (err || !nl)
		return err;
	err = parse_kept(p, b, ret_error);
	if (err)
		return err;
	err = feed_lines(p, nl + 1, len - first - 1, b, ret_error);
	if (err && ret_error)
		ret_error->line++;
	return err;
}

int bm_partial_feed(struct bm_partial *p, const char *text, size_t len,
		    struct bm_batch *b, struct bm_text_error *ret_error)
{
	const struct bm_partial before = *p;
	struct bm_batch_mark mark = bm_batch_mark(b);
	int err = feed(p, text, len, b, ret_error);

	if (err) {
		bm_batch_undo(b, &mark);
		bm_partial_undo(p, &before);
	} else if (len) {
		p->cut = false;
	}
	return err;
}

int bm_partial_finish(struct bm_partial *p, struct bm_batch *b,
		      struct bm_text_error *ret_error)
{
	int err;

	if (p->cut)
		err = refuse(p->text, p->len, "cut by a write that failed",
			     ret_error);
	else
		err = parse_kept(p, b, ret_error);
	bm_partial_init(p);
	return err;
}
