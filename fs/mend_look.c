/* SPDX-License-Identifier: Apache-2.0 */
/* mend_look.c - what the steps of mending names know before they change
 * anything: all objects of the tree, and how many names each has. It is what
 * the check would see (ns_check.h), without its sentences.
 */
#include <stdlib.h>

#include "fs/mend_names.h"

static void nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static const struct fs_check_ops silent = { .report = nothing };

static int see(void *arg, const struct rs_cursor *c)
{
	if (c->key[0] > RS_KEY_ORPHAN && c->key[0] != RS_KEY_EXPIRY)
		return 0;
	return fs_names_record(arg, c);
}

int fs_look_at(struct fs_mend *m, struct fs_look *lk)
{
	int err;

	*lk = (struct fs_look){ .m = m };
	err = rs_view_live(m->s, &lk->v);
	if (err < 0)
		return err;
	lk->nm = (struct fs_names){ .view = lk->v, .ops = &silent };
	return fs_mend_walk(lk->v, see, &lk->nm);
}

void fs_look_end(struct fs_look *lk)
{
	free(lk->nm.seen);
	rs_view_put(lk->v);
}

/* A step on its walk. */
struct step {
	struct fs_look look;
	fs_look_record_fn *fn;
};

static int take(void *arg, const struct rs_cursor *c)
{
	struct step *st = arg;

	return c->key_len < FS_KEY_HEAD ? 0 : st->fn(&st->look, c);
}

int fs_look_records(struct fs_mend *m, fs_look_record_fn *fn)
{
	struct step st = { .fn = fn };
	int err = fs_look_at(m, &st.look);

	if (err == 0)
		err = fs_mend_walk(st.look.v, take, &st);
	fs_look_end(&st.look);
	return err;
}

int fs_look_objects(struct fs_mend *m, fs_look_object_fn *fn)
{
	struct fs_look lk;
	int err = fs_look_at(m, &lk);

	for (size_t i = 0; err == 0 && i < lk.nm.n_seen; i++)
		err = fn(&lk, &lk.nm.seen[i]);
	fs_look_end(&lk);
	return err;
}
