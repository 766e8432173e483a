/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.c - the records of a file whose trees lead nowhere.
 *
 * A node says what it is, where it is and which commit wrote it. So the leaves
 * of the data tree are found by looking at every page, without any root. They
 * are put together oldest first: a younger leaf says all there is between its
 * first and its last key, so what an older one had there is forgotten, be it
 * changed or removed. What was removed together with its whole leaf may come
 * back. What the log holds has its place between them (salvage_log.c).
 *
 * A leaf has no checksum of itself; branches that are left have it, and one
 * that differs from what its branch says is not used. For the others every
 * offset and length is checked, and payloads have checksums of their own.
 */
#include "regionstore/salvage.h"
#include "regionstore/recover.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/hash.h"
#include "regionstore/image.h"
#include "regionstore/io_overlay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A leaf, or what a branch says of one. */
struct leaf {
	uint64_t pgno, birth, csum;
};

struct leaves {
	struct leaf *v;
	size_t n, cap;
};

struct salvage {
	rs_report_fn *say;
	void *arg;
	struct rs_store *s;
	struct leaves found, told;
	struct rs_salvage_log log;
	uint64_t damaged, used;
};

static int add(struct leaves *l, const struct leaf *x)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 256;
		struct leaf *v = realloc(l->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = *x;
	return 0;
}

/* --- looking at pages ----------------------------------------------------- */

static int note_children(struct salvage *sv, const struct rs_image *im)
{
	int err = 0;

	for (unsigned i = 0; !err && i < im->count; i++) {
		struct rs_child child;
		struct leaf x;

		if (rs_image_child(im, i, &child))
			continue;
		x = (struct leaf){ .pgno = child.ptr.pgno,
				   .birth = child.ptr.birth,
				   .csum = child.ptr.csum };
		err = add(&sv->told, &x);
	}
	return err;
}

static int look_at(struct salvage *sv, uint64_t pgno)
{
	const uint8_t *page = sv->s->map.base + rs_bytes(pgno);
	const struct rs_disk_node *h = (const struct rs_disk_node *)page;
	struct leaf x = { .pgno = pgno };
	struct rs_image im;
	const char *why;

	if (le16_get(h->magic) != RS_NODE_MAGIC || le64_get(h->pgno) != pgno ||
	    rs_image_open(&im, page, sv->s->data_env.tree_id) ||
	    rs_image_check(&im, &why))
		return 0;
	if (im.level > 0)
		return im.level == 1 ? note_children(sv, &im) : 0;
	if (im.count == 0)
		return 0;
	x.birth = le64_get(h->birth);
	x.csum = hash64(page, RS_PAGE_SIZE, pgno);
	return add(&sv->found, &x);
}

static int by_place(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	if (x->pgno != y->pgno)
		return x->pgno < y->pgno ? -1 : 1;
	return x->birth < y->birth ? -1 : x->birth > y->birth;
}

static int by_birth(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	if (x->birth != y->birth)
		return x->birth < y->birth ? -1 : 1;
	return x->pgno < y->pgno ? -1 : x->pgno > y->pgno;
}

static int scan(struct salvage *sv)
{
	uint64_t pages = rs_file_pages(sv->s);
	int err = 0;

	for (uint64_t p = RS_GROUP_FIRST; !err && p < pages; p++)
		if (rs_is_payload(p, 1, pages))
			err = look_at(sv, p);
	if (sv->found.n)
		qsort(sv->found.v, sv->found.n, sizeof(struct leaf), by_birth);
	if (sv->told.n)
		qsort(sv->told.v, sv->told.n, sizeof(struct leaf), by_place);
	return err;
}

/* Does a branch know that leaf, with another checksum? */
static bool is_denied(const struct salvage *sv, const struct leaf *x)
{
	const struct leaf *t = sv->told.n ? bsearch(x, sv->told.v, sv->told.n,
						    sizeof(*x), by_place)
					  : NULL;

	return t && t->csum != x->csum;
}

/* --- putting leaves together ---------------------------------------------- */

/* Forget all records from the first key of a leaf to its last. */
static int clear_range(struct rs_edit *ed, const struct rs_image *im)
{
	uint8_t first[RS_KEY_MAX], last[RS_KEY_MAX];
	unsigned first_len, last_len;
	int err = rs_image_key(im, 0, first, &first_len);

	if (!err)
		err = rs_image_key(im, im->count - 1, last, &last_len);
	while (!err) {
		struct rs_cursor c = { 0 };
		uint8_t key[RS_KEY_MAX];
		size_t len = 0;

		err = rs_tree_seek(ed->env, &ed->root, &c, first, first_len);
		if (!err) {
			len = c.key_len;
			memcpy(key, c.key, len);
		}
		rs_tree_release(&c);
		if (err)
			break;
		if (memcmp(key, last, len < last_len ? len : last_len) > 0 ||
		    (len > last_len && memcmp(key, last, last_len) == 0))
			return 0;
		err = rs_tree_del(ed, key, len);
	}
	return err == -ENOENT ? 0 : err;
}

