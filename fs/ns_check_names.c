/* SPDX-License-Identifier: Apache-2.0 */
/* ns_check_names.c - do names, link counts and parents of a tree agree?
 *
 *	1 Every entry lives in a directory and leads to an object of its kind.
 *	2 A directory has one name, in the directory it says it is in; its
 *	  link count is two and one more for each directory in it.
 *	3 The link count of anything else is how many names it has.
 *	4 What has no name is an orphan, and what is an orphan has no name.
 *	5 From every directory the way up ends at the root.
 *	6 What expires is in the expiry index, and nothing else is.
 *
 * One pass over the records, in order, with some 50 bytes for each object.
 * Whether pages, checksums and contents are right, others check.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/ns_check.h"

#define PATHS_MAX 50u /* after so many findings paths are not searched */
#define TEXT_MAX  700u

struct fs_seen *fs_names_find(struct fs_names *nm, uint64_t ino)
{
	size_t lo = 0, hi = nm->n_seen;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (nm->seen[mid].ino < ino)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < nm->n_seen && nm->seen[lo].ino == ino ? &nm->seen[lo]
							  : NULL;
}

void fs_names_say(struct fs_names *nm, uint64_t ino, const char *fmt, ...)
{
	char path[256] = "", text[256], all[TEXT_MAX];
	va_list ap;

	if (nm->findings++ < PATHS_MAX)
		fs_inode_path(nm->view, ino, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(all, sizeof(all),
		 path[0] ? "inode %llu ('%s'): %s" : "inode %llu%s: %s",
		 (unsigned long long)ino, path, text);
	nm->ops->report(nm->arg, all);
}

static void judge_links(struct fs_names *nm, const struct fs_seen *s)
{
	bool is_dir = s->kind == RS_KIND_DIR;
	uint64_t want = is_dir ? 2 + (uint64_t)s->subdirs : s->names;

	if (s->is_orphan && (s->names || s->nlink))
		fs_names_say(nm, s->ino, "is an orphan and has a name");
	if (!s->is_orphan && s->names == 0 && s->ino != FS_INO_ROOT)
		fs_names_say(nm, s->ino, "has no name and is no orphan");
	if (is_dir && s->names > 1)
		fs_names_say(nm, s->ino, "is a directory with %u names",
			     s->names);
	if (!s->is_orphan && s->nlink != want)
		fs_names_say(nm, s->ino, "has %u links and should have %llu",
			     s->nlink, (unsigned long long)want);
}

/* Go up from a directory to one that is known, and mark all on the way. */
static enum fs_reach climb(struct fs_names *nm, struct fs_seen *s)
{
	enum fs_reach reach = FS_REACH_NO;
	struct fs_seen *at = s;

	while (at && at->reach == FS_REACH_UNKNOWN) {
		at->reach = FS_REACH_WALKING;
		if (at->ino == FS_INO_ROOT)
			reach = FS_REACH_YES;
		at = at->ino == FS_INO_ROOT ? NULL
					    : fs_names_find(nm, at->parent);
	}
	/* Met on this way already: a circle. */
	if (at && at->reach != FS_REACH_WALKING)
		reach = (enum fs_reach)at->reach;
	for (at = s; at && at->reach == FS_REACH_WALKING;
	     at = fs_names_find(nm, at->parent))
		at->reach = (uint8_t)reach;
	return reach;
}

void fs_names_judge(struct fs_names *nm)
{
	for (size_t i = 0; i < nm->n_seen; i++) {
		struct fs_seen *s = &nm->seen[i];

		judge_links(nm, s);
		if (s->expires_ms && !s->is_indexed)
			fs_names_say(nm, s->ino,
				     "expires and is not in the index");
		if (s->kind != RS_KIND_DIR || s->is_orphan)
			continue;
		if (climb(nm, s) != FS_REACH_YES)
			fs_names_say(nm, s->ino, "the root is not above it");
	}
	if (!fs_names_find(nm, FS_INO_ROOT) ||
	    !fs_names_find(nm, FS_INO_BITMAPS) ||
	    !fs_names_find(nm, FS_INO_REGIONS))
		fs_names_say(nm, FS_INO_ROOT,
			     "it, bitmaps/ or regions/ is missing");
}

/* The records from one type to another. */
static int walk(struct fs_names *nm, uint8_t first, uint8_t last)
{
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, nm->view);
	err = rs_cursor_seek(&c, &first, first ? 1 : 0);
	while (err == 0 && c.key_len > 0 && c.key[0] <= last) {
		err = fs_names_record(nm, &c);
		if (err == 0 && nm->ops->stop && nm->ops->stop(nm->arg))
			err = -EINTR;
		if (err == 0)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

int fs_check_names(const struct rs_view *v, const struct fs_check_ops *ops,
		   void *arg, uint64_t *ret_findings)
{
	struct fs_names nm = { .view = v, .ops = ops, .arg = arg };
	int err = walk(&nm, 0, RS_KEY_ORPHAN);

	/* What files and sets hold lies between, and is most of it. */
	if (err == 0)
		err = walk(&nm, RS_KEY_EXPIRY, RS_KEY_EXPIRY);
	if (err == 0)
		fs_names_judge(&nm);
	free(nm.seen);
	*ret_findings = nm.findings;
	return err;
}
