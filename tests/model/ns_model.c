/* SPDX-License-Identifier: Apache-2.0 */
/* ns_model.c - random trees of names against a naive twin (ns_twin.h).
 *
 * Now and then a view is taken together with the twin's description of that
 * moment; later the view must still show it, whatever has happened since.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/ns.h"
#include "fs/ns_check.h"
#include "tests/support/mem_store.h"
#include "tests/support/ns_twin.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#define STEPS_DEFAULT 10000u
#define VIEWS	      4u

struct old {
	struct rs_view *view;
	int64_t now;
	char *text;
};

struct model {
	struct rng rng;
	struct rs_store *store;
	struct ns_twin t;
	struct old old[VIEWS];
	uint32_t orphan; /* that waits to be reaped, or NT_NONE */
};

static const char *const texts[] = { "a",  "b",	 "c",	 "d",
				     ".e", ".f", "\xff", "a b" };
#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

/* --- views of the past --------------------------------------------------- */

static void say_finding(void *arg, const char *text)
{
	(void)arg;
	print_message("%s\n", text);
}

static const struct fs_check_ops names_ops = { .report = say_finding };

static void check_old(struct old *old)
{
	char *text;

	if (!old->view)
		return;
	text = nt_text_of_view(old->view, old->now);
	assert_string_equal(text, old->text);
	free(text);
	free(old->text);
	rs_view_put(old->view);
	old->view = NULL;
}

/* Compare a moment of the past and keep this one instead. */
static void step_view(struct model *m)
{
	struct old *old = &m->old[rng_below(&m->rng, VIEWS)];
	uint64_t findings = 1;
	char *text;

	check_old(old);
	assert_int_equal(rs_view_live(m->store, &old->view), 0);
	assert_int_equal(fs_check_names(old->view, &names_ops, NULL, &findings),
			 0);
	assert_int_equal(findings, 0);
	old->now = m->t.now;
	old->text = nt_text(&m->t);
	text = nt_text_of_view(old->view, old->now);
	assert_string_equal(text, old->text);
	free(text);
}

/* --- draws ---------------------------------------------------------------- */

/* Nearly always something with a name, for most objects are long gone. */
static uint32_t any_object(struct model *m)
{
	struct name *n = &m->t.name[rng_below(&m->rng, NT_NAMES)];

	if (rng_one_in(&m->rng, 50))
		return (uint32_t)rng_below(&m->rng, m->t.n_obj);
	return n->dir == NT_NONE ? (uint32_t)rng_below(&m->rng, 3) : n->to;
}

static uint32_t any_dir(struct model *m)
{
	for (unsigned i = 0; i < 20; i++) {
		uint32_t o = any_object(m);

		if (nt_is_dir(&m->t, o) && o != 0)
			return o;
	}
	return any_object(m);
}

static const char *any_text(struct model *m)
{
	return texts[rng_below(&m->rng, N_TEXTS)];
}

/* Of a name that is there, mostly. */
static void any_name(struct model *m, uint32_t *ret_dir, const char **ret_text)
{
	struct name *n = &m->t.name[rng_below(&m->rng, NT_NAMES)];
	bool there = n->dir != NT_NONE && !rng_one_in(&m->rng, 8);

	*ret_dir = there ? n->dir : any_dir(m);
	*ret_text = there ? n->text : any_text(m);
}

static struct rs_txn *begin(struct model *m)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(m->store, &t), 0);
	return t;
}

/* Aborted on error; sometimes also without one, and then nothing was. */
static bool finish(struct model *m, struct rs_txn *t, int got, int want)
{
	assert_int_equal(got, want);
	if (got == 0 && !rng_one_in(&m->rng, 20)) {
		assert_int_equal(rs_txn_end(t), 0);
		return true;
	}
	rs_txn_abort(t);
	return false;
}

static void reap(struct model *m, uint32_t o)
{
	bool done = false;

	if (o == NT_NONE)
		return;
	while (!done) {
		struct rs_txn *t;

		assert_int_equal(rs_txn_begin(m->store, &t), 0);
		assert_int_equal(fs_reap(t, m->t.obj[o].ino, &done), 0);
		assert_int_equal(rs_txn_end(t), 0);
	}
	m->t.obj[o].ino = 0;
}

/* The last orphan goes; this one stays for a while, as if open. */
static void keep_orphan(struct model *m, uint64_t got, uint32_t want)
{
	assert_true(got == (want == NT_NONE ? 0 : m->t.obj[want].ino));
	if (want == NT_NONE)
		return;
	reap(m, m->orphan);
	m->orphan = want;
}

/* --- steps ---------------------------------------------------------------- */