static int put_leaf(struct rs_edit *ed, const struct rs_image *im)
{
	int err = clear_range(ed, im);

	for (unsigned i = 0; !err && i < im->count; i++) {
		uint8_t key[RS_KEY_MAX];
		struct rs_entry en;
		unsigned len;

		err = rs_image_entry(im, i, &en);
		if (!err)
			err = rs_image_key(im, i, key, &len);
		if (!err)
			err = rs_tree_put(ed, key, len, en.val, en.val_len,
					  en.weight);
		if (err == -E2BIG || err == -EFBIG)
			err = 0;
	}
	return err;
}

static int take_leaf(struct salvage *sv, struct rs_edit *ed,
		     const struct leaf *x)
{
	struct rs_store *s = sv->s;
	struct rs_image im;
	int err;

	if (is_denied(sv, x)) {
		sv->damaged++;
		return 0;
	}
	sv->used++;
	err = rs_image_open(&im, s->map.base + rs_bytes(x->pgno),
			    s->data_env.tree_id);
	return err ? err : put_leaf(ed, &im);
}

static int build(struct salvage *sv, struct rs_root *ret_root)
{
	const struct rs_root none = { .mem = NULL };
	struct rs_store *s = sv->s;
	struct rs_edit ed;
	int err = 0;

	rs_edit_init(&ed, &s->data_env, &none, 1, ++s->next_edit);
	for (size_t i = 0; !err && i < sv->found.n; i++) {
		const struct leaf *x = &sv->found.v[i];

		err = rs_salvage_log_until(&sv->log, &ed, x->birth);
		if (!err)
			err = take_leaf(sv, &ed, x);
	}
	sv->log.is_newest = true;
	if (!err)
		err = rs_salvage_log_until(&sv->log, &ed, UINT64_MAX);
	if (!err)
		rs_root_ref(ret_root, &ed.root);
	rs_edit_finish(&ed);
	return err;
}

/* --- all of it ------------------------------------------------------------ */

static void tell(const struct salvage *sv, uint64_t records)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "%" PRIu64 " leaves found, old and new, with %" PRIu64
		 " records",
		 sv->used, records);
	sv->say(sv->arg, text);
	rs_salvage_log_tell(&sv->log, sv->say, sv->arg);
	if (!sv->damaged)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " leaves are damaged",
		 sv->damaged);
	sv->say(sv->arg, text);
}

/* In a store of a newer version pages may mean something else than they look
 * like. Whoever of the four is left can say so. */
static int refuse_newer(struct rs_store *s, struct err *e)
{
	struct rs_header h = { 0 };
	struct rs_disk_super d;
	struct err why = { 0 };
	struct rs_super su;
	const uint8_t *page = s->map.base + rs_bytes(RS_SLOT_HEADER);
	int err = rs_header_decode(page, &h, &why);

	for (uint64_t i = RS_SLOT_SUPER;
	     err != -EOPNOTSUPP && i <= RS_SLOT_STEADY; i++) {
		page = s->map.base + rs_bytes(i);
		memcpy(&d, page, sizeof(d));
		memcpy(h.uuid, d.uuid, sizeof(h.uuid));
		err = rs_super_decode(page, &h, i, &su, &why);
	}
	return err == -EOPNOTSUPP ? err_set(e, err, "%.180s", why.msg) : 0;
}

static int init(struct rs_store *s, void *arg, struct err *e)
{
	struct salvage *sv = arg;
	struct rs_root root = { 0 };
	uint64_t size;
	int err = s->io->ops->size(s->io, &size);

	sv->s = s;
	if (err)
		return err_set(e, err, "cannot be examined");
	if (size < rs_bytes(RS_FILE_PAGES_MIN))
		return err_set(e, -EUCLEAN, "too short: nothing is in it");
	err = rs_recover_map(s, size, e);
	if (!err)
		err = refuse_newer(s, e);
	if (err)
		return err;
	err = scan(sv);
	if (!err)
		err = rs_salvage_log_scan(&sv->log, s);
	if (!err)
		err = build(sv, &root);
	if (err)
		return err_set(e, err, "cannot be searched: %s", err_text(err));
	s->live = root;
	s->open_txid = 1;
	s->log.n_lost = sv->log.damaged + sv->log.lost;
	if (root.sum.count == 0)
		return err_set(e, -EUCLEAN,
			       "there is nothing of a store in it");
	tell(sv, root.sum.count);
	return 0;
}

uint64_t rs_salvage_lost(const struct rs_store *s)
{
	return s->log.n_lost;
}

int rs_salvage_open_io(struct rs_io *io, rs_report_fn *say, void *arg,
		       struct rs_store **ret_store, struct err *e)
{
	const struct rs_open_opts opts = { .read_only = true };
	struct salvage sv = { .say = say, .arg = arg };
	const struct rs_opener opener = { .init = init, .arg = &sv };
	int err = rs_open_with(io, &opts, &opener, ret_store, e);

	free(sv.found.v);
	free(sv.told.v);
	rs_salvage_log_finish(&sv.log);
	return err;
}

int rs_salvage_open(const char *path, rs_report_fn *say, void *arg,
		    struct rs_store **ret_store, struct err *e)
{
	struct rs_io *io;
	int err = rs_io_overlay(path, &io, e);

	if (err == -ENOMEM) /* too large for it */
		err = rs_io_file(path, RS_IO_READ_ONLY, &io, e);
	if (err)
		return err;
	err = rs_salvage_open_io(io, say, arg, ret_store, e);
	if (err)
		io->ops->close(io);
	return err;
}
