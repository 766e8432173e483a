/* SPDX-License-Identifier: Apache-2.0 */
/* file_fixed.c - pad and le64: each member has as many bytes.
 *
 * So byte off belongs to member off / size, which select finds.
 */

#include "bitmap/file.h"

#include <string.h>

#define CHUNK 256u /* members at a time */

/* 20 digits and a newline. */
static void pad_line(uint64_t member, char line[21])
{
	for (unsigned i = 20; i; i--) {
		line[i - 1] = (char)('0' + member % 10);
		member /= 10;
	}
	line[20] = '\n';
}

static void put_lines(struct bm_window *w, uint64_t at, const uint64_t *members,
		      size_t n)
{
	char line[21];

	for (size_t i = 0; i < n; i++, at += sizeof(line)) {
		pad_line(members[i], line);
		bm_window_put(w, at, line, sizeof(line));
	}
}

int bm_fixed_read(const struct bm_file *f, struct bm_window *w)
{
	bool pad = f->format == BM_FORMAT_PAD;
	unsigned size = pad ? 21 : 8;
	uint64_t at = w->off / size * size;
	uint64_t members[CHUNK];
	struct bm_iter it;
	size_t n = 1;
	int err;

	bm_iter_init(&it, f->bv);
	err = bm_iter_nth(&it, w->off / size);
	while (!err && n && w->off < w->end) {
		uint64_t want = (w->end - at + size - 1) / size;

		err = bm_iter_take(&it, members, want < CHUNK ? want : CHUNK,
				   &n);
		if (err)
			break;
		if (pad)
			put_lines(w, at, members, n);
		else
			bm_window_put(w, at, members, 8 * n);
		at += size * n;
	}
	bm_iter_finish(&it);
	return err;
}