static void step_make(struct model *m)
{
	static const uint32_t types[] = { S_IFDIR, S_IFDIR, S_IFREG, S_IFLNK,
					  S_IFIFO };
	uint32_t dir = any_dir(m);
	const char *text = any_text(m);
	struct fs_new n = { .mode = types[rng_below(&m->rng, 5)] | 0700,
			    .target = "t" };
	struct rs_txn *t;
	struct fs_inode in;
	uint32_t o;
	int want = nt_may_add(&m->t, dir, text);

	if (m->t.obj[dir].ino == 0 || !nt_free_name(&m->t))
		return;
	t = begin(m);
	n.now_ns = m->t.now;
	if (!finish(m, t, fs_make(t, m->t.obj[dir].ino, text, &n, &in), want))
		return;
	o = nt_add_object(&m->t, in.ino, in.attr.mode, dir,
			  m->t.obj[dir].realm);
	m->t.obj[o].is_set = in.obj.kind == RS_KIND_SET;
	nt_add_name(&m->t, dir, text, o);
	m->t.obj[dir].nlink += nt_is_dir(&m->t, o);
	nt_touch(&m->t, dir);
}

static void step_link(struct model *m)
{
	uint32_t o = any_object(m), dir = any_dir(m);
	const char *text = any_text(m);
	struct fs_inode in;
	struct rs_txn *t;
	int want, got;

	/* Without a name there is no path to link from. */
	if (!m->t.obj[o].nlink || m->t.obj[dir].ino == 0 ||
	    !nt_free_name(&m->t))
		return;
	want = nt_may_link(&m->t, o, dir, text);
	t = begin(m);
	got = fs_link(t, m->t.obj[o].ino, m->t.obj[dir].ino, text, m->t.now,
		      &in);
	if (!finish(m, t, got, want))
		return;
	nt_add_name(&m->t, dir, text, o);
	m->t.obj[o].nlink++;
	m->t.obj[o].ctime = m->t.now;
	nt_touch(&m->t, dir);
}

static void step_remove(struct model *m)
{
	bool want_dir = rng_one_in(&m->rng, 2);
	uint64_t orphan;
	const char *text;
	struct rs_txn *t;
	struct name *n;
	uint32_t dir;
	int want;

	any_name(m, &dir, &text);
	if (m->t.obj[dir].ino == 0)
		return;
	n = nt_find(&m->t, dir, text);
	want = nt_may_remove(&m->t, dir, n, want_dir);
	t = begin(m);
	if (!finish(m, t,
		    (want_dir ? fs_rmdir : fs_unlink)(t, m->t.obj[dir].ino,
						      text, m->t.now, &orphan),
		    want))
		return;
	m->t.obj[dir].nlink -= want_dir;
	nt_touch(&m->t, dir);
	n->dir = NT_NONE;
	keep_orphan(m, orphan, nt_drop_link(&m->t, n->to));
}

static void step_rename(struct model *m)
{
	struct renaming r = { .exchange = rng_one_in(&m->rng, 4),
			      .noreplace = rng_one_in(&m->rng, 8) };
	struct ns_twin *tw = &m->t;
	struct fs_rename f;
	uint64_t orphan;
	struct rs_txn *t;
	int want;

	any_name(m, &r.from_dir, &r.from);
	any_name(m, &r.to_dir, &r.to);
	if (rng_one_in(&m->rng, 2))
		r.to = any_text(m);
	if (!tw->obj[r.from_dir].ino || !tw->obj[r.to_dir].ino)
		return;
	r.src = nt_find(tw, r.from_dir, r.from);
	r.dst = nt_find(tw, r.to_dir, r.to);
	want = r.exchange && r.noreplace ? -EINVAL : nt_may_rename(tw, &r);
	t = begin(m);
	f = (struct fs_rename){
		tw->obj[r.from_dir].ino,
		tw->obj[r.to_dir].ino,
		r.from,
		r.to,
		(r.exchange ? (unsigned)RENAME_EXCHANGE : 0) |
			(r.noreplace ? (unsigned)RENAME_NOREPLACE : 0),
		tw->now,
	};
	if (finish(m, t, fs_rename(t, &f, &orphan), want))
		keep_orphan(m, orphan, nt_rename(tw, &r));
}

static void step_setattr(struct model *m)
{
	uint32_t o = any_object(m);
	struct object *b = &m->t.obj[o];
	struct fs_inode in;
	struct rs_txn *t;

	if (b->ino == 0)
		return;
	t = begin(m);
	assert_int_equal(fs_inode_get(rs_txn_view(t), b->ino, &in), 0);
	in.attr.uid = (uint32_t)rng_any_size(&m->rng);
	in.attr.mtime_ns = (int64_t)rng_any_size(&m->rng);
	in.attr.ctime_ns = m->t.now;
	if (!finish(m, t, fs_inode_put(t, &in), 0))
		return;
	b->uid = in.attr.uid;
	b->mtime = in.attr.mtime_ns;
	b->ctime = m->t.now;
}

/* --- expiry --------------------------------------------------------------- */

