/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.c - reading, from blocks where they were made. */

#include "fs/ahead_parts.h"

#include <stdlib.h>
#include <string.h>

#include "bitmap/bitmap.h"
#include "regionstore/regionstore.h"

/* It is only faster: without memory it is not begun. */
static void begin(struct fs_aheads *all, struct fs_ahead *a,
		  const struct bm_file *file)
{
	struct fs_ahead_blocks *b;

	if (!fs_ahead_admit(all))
		return;
	b = malloc(sizeof(*b));
	if (!b) {
		fs_ahead_leave(all);
		return;
	}
	b->here = (struct fs_ahead_block){ .bytes = b->memory };
	b->next =
		(struct fs_ahead_block){ .bytes = b->memory + FS_AHEAD_BLOCK };
	b->state = FS_AHEAD_NOT_ORDERED;
	b->file = file;
	a->blocks = b;
	fs_ahead_order(all, b, a->next);
}

void fs_ahead_end(struct fs_aheads *all, struct fs_ahead *a)
{
	a->in_order = 0;
	if (!a->blocks)
		return;
	(void)fs_ahead_collect(all, a->blocks);
	free(a->blocks);
	a->blocks = NULL;
	fs_ahead_leave(all);
}

/* The next block becomes the one that is read, and the one after it is ordered:
 * or one at end, when a read goes on to there and makes all before it itself.
 * False: it was not made.
 */
static bool advance(struct fs_aheads *all, struct fs_ahead_blocks *b,
		    uint64_t end)
{
	char *free_bytes = b->here.bytes;
	uint64_t after;

	if (!fs_ahead_collect(all, b) || b->err)
		return false;
	b->here = b->next;
	b->next.bytes = free_bytes;
	after = b->here.off + b->here.len;
	fs_ahead_order(all, b, end > after ? end : after);
	return true;
}

/* What of the block lies at off. */
static size_t copy(const struct fs_ahead_block *from, uint64_t off, char *buf,
		   size_t len)
{
	size_t skip;

	if (off < from->off || off - from->off >= from->len)
		return 0;
	skip = (size_t)(off - from->off);
	if (len > from->len - skip)
		len = from->len - skip;
	memcpy(buf, from->bytes + skip, len);
	return len;
}

/* From the blocks as far as they go. */
static size_t from_blocks(struct fs_aheads *all, struct fs_ahead_blocks *b,
			  uint64_t off, char *buf, size_t len)
{
	size_t got = copy(&b->here, off, buf, len);

	while (got < len && b->next.off == off + got && b->next.len &&
	       advance(all, b, off + len))
		got += copy(&b->here, off + got, buf + got, len - got);
	return got;
}

static int read_rest(const struct bm_file *file, uint64_t off, char *buf,
		     size_t len, size_t *got)
{
	size_t more = 0;
	int err;

	if (*got == len)
		return 0;
	err = bm_file_read(file, off + *got, buf + *got, len - *got, &more);
	*got += more;
	return err;
}

/* Where the next read will begin, if it is in order. */
static void expect(struct fs_aheads *all, struct fs_ahead *a,
		   const struct bm_file *file)
{
	struct fs_ahead_blocks *b = a->blocks;
	uint64_t size = bm_file_size(file);

	if (a->next >= size) {
		fs_ahead_end(all, a);
	} else if (b) {
		/* The reader came first, and made what it read. */
		if (a->next > b->next.off)
			fs_ahead_order(all, b, a->next);
	} else if (a->in_order >= FS_AHEAD_FROM &&
		   size - a->next > FS_AHEAD_BLOCK) {
		begin(all, a, file);
	}
}

int fs_ahead_read(struct fs_aheads *all, struct fs_ahead *a,
		  const struct bm_file *file, uint64_t off, char *buf,
		  size_t len, size_t *ret_len)
{
	size_t got = 0;
	int err;

	if (off != a->next)
		fs_ahead_end(all, a);
	if (a->blocks)
		got = from_blocks(all, a->blocks, off, buf, len);
	err = read_rest(file, off, buf, len, &got);
	if (err) {
		fs_ahead_end(all, a);
		return err;
	}
	a->next = off + got;
	a->in_order += got;
	expect(all, a, file);
	*ret_len = got;
	return 0;
}
