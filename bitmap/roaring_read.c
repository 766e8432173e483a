/* SPDX-License-Identifier: Apache-2.0 */
/* roaring_read.c - the bytes of a roaring file, from any of them on.
 *
 * The bucket that has the offset is found (roaring_bucket.c), then its parts
 * are made for as far as the window reaches (roaring_parts.c), and so on with
 * the buckets that follow.
 */
#include "bitmap/roaring_reader.h"

#include <errno.h>
#include <stdlib.h>

static int read_buckets(struct bm_roaring *r)
{
	struct bm_bucket b;
	int err = bm_roaring_bucket_at(r, r->w->off, &b);

	while (!err) {
		uint64_t before = r->w->off;

		err = bm_roaring_put(r, &b);
		if (err || r->w->off == r->w->end)
			return err;
		if (r->w->off == before)
			return -EUCLEAN;
		err = bm_roaring_bucket_after(r, &b);
	}
	return err;
}

int bm_roaring_read(const struct bm_file *f, struct bm_window *w)
{
	const uint32_t none[2] = { BM_P32_COOKIE, 0 };
	struct bm_roaring *r;
	int err;

	if (f->format == BM_FORMAT_ROARING)
		bm_window_put(w, 0, &f->n_buckets, 8);
	else if (f->n_marks == 0)
		bm_window_put(w, 0, none, sizeof(none));
	if (w->off == w->end)
		return 0;
	r = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->begin.off = 0;
	r->f = f;
	r->w = w;
	bm_scan_init(&r->scan, f->bv);
	err = read_buckets(r);
	bm_scan_finish(&r->scan);
	free(r);
	return err;
}