static void step_expire(struct model *m)
{
	uint32_t o = any_object(m);
	struct object *b = &m->t.obj[o];
	struct fs_inode in;
	struct rs_txn *t;
	uint64_t ms;

	if (!b->nlink || nt_is_gone(&m->t, o))
		return;
	t = begin(m);
	ms = (uint64_t)m->t.now / NT_MS + rng_below(&m->rng, 200);
	ms = rng_one_in(&m->rng, 4) ? 0 : ms;
	assert_int_equal(fs_inode_get(rs_txn_view(t), b->ino, &in), 0);
	if (nt_is_dir(&m->t, o)) {
		assert_int_equal(fs_expire_set(t, &in, 0, ms), -EISDIR);
		rs_txn_abort(t);
		return;
	}
	assert_int_equal(fs_expire_set(t, &in, 0, ms), 0);
	if (finish(m, t, fs_inode_put(t, &in), 0))
		b->expires = ms;
}

/* A name of what has expired is taken away, in the twin. */
static uint32_t drop_name(struct model *m, struct name *n)
{
	nt_touch(&m->t, n->dir);
	n->dir = NT_NONE;
	return nt_drop_link(&m->t, n->to);
}

/* To make room for a new one. */
static void step_drop(struct model *m)
{
	const char *text;
	uint64_t orphan;
	struct rs_txn *t;
	struct name *n;
	uint32_t dir;
	int want;

	any_name(m, &dir, &text);
	if (!m->t.obj[dir].nlink || !nt_is_dir(&m->t, dir))
		return;
	t = begin(m);
	n = nt_find(&m->t, dir, text);
	want = n && nt_is_gone(&m->t, n->to) ? 0 : -ENOENT;
	if (finish(m, t,
		   fs_expire_name(t, m->t.obj[dir].ino, text, m->t.now,
				  &orphan),
		   want) &&
	    n)
		keep_orphan(m, orphan, drop_name(m, n));
}

/* The names that a sweep finds are those that the twin hides. */
static size_t drop_found(struct model *m, struct rs_txn *t,
			 const struct fs_stale *found, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t orphan = 0;

		assert_int_equal(fs_expire_name(t, found[i].parent,
						found[i].name, m->t.now,
						&orphan),
				 0);
		assert_int_equal(rs_txn_end(t), 0);
		for (size_t k = 0; k < NT_NAMES; k++) {
			struct name *nm = &m->t.name[k];

			if (nm->dir != NT_NONE &&
			    m->t.obj[nm->dir].ino == found[i].parent &&
			    strcmp(nm->text, found[i].name) == 0)
				reap(m, drop_name(m, nm));
		}
		assert_int_equal(rs_txn_begin(m->store, &t), 0);
	}
	assert_int_equal(rs_txn_end(t), 0);
	return n;
}

static void step_sweep(struct model *m)
{
	struct fs_stale found[3];
	size_t want = 0, got = 0, n = 0;
	struct rs_view *v;
	struct fs_sweep s;
	bool done = false;

	for (size_t k = 0; k < NT_NAMES; k++)
		want += m->t.name[k].dir != NT_NONE &&
			nt_is_gone(&m->t, m->t.name[k].to);
	assert_int_equal(rs_view_live(m->store, &v), 0);
	assert_int_equal(fs_sweep_begin(v, m->t.now, NULL, NULL, &s), 0);
	rs_view_put(v);
	while (!done) {
		struct rs_txn *t;

		assert_int_equal(rs_view_live(m->store, &v), 0);
		assert_int_equal(fs_sweep_next(v, &s, found, 3, &n, &done), 0);
		rs_view_put(v);
		assert_int_equal(rs_txn_begin(m->store, &t), 0);
		got += drop_found(m, t, found, n);
	}
	fs_sweep_finish(&s);
	assert_int_equal(got, want);
}

static void step(struct model *m)
{
	static void (*const steps[])(struct model *) = {
		step_make,   step_make,	  step_make,   step_link,
		step_remove, step_rename, step_rename, step_setattr,
		step_expire, step_expire, step_drop,
	};

	m->t.now += NT_MS;
	if (rng_one_in(&m->rng, 50))
		step_view(m);
	if (rng_one_in(&m->rng, 300))
		step_sweep(m);
	steps[rng_below(&m->rng, sizeof(steps) / sizeof(steps[0]))](m);
}

static void set_up(struct model *m)
{
	m->store = mem_store_new();
	m->orphan = NT_NONE;
	assert_int_equal(fs_format(m->store, 0, 0, 0), 0);
	nt_init(&m->t);
}

static void tear_down(struct model *m)
{
	for (unsigned i = 0; i < VIEWS; i++)
		check_old(&m->old[i]);
	mem_store_free(m->store);
	nt_finish(&m->t);
}

static void behaves_as_a_table_of_names(void **state)
{
	uint64_t steps = rng_steps(STEPS_DEFAULT);
	static struct model m;

	(void)state;
	rng_init(&m.rng, rng_seed());
	set_up(&m);
	for (uint64_t i = 0; i < steps; i++)
		step(&m);
	step_view(&m);
	tear_down(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaves_as_a_table_of_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
