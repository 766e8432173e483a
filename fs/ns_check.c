/* SPDX-License-Identifier: Apache-2.0 */
/* ns_check.c - the check of a whole store, through all layers.
 *
 * rs_check() reads every page and gives us records, for only we know which of
 * them point at pages. Of a snapshot it walks only what it has not walked
 * before; so when it meets the first such node of a snapshot, we walk all of
 * that tree ourselves: what sets and attributes own, and whether each set has
 * what its header says. At the end of each tree its names are checked.
 *
 * Findings about "set 17" or "inode 17" get the path that it has now, or in the
 * snapshot where they were found: what two trees share is found in both.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fs/ns_check.h"
#include "regionstore/base/auto.h"

#define TEXT_MAX 512u

struct check {
	const struct fs_check_ops *ops;
	void *arg;
	struct rs_view *live; /* for paths */
	/* which knows the tree that is walked; NULL before the first record */
	const struct rs_checker *ck;
	struct bm_check *sets; /* of the tree that is walked */
	unsigned trees_done;   /* the live one comes first */
	uint64_t records, seen;
	uint64_t names; /* findings about them */
};

static bool is_damage(int err)
{
	return err == -EUCLEAN || err == -EBADMSG || err == -EIO;
}

/* --- findings ------------------------------------------------------------- */

/* The number in "set 17: ..." and its like, or 0. */
static uint64_t number_in(const char *text)
{
	static const char *const words[] = { "set ", "region ", "inode " };
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if (strncmp(text, words[i], len) == 0)
			n = strtoull(text + len, NULL, 10);
	}
	return n;
}

static const char *snap_now(const struct check *ch)
{
	return ch->ck ? rs_check_snap(ch->ck) : NULL;
}

static void on_finding(void *arg, const char *text)
{
	struct check *ch = arg;
	const char *snap = snap_now(ch);
	const struct rs_view *v = snap ? rs_check_view(ch->ck) : ch->live;
	char path[256] = "", all[TEXT_MAX], in[RS_SNAP_NAME_MAX + 16] = "";
	uint64_t ino = number_in(text);

	if (ino)
		fs_inode_path(v, ino, path, sizeof(path));
	if (snap)
		snprintf(in, sizeof(in), "snapshot '%s': ", snap);
	if (path[0])
		snprintf(all, sizeof(all), "%s'%s': %s", in, path, text);
	else
		snprintf(all, sizeof(all), "%s%s", in, text);
	ch->ops->report(ch->arg, all);
}

/* --- what records own ----------------------------------------------------- */

/* Its pages, and that they can be read: nobody else reads them in a check. */
static int own_blob(struct rs_checker *ck, const struct rs_cursor *c,
		    const uint8_t *blob, size_t len)
{
	struct rs_ptr ptr;
	int err;

	if (fs_blob_ptr(blob, len, &ptr) < 0 || !ptr.npages)
		return 0;
	rs_check_own(ck, &ptr);
	if (rs_check_is_fast(ck))
		return 0;
	err = fs_blob_verify(c->view, blob, len);
	if (!is_damage(err))
		return err;
	rs_check_report(ck, "inode %llu: its %s cannot be read: %s",
			(unsigned long long)be64_get(c->key + 1),
			c->key[0] == RS_KEY_XATTR ? "attribute" : "target",
			err_text(err));
	return 0;
}

static int own_symlink(struct rs_checker *ck, const struct rs_cursor *c)
{
	struct rs_object obj;
	int err;

	if (c->key_len != FS_KEY_HEAD)
		return 0;
	err = rs_object_get(c->view, be64_get(c->key + 1), &obj);
	if (err == 0 && obj.kind == RS_KIND_SYMLINK)
		return own_blob(ck, c, obj.body, obj.body_len);
	return err == -EUCLEAN ? 0 : err;
}

static int take_record(struct check *ch, struct rs_checker *ck,
		       const struct rs_cursor *c)
{
	int err = 0;

	if (ch->ops->stop && ch->ops->stop(ch->arg))
		return -EINTR;
	if (c->key[0] == RS_KEY_OBJECT)
		err = own_symlink(ck, c);
	else if (c->key[0] == RS_KEY_XATTR && c->key_len >= FS_KEY_HEAD)
		err = own_blob(ck, c, c->val, c->val_len);
	return err < 0 ? err : bm_check_record(ch->sets, ck, c);
}

