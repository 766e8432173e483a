/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_draw.c - what a step is done to, and its txn. */
#include "tests/support/mixed_priv.h"
#include "tests/support/test.h"

static const char *const dirs[] = { "", "", "", "d", "e", "d/e" };
static const char *const names[] = { "a", "b", "c", "d", "e", ".t" };

#define N_DIRS	(sizeof(dirs) / sizeof(dirs[0]))
#define N_NAMES (sizeof(names) / sizeof(names[0]))

void mixed_say_ended(const struct mixed *m)
{
	if (m->ended)
		m->ended(m->arg);
}

struct rs_view *mixed_live(const struct mixed *m)
{
	struct rs_view *v;

	assert_int_equal(rs_view_live(m->store, &v), 0);
	return v;
}

/* --- drawing -------------------------------------------------------------- */

int mixed_any_place(struct mixed *m, uint64_t realm, struct place *ret_place)
{
	const char *dir = dirs[rng_below(&m->rng, N_DIRS)];
	enum rs_kind kind = RS_KIND_DIR;
	int err = 0;

	ret_place->name = names[rng_below(&m->rng, N_NAMES)];
	ret_place->dir = realm;
	if (*dir) {
		struct rs_view *v = mixed_live(m);

		err = fs_resolve(v, m->now, realm, dir, &ret_place->dir, &kind);
		rs_view_put(v);
	}
	return !err && kind != RS_KIND_DIR ? -ENOTDIR : err;
}

/* An object of that kind, where a few tries find one. */
int mixed_any_object(struct mixed *m, uint64_t realm, enum rs_kind want,
		     uint64_t *ret_ino)
{
	int err = -ENOENT;

	for (unsigned i = 0; err && i < 40; i++) {
		struct rs_view *v = mixed_live(m);
		enum rs_kind kind;
		struct place p;

		err = mixed_any_place(m, realm, &p);
		if (!err)
			err = fs_lookup(v, m->now, p.dir, p.name, ret_ino,
					&kind);
		if (!err && kind != want)
			err = -ENOENT;
		rs_view_put(v);
	}
	return err;
}

static void shrink(struct mixed *m, struct bm_batch *b, uint64_t base)
{
	uint64_t lo = base + rng_below(&m->rng, 60000);

	assert_int_equal(bm_batch_range(b, lo, lo + 20000, BM_REMOVE), 0);
}

/* Members for each kind of segment, or a few lines. */
void mixed_any_batch(struct mixed *m, struct bm_batch *b)
{
	uint64_t base = rng_below(&m->rng, 4) << 20, n = 0, wide = 1;
	uint64_t what = rng_below(&m->rng, 10);

	if (what < 5) {
		n = 1 + rng_below(&m->rng, 6);
		wide = 1000;
	} else if (what < 6) {
		n = 2500;
		wide = UINT64_MAX;
	} else if (what < 7) {
		n = 4000;
		wide = 30000;
	}
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(
			bm_batch_add(b, base + rng_below(&m->rng, wide)), 0);
	for (uint64_t lo = base; what == 7 && lo < base + 300000; lo += 1500)
		assert_int_equal(bm_batch_range(b, lo, lo + 40, BM_ADD), 0);
	if (what >= 8)
		shrink(m, b, base);
}

/* --- txns ----------------------------------------------------------------- */

int mixed_end(const struct mixed *m, struct rs_txn *t, int err)
{
	if (err) {
		rs_txn_abort(t);
		return err;
	}
	err = rs_txn_end(t);
	if (!err)
		mixed_say_ended(m);
	return err;
}

int mixed_change_begin(struct mixed *m, uint64_t ino, struct change *c)
{
	int err = rs_txn_begin(m->store, &c->t);

	if (err)
		return err;
	err = fs_inode_get(rs_txn_view(c->t), ino, &c->in);
	if (err)
		rs_txn_abort(c->t);
	return err;
}

int mixed_change_end(const struct mixed *m, struct change *c, int err)
{
	c->in.attr.mtime_ns = c->in.attr.ctime_ns = m->now;
	if (!err)
		err = fs_inode_put(c->t, &c->in);
	return mixed_end(m, c->t, err);
}
