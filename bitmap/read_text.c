/* SPDX-License-Identifier: Apache-2.0 */
/* read_text.c - the text of a set, from any byte on.
 *
 * offset -> number of digits, rank and byte within the line (digits.c)
 *        -> segment and place in it (the tree's sums) -> members -> text
 *
 * Finding the place costs about a microsecond, a read of 128 KiB forty times
 * that: so nothing is remembered from one read to the next, and a view has no
 * state that threads could quarrel about.
 */

#include "bitmap/text_render.h"
#include "bitmap/view.h"

#include <errno.h>

static int render(struct bm_iter *it, struct bm_render *r)
{
	union bm_piece_room room;

	while (!bm_render_full(r)) {
		struct bm_piece p;
		/* A line has two bytes or more. */
		int err = bm_iter_piece(it, (size_t)(r->end - r->p) / 2 + 1,
					&room, &p);

		if (err)
			return err;
		if (p.lows.n)
			bm_render_lows(r, p.lows.base, p.lows.at, p.lows.n);
		else if (p.n_members)
			bm_render(r, room.members, p.n_members);
		else
			break;
	}
	return 0;
}

int bm_read_text(const struct bm_view *bv, uint64_t off, char *buf, size_t len,
		 size_t *ret_len)
{
	struct bm_text_pos pos;
	struct bm_render r;
	struct bm_iter it;
	int err;

	if (len == 0 || !bm_digits_locate(&bv->set.digits, off, &pos)) {
		*ret_len = 0;
		return 0;
	}
	if (len > bv->info.text_size - off)
		len = (size_t)(bv->info.text_size - off);
	rs_view_begin(bv->rs);
	bm_render_init(&r, buf, len, pos.within);
	bm_iter_init(&it, bv);
	err = bm_iter_nth(&it, pos.rank);
	if (!err)
		err = render(&it, &r);
	bm_iter_finish(&it);
	if (!err)
		err = rs_view_check(bv->rs);
	if (!err && !bm_render_full(&r))
		err = -EUCLEAN; /* fewer members than the header says */
	if (!err)
		*ret_len = len;
	return err;
}