/* --- trees ---------------------------------------------------------------- */

static int walk_snapshot(struct check *ch, struct rs_checker *ck,
			 const struct rs_view *v)
{
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, "", 0);
	while (err == 0) {
		err = take_record(ch, ck, &c);
		if (err == 0)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	/* Damage in the tree is found by the walk that called us. */
	return is_damage(err) || err == -ENOENT ? 0 : err;
}

static int begin_tree(struct check *ch, struct rs_checker *ck,
		      const struct rs_cursor *c)
{
	int err = bm_check_new(rs_view_store(c->view), &ch->sets);

	if (err == 0 && ch->trees_done > 0)
		err = walk_snapshot(ch, ck, c->view);
	return err;
}

/* --- names ---------------------------------------------------------------- */

struct names_of {
	struct check *ch;
	const char *snap; /* NULL: the live tree */
};

static void on_name_finding(void *arg, const char *text)
{
	const struct names_of *of = arg;
	char all[TEXT_MAX + RS_SNAP_NAME_MAX];

	if (of->snap) {
		snprintf(all, sizeof(all), "snapshot '%s': %s", of->snap, text);
		text = all;
	}
	of->ch->ops->report(of->ch->arg, text);
}

static bool on_name_stop(void *arg)
{
	const struct check *ch = ((const struct names_of *)arg)->ch;

	return ch->ops->stop && ch->ops->stop(ch->arg);
}

static const struct fs_check_ops name_ops = { .report = on_name_finding,
					      .stop = on_name_stop };

static int check_tree_names(struct check *ch, const struct rs_checker *ck)
{
	struct names_of of = { ch, rs_check_snap(ck) };
	uint64_t findings = 0;
	int err = fs_check_names(rs_check_view(ck), &name_ops, &of, &findings);

	if (is_damage(err)) {
		on_name_finding(&of, "names cannot be read to the end");
		findings++;
		err = 0;
	}
	ch->names += findings;
	return err;
}

/* Also for a snapshot that has nothing of its own: then sets is NULL. */
static int end_tree(struct check *ch, struct rs_checker *ck)
{
	int err = ch->sets ? bm_check_end(ch->sets, ck) : 0;

	ch->sets = NULL;
	ch->trees_done++;
	return err ? err : check_tree_names(ch, ck);
}

static int on_record(void *arg, struct rs_checker *ck,
		     const struct rs_cursor *c)
{
	struct check *ch = arg;
	int err = 0;

	ch->ck = ck;
	if (!c)
		return end_tree(ch, ck);
	if (!ch->sets)
		err = begin_tree(ch, ck, c);
	if (err == 0 && ch->trees_done == 0)
		err = take_record(ch, ck, c);
	if (ch->ops->progress)
		ch->ops->progress(ch->arg, ++ch->seen, ch->records);
	return err;
}

/* --- all of it ------------------------------------------------------------ */

static void on_note(void *arg, const char *text)
{
	struct check *ch = arg;

	ch->ops->note(ch->arg, text);
}

int fs_check_run(struct rs_store *s, const struct fs_check_ops *ops, void *arg,
		 struct rs_check_result *ret_result)
{
	struct check ch = { .ops = ops, .arg = arg };
	const struct rs_check_how how = { .fn = on_record,
					  .report = on_finding,
					  .note = ops->note ? on_note : NULL,
					  .arg = &ch,
					  .fast = ops->fast };
	struct rs_check_result result;
	struct rs_stats stats;
	int err = rs_view_live(s, &ch.live);

	if (err < 0)
		return err;
	rs_stats(s, &stats);
	ch.records = stats.records;
	err = rs_check_run(s, &how, &result);
	bm_check_free(ch.sets);
	rs_view_put(ch.live);
	if (err < 0)
		return err;
	result.findings += ch.names;
	*ret_result = result;
	return 0;
}

static void say_nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

int fs_check_store(struct rs_store *s, rs_report_fn *report, void *arg,
		   struct rs_check_result *ret_result)
{
	const struct fs_check_ops ops = { .report = report ? report
							   : say_nothing };

	return fs_check_run(s, &ops, arg, ret_result);
}
