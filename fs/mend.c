/* SPDX-License-Identifier: Apache-2.0 */
/* mend.c - the order of mending, and what its steps share. */
#include "fs/mend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fs/ns_check.h"
#include "regionstore/base/auto.h"

#define TEXT_MAX 1000u

static void nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

bool fs_mend_is_damage(int err)
{
	return err == -EUCLEAN || err == -EBADMSG || err == -EIO;
}

void fs_mend_path(struct fs_mend *m, uint64_t ino, char *path, size_t cap)
{
	struct rs_view *v;

	path[0] = '\0';
	if (!ino || rs_view_live(m->s, &v) < 0)
		return;
	fs_inode_path(v, ino, path, cap);
	rs_view_put(v);
	if (!path[0])
		snprintf(path, cap, "inode %llu", (unsigned long long)ino);
}

void fs_mend_say(struct fs_mend *m, uint64_t ino, const char *fmt, ...)
{
	char path[256], text[400], all[TEXT_MAX], whose[RS_SNAP_NAME_MAX + 16];
	va_list ap;

	fs_mend_path(m, ino, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	whose[0] = '\0';
	if (m->snap)
		snprintf(whose, sizeof(whose), "snapshot '%s': ", m->snap);
	snprintf(all, sizeof(all), path[0] ? "%s'%s': %s" : "%s%s%s", whose,
		 path, text);
	m->said++;
	m->say(m->arg, all);
}

static void say_journal(void *arg, const char *text)
{
	fs_mend_say(arg, 0, "%s", text);
}

static int mend_journal(struct fs_mend *m, struct rs_txn *t,
			const struct rs_cursor *c)
{
	(void)c;
	return bm_mend_journal(t, say_journal, m);
}

/* Whatever tree is live. */
static int mend_tree(struct fs_mend *m)
{
	int err = fs_mend_content(m);

	if (err == 0)
		err = fs_mend_claims(m);
	if (err == 0)
		err = fs_mend_names(m);
	return err < 0 ? err : fs_mend_in_txn(m, NULL, mend_journal);
}

/* --- snapshots ------------------------------------------------------------ */

/* A disk that is full, or cannot be written, is no reason to give anything up.
 */
static bool is_hopeless(int err)
{
	return err == -EUCLEAN || err == -EBADMSG;
}

/* In the end it is as sound as the live tree has to be. */
static int judge_snapshot(const struct rs_snap *snap, struct rs_store *s)
{
	static const struct fs_check_ops silent = { .report = nothing };
	uint64_t damaged = 0, findings = 0;
	struct rs_view *v;
	int err = rs_view_snap(s, snap->id, &v);

	if (err < 0)
		return err;
	err = fs_mend_count(v, &damaged);
	if (err == 0)
		err = fs_check_names(v, &silent, NULL, &findings);
	rs_view_put(v);
	return err == 0 && (damaged || findings) ? -EUCLEAN : err;
}

static int mend_inside(struct fs_mend *m, const struct rs_snap *snap)
{
	struct rs_mending *inside;
	int err = rs_mend_begin(m->s, snap->id, &inside);

	if (err < 0)
		return err;
	m->snap = snap->name;
	err = mend_tree(m);
	m->snap = NULL;
	if (err < 0) {
		rs_mend_abort(inside);
		return err;
	}
	return rs_mend_end(inside);
}

static int mend_snapshot(struct fs_mend *m, const struct rs_snap *snap)
{
	uint64_t said = m->said;
	int err = mend_inside(m, snap);

	if (err == 0 && (m->said != said || snap->greedy))
		err = judge_snapshot(snap, m->s);
	if (err == 0 || !is_hopeless(err))
		return err;
	fs_mend_say(m, 0,
		    "snapshot '%s': is given up, what is left of it makes no "
		    "sense",
		    snap->name);
	return rs_snap_drop(m->s, snap->name);
}

static int count_damage(struct fs_mend *m, const struct rs_snap *snap)
{
	uint64_t damaged = 0;
	struct rs_view *v;
	int err = rs_view_snap(m->s, snap->id, &v);

	if (err < 0)
		return err;
	err = fs_mend_count(v, &damaged);
	rs_view_put(v);
	if (err == 0 && damaged)
		fs_mend_say(m, 0,
			    "snapshot '%s': stays, with %llu files in it that "
			    "cannot be read",
			    snap->name, (unsigned long long)damaged);
	return err;
}

static int for_snapshots(struct fs_mend *m)
{
	AUTO_FREE struct rs_snap *snaps = NULL;
	size_t n = 0;
	int err = rs_snap_list(m->s, &snaps, &n);

	for (size_t i = 0; err == 0 && i < n; i++)
		err = m->keep_snapshots ? count_damage(m, &snaps[i])
					: mend_snapshot(m, &snaps[i]);
	return err;
}

/* --- all of it ------------------------------------------------------------ */

int fs_mend(struct fs_mend *m)
{
	int err = fs_reap_all(m->s);

	/* What has no name and cannot be freed is judged like the rest. */
	if (err == 0 || fs_mend_is_damage(err))
		err = mend_tree(m);
	if (err == 0)
		err = for_snapshots(m);
	return err < 0 ? err : rs_sync(m->s);
}
