/* SPDX-License-Identifier: Apache-2.0 */
/* ns_sweep.c - the names of what has expired.
 *
 * An object does not know its names. A record that leads back would cost each
 * file some 30 bytes, of which there may be millions, for the few that expire
 * one day. So names are searched: the index says which objects, and one pass
 * over all entries finds the names of all of them, whether it is one object
 * or 65,536. Nobody waits for it: what has expired is not seen in any case.
 */
#include <stdlib.h>

#include "fs/ns_entry.h"

#define NS_PER_MS 1000000
#define STRETCH	  16384u /* entries looked at on one view */

/* --- which ---------------------------------------------------------------- */

static int add(struct fs_sweep *s, size_t *cap, uint64_t ino, uint64_t links)
{
	if (s->n_inos == *cap) {
		size_t more = *cap ? 2 * *cap : 64;
		uint64_t *p = reallocarray(s->inos, more, sizeof(*p));

		if (!p)
			return -ENOMEM;
		s->inos = p;
		*cap = more;
	}
	s->inos[s->n_inos++] = ino;
	s->links += links;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* An index record; the caller knows that its time has come. */
static int take(const struct rs_view *v, uint64_t ino, struct fs_sweep *s,
		size_t *cap)
{
	struct fs_inode in;
	int err = fs_inode_get(v, ino, &in);

	if (err < 0)
		return err == -ENOENT ? -EUCLEAN : err;
	/* Without a name it is open, and goes when it is closed. */
	return in.attr.nlink ? add(s, cap, ino, in.attr.nlink) : 0;
}

static int collect(struct rs_cursor *c, uint64_t now_ms, fs_spare_fn *spare,
		   void *arg, struct fs_sweep *s)
{
	struct fs_key k = fs_key_expiry(0, 0);
	int err = rs_cursor_seek(c, k.b, k.len);
	size_t cap = 0;

	while (err == 0 && s->n_inos < FS_SWEEP_MAX) {
		uint64_t ino;

		if (c->key_len != FS_KEY_EXPIRY || c->key[0] != RS_KEY_EXPIRY ||
		    be64_get(c->key + 1) > now_ms)
			break;
		ino = be64_get(c->key + FS_KEY_HEAD);
		if (!spare || !spare(arg, ino))
			err = take(c->view, ino, s, &cap);
		if (err == 0)
			err = rs_cursor_next(c);
	}
	return err == -ENOENT ? 0 : err;
}

/* From the first entry on, for inos in order; or nothing at all. */
static int ready(struct fs_sweep *s, int err, struct fs_sweep *ret_sweep)
{
	struct fs_key first = fs_key_first(RS_KEY_ENTRY, 0);

	if (err < 0) {
		fs_sweep_finish(s);
		return err;
	}
	if (s->n_inos)
		qsort(s->inos, s->n_inos, sizeof(s->inos[0]), by_number);
	memcpy(s->at, first.b, first.len);
	s->at_len = first.len;
	*ret_sweep = *s;
	return 0;
}

int fs_sweep_begin(const struct rs_view *v, int64_t now_ns, fs_spare_fn *spare,
		   void *arg, struct fs_sweep *ret_sweep)
{
	struct fs_sweep s = { .n_inos = 0 };
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = collect(&c, now_ns < 0 ? 0 : (uint64_t)now_ns / NS_PER_MS, spare,
		      arg, &s);
	rs_cursor_finish(&c);
	return ready(&s, err, ret_sweep);
}

int fs_sweep_of(const struct rs_view *v, const uint64_t *inos, size_t n,
		struct fs_sweep *ret_sweep)
{
	struct fs_sweep s = { .n_inos = 0 };
	size_t cap = 0;
	int err = 0;

	for (size_t i = 0; err == 0 && i < n; i++) {
		err = take(v, inos[i], &s, &cap);
		if (err == -EUCLEAN) /* gone by now */
			err = 0;
	}
	return ready(&s, err, ret_sweep);
}

void fs_sweep_finish(struct fs_sweep *s)
{
	free(s->inos);
	*s = (struct fs_sweep){ 0 };
}

/* --- their names ---------------------------------------------------------- */

static bool is_one_of(const struct fs_sweep *s, const struct fs_target *target)
{
	return target->kind != RS_KIND_DIR && s->n_inos > 0 &&
	       bsearch(&target->ino, s->inos, s->n_inos, sizeof(s->inos[0]),
		       by_number);
}

/* True when the cursor's entry is a name looked for. */
static bool look(const struct fs_sweep *s, const struct rs_cursor *c,
		 struct fs_stale *ret_found)
{
	size_t len = c->key_len - FS_KEY_HEAD;
	struct fs_target target;

	/* What is damaged the check reports. */
	if (len > FS_NAME_MAX ||
	    fs_target_decode(c->val, c->val_len, &target) < 0 ||
	    !is_one_of(s, &target))
		return false;
	ret_found->parent = be64_get(c->key + 1);
	ret_found->ino = target.ino;
	memcpy(ret_found->name, c->key + FS_KEY_HEAD, len);
	ret_found->name[len] = '\0';
	return true;
}

/* Past the last key seen: names come and go between two stretches. */
static int resume(struct rs_cursor *c, const struct fs_sweep *s)
{
	int err = rs_cursor_seek(c, s->at, s->at_len);

	if (err == 0 && c->key_len == s->at_len &&
	    memcmp(c->key, s->at, s->at_len) == 0)
		err = rs_cursor_next(c);
	return err;
}

static int scan(struct rs_cursor *c, struct fs_sweep *s,
		struct fs_stale *ret_found, size_t cap, size_t *ret_n)
{
	int err = resume(c, s);

	for (size_t i = 0; err == 0 && i < STRETCH && *ret_n < cap; i++) {
		if (c->key_len < FS_KEY_HEAD || c->key[0] != RS_KEY_ENTRY)
			return -ENOENT;
		if (look(s, c, &ret_found[*ret_n]))
			++*ret_n;
		s->at_len = c->key_len;
		memcpy(s->at, c->key, c->key_len);
		err = rs_cursor_next(c);
	}
	return err;
}

int fs_sweep_next(const struct rs_view *v, struct fs_sweep *s,
		  struct fs_stale *ret_found, size_t cap, size_t *ret_n,
		  bool *ret_done)
{
	struct rs_cursor c;
	size_t n = 0;
	int err;

	rs_cursor_init(&c, v);
	err = scan(&c, s, ret_found, cap, &n);
	rs_cursor_finish(&c);
	if (err < 0 && err != -ENOENT)
		return err;
	s->links -= n < s->links ? n : s->links;
	*ret_n = n;
	*ret_done = err == -ENOENT || s->links == 0;
	return 0;
}
