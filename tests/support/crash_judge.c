/* SPDX-License-Identifier: Apache-2.0 */
/* crash_judge.c - opening what is left, and looking. */
#include "tests/support/crash_judge.h"

#include "tests/support/crash_seen.h"
#include "tests/support/facts.h"
#include "tests/support/pending.h"
#include "tests/support/test.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TXID_AT 8u /* in a superblock: docs/format.md */

struct trial {
	const struct judge *j;
	const struct crash *c;
	bool bad;
};

static void violation(struct trial *t, const char *text)
{
	t->bad = true;
	if (!t->j->quiet)
		print_error("%s: op %llu, %s%s: %s\n",
			    t->j->what ? t->j->what : "script",
			    (unsigned long long)t->c->at, t->c->how,
			    t->j->older ? ", newest superblock lost" : "",
			    text);
}

static void on_finding(void *arg, const char *text)
{
	violation(arg, text);
}

static void check(struct trial *t, struct rs_store *s)
{
	struct rs_check_result result = { 0 };
	int err = fs_check_store(s, on_finding, t, &result);

	if (err || result.findings)
		violation(t, "the check does not pass");
}

/* With what the journal will bring back. */
static bool read_state(struct rs_store *s, struct tl_state *ret_state)
{
	struct bm_db *db = pending_open(s);
	struct rs_view *v;
	int err;

	if (!db)
		return false;
	err = rs_view_live(s, &v);
	if (!err) {
		err = view_foresee(v, db, &ret_state->live);
		rs_view_put(v);
	}
	pending_close(db);
	return !err && snaps_digest(s, &ret_state->snaps) == 0;
}

/* What is in the journal is put in place. */
static int play_back(struct rs_store *s)
{
	const struct bm_hooks hooks = { .changed = fs_attr_changed };
	struct bm_db *db;
	int err = bm_open(s, &hooks, &db, NULL);

	if (err)
		return err;
	err = bm_settle_all(db);
	bm_close(db);
	return err;
}

/* As a mount does. */
static void reap(struct trial *t, struct rs_store *s,
		 const struct tl_state *was)
{
	struct tl_state is = { 0 };

	if (fs_reap_all(s) || rs_sync(s))
		violation(t, "orphans cannot be reaped");
	else if (play_back(s))
		violation(t, "the journal cannot be played back");
	else if (!read_state(s, &is) || is.live != was->live ||
		 is.snaps != was->snaps)
		violation(t, "reaping changes what is seen");
	check(t, s);
}

static void look(struct trial *t, struct rs_store *s, struct tl_state *ret_is)
{
	if (!t->j->older)
		check(t, s);
	if (!read_state(s, ret_is))
		violation(t, "something cannot be read");
	if (!t->bad && !t->j->older)
		reap(t, s, ret_is);
}

static void open_and_look(struct trial *t, struct tl_state *ret_is)
{
	const struct rs_open_opts opts = { .read_only = t->j->older };
	struct rs_io *io = disk_io(t->c->disk);
	struct err e = { 0 };
	struct rs_store *s;

	if (rs_open_io(io, &opts, &s, &e)) {
		violation(t, e.msg);
		io->ops->close(io);
		return;
	}
	look(t, s, ret_is);
	rs_abandon(s);
}

/* Where the newest of both slots is. */
static void lose_newest(struct disk *d)
{
	static const char noise[RS_PAGE_SIZE] = "lost";
	uint64_t txids[2];
	unsigned newer;

	for (unsigned i = 0; i < 2; i++)
		memcpy(&txids[i], d->mem + (1 + i) * RS_PAGE_SIZE + TXID_AT, 8);
	newer = le64toh(txids[1]) > le64toh(txids[0]);
	disk_write(d, (1 + newer) * RS_PAGE_SIZE, noise, sizeof(noise));
}

static bool is_allowed(const struct judge *j, const struct crash *c,
		       const struct tl_state *is)
{
	if (j->older)
		return tl_had(j->tl, c->seen, is);
	return tl_allows(j->tl, c->at, c->seen, is);
}

/* To the file that is named in IMAGES. */
static void list_image(const struct verdict *v)
{
	static FILE *list;

	if (!list && getenv("IMAGES"))
		list = fopen(getenv("IMAGES"), "a");
	if (list)
		fprintf(list, "%016llx\n", (unsigned long long)v->hash[0]);
}

bool judge_crash(struct judge *j, const struct crash *c)
{
	struct trial t = { .j = j, .c = c };
	struct verdict *v;

	if (j->older)
		lose_newest(c->disk);
	v = crash_seen(&j->seen, c->disk);
	j->images++;
	j->same += v->judged;
	if (!v->judged && !j->quiet)
		list_image(v);
	if (!v->judged)
		open_and_look(&t, &v->is);
	else
		t.bad = v->bad;
	v->judged = true;
	v->bad = t.bad;
	if (!t.bad && !is_allowed(j, c, &v->is))
		violation(&t, "a state nobody ever saw, or too old a one");
	j->bad += t.bad;
	disk_free(c->disk);
	return !t.bad;
}

void judge_each(void *arg, const struct crash *c)
{
	judge_crash(arg, c);
}

void judge_finish(struct judge *j)
{
	crash_seen_free(&j->seen);
}

void judge_start(struct judge *j, const struct timeline *tl, const char *what)
{
	j->tl = tl;
	j->what = what;
}
