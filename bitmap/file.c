/* SPDX-License-Identifier: Apache-2.0 */
/* file.c   - a set as a file in another format: the public face. */

#include "bitmap/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- segments ------------------------------------------------------------- */

void bm_scan_init(struct bm_scan *s, const struct bm_view *bv)
{
	*s = (struct bm_scan){ .bv = bv };
	bm_place_of(&s->place, bv);
}

void bm_scan_finish(struct bm_scan *s)
{
	bm_place_finish(&s->place);
}

static int arrive(struct bm_scan *s, int err)
{
	s->seg = NULL;
	if (!err)
		err = bm_place_load(&s->place);
	if (!err)
		s->seg = &s->place.rec.seg;
	return err;
}

int bm_scan_first(struct bm_scan *s)
{
	if (s->bv->set.id)
		return arrive(s, bm_place_at_or_after(&s->place, 0));
	if (s->bv->set.count == 0)
		return -ENOENT;
	s->seg = &s->bv->set.seg;
	return 0;
}

int bm_scan_next(struct bm_scan *s)
{
	if (s->bv->set.id)
		return arrive(s, bm_place_next(&s->place));
	return -ENOENT;
}

int bm_scan_at(struct bm_scan *s, uint64_t lo)
{
	int err = 0;

	if (s->seg && s->seg->lo == lo)
		return 0;
	if (!s->bv->set.id)
		return bm_scan_first(s);
	err = arrive(s, bm_place_at_or_after(&s->place, lo));
	if (!err && s->seg->lo != lo)
		err = -EUCLEAN;
	return err == -ENOENT ? -EUCLEAN : err;
}

/* --- formats -------------------------------------------------------------- */

struct format {
	const char *name;
	unsigned fixed;		       /* bytes of a member; 0: needs a map */
	int (*map)(struct bm_file *f); /* fills in the size as well */
	int (*read)(const struct bm_file *f, struct bm_window *w);
};

static int read_text(const struct bm_file *f, struct bm_window *w)
{
	size_t len;
	int err = bm_read_text(f->bv, w->off, w->buf, (size_t)(w->end - w->off),
			       &len);

	if (!err)
		w->off += len;
	return err;
}

static const struct format formats[BM_FORMAT_COUNT] = {
	[BM_FORMAT_TEXT] = { "text", 0, NULL, read_text },
	[BM_FORMAT_PAD] = { "pad", 21, NULL, bm_fixed_read },
	[BM_FORMAT_RANGES] = { "ranges", 0, bm_ranges_map, bm_ranges_read },
	[BM_FORMAT_LE64] = { "le64", 8, NULL, bm_fixed_read },
	[BM_FORMAT_ROARING] = { "roaring", 0, bm_roaring_map, bm_roaring_read },
	[BM_FORMAT_ROARING32] = { "roaring32", 0, bm_roaring_map,
				  bm_roaring_read },
};

const char *bm_format_name(enum bm_format format)
{
	return formats[format].name;
}

static bool fits(enum bm_format format, const struct bm_info *info)
{
	return format != BM_FORMAT_ROARING32 || info->count == 0 ||
	       info->max <= UINT32_MAX;
}

bool bm_format_size(enum bm_format format, const struct bm_info *info,
		    uint64_t *ret_size)
{
	const struct format *f = &formats[format];

	if (f->map && fits(format, info))
		return false;
	*ret_size = f->map     ? 0
		    : f->fixed ? info->count * f->fixed
			       : info->text_size;
	return true;
}

static int make_map(struct bm_file *f)
{
	const struct bm_info *info = bm_view_info(f->bv);
	int err;

	if (!fits(f->format, info))
		return -EOVERFLOW;
	if (bm_format_size(f->format, info, &f->size))
		return 0;
	err = formats[f->format].map(f);
	return err ? err : rs_view_check(f->bv->rs);
}

int bm_file_open(const struct bm_view *bv, enum bm_format format,
		 struct bm_file **ret_file)
{
	struct bm_file *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->bv = bv;
	f->format = format;
	err = make_map(f);
	if (err) {
		bm_file_close(f);
		return err;
	}
	*ret_file = f;
	return 0;
}

void bm_file_close(struct bm_file *f)
{
	if (!f)
		return;
	free(f->lines);
	free(f->marks);
	free(f);
}

uint64_t bm_file_size(const struct bm_file *f)
{
	return f->size;
}

/* --- reading -------------------------------------------------------------- */

void bm_window_put(struct bm_window *w, uint64_t at, const void *bytes,
		   size_t len)
{
	size_t skip;

	if (w->off < at || w->off - at >= len)
		return;
	skip = (size_t)(w->off - at);
	len -= skip;
	if (len > w->end - w->off)
		len = (size_t)(w->end - w->off);
	memcpy(w->buf, (const char *)bytes + skip, len);
	w->buf += len;
	w->off += len;
}

int bm_file_read(const struct bm_file *f, uint64_t off, char *buf, size_t len,
		 size_t *ret_len)
{
	struct bm_window w = { .buf = buf, .off = off };
	int err;

	if (len == 0 || off >= f->size) {
		*ret_len = 0;
		return 0;
	}
	if (len > f->size - off)
		len = (size_t)(f->size - off);
	w.end = off + len;
	rs_view_begin(f->bv->rs);
	err = formats[f->format].read(f, &w);
	if (!err)
		err = rs_view_check(f->bv->rs);
	if (!err && w.off != w.end)
		err = -EUCLEAN; /* less there than the map says */
	if (!err)
		*ret_len = len;
	return err;
}
