/* SPDX-License-Identifier: Apache-2.0 */
/* repair.c - one run of a repair, on the file or over it. */
#include "fs/repair.h"

#include <stdio.h>

#include "fs/cmd_open.h"
#include "fs/mend.h"
#include "fs/ns_entry.h"

struct run {
	struct fs_repair *how;
	struct bm_check *sets; /* of the tree that is walked */
};

static void tell(struct fs_repair *how, const char *text)
{
	how->said++;
	how->say(how->arg, text);
}

static void say(void *arg, const char *text)
{
	tell(((struct run *)arg)->how, text);
}

static void say_mended(void *arg, const char *text)
{
	tell(arg, text);
}

/* --- whose pages ---------------------------------------------------------- */

static void own_blob(struct rs_checker *ck, const uint8_t *blob, size_t len)
{
	struct rs_ptr ptr;

	if (fs_blob_ptr(blob, len, &ptr) == 0 && ptr.npages)
		rs_check_own(ck, &ptr);
}

static void own_symlink(struct rs_checker *ck, const struct rs_cursor *c)
{
	struct rs_object obj;

	if (c->key_len == FS_KEY_HEAD &&
	    rs_object_get(c->view, be64_get(c->key + 1), &obj) == 0 &&
	    obj.kind == RS_KIND_SYMLINK)
		own_blob(ck, obj.body, obj.body_len);
}

/* Findings of the check of sets are nobody's here: it knows their pages. */
static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct run *r = arg;
	int err = 0;

	if (!c) {
		err = r->sets ? bm_check_end(r->sets, ck) : 0;
		r->sets = NULL;
		return err;
	}
	if (!r->sets)
		err = bm_check_new(rs_view_store(c->view), &r->sets);
	if (err < 0)
		return err;
	if (c->key[0] == RS_KEY_OBJECT)
		own_symlink(ck, c);
	else if (c->key[0] == RS_KEY_XATTR)
		own_blob(ck, c->val, c->val_len);
	return bm_check_record(r->sets, ck, c);
}

/* --- all of it ------------------------------------------------------------ */

static void nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static int mend(struct rs_store *s, struct fs_repair *how, struct err *e)
{
	struct fs_mend m = { .s = s,
			     .say = say_mended,
			     .arg = how,
			     .now_ns = fs_cmd_now_ns(),
			     .keep_snapshots = how->keep_snapshots };
	struct rs_check_result result = { 0 };
	int err = fs_mend(&m);

	if (err < 0)
		return err_set(e, err, "cannot be mended: %s", err_text(err));
	err = fs_check_store(s, nothing, NULL, &result);
	if (err < 0)
		return err_set(e, err, "cannot be checked: %s", err_text(err));
	how->findings = result.findings;
	return 0;
}

/* io NULL: by its path. */
static int open_damaged(const char *path, struct rs_io *io, struct run *r,
			struct rs_store **ret_store, struct err *e)
{
	const struct rs_repair_how below = { .to = r->how->to,
					     .snap = r->how->snap,
					     .dry = r->how->dry,
					     .fn = own,
					     .say = say,
					     .arg = r };

	return io ? rs_repair_open_io(io, &below, ret_store, e)
		  : rs_repair_open(path, &below, ret_store, e);
}

static int run(const char *path, struct rs_io *io, struct fs_repair *how,
	       struct err *e)
{
	struct run r = { .how = how };
	struct rs_store *s;
	int err, end_err;

	how->said = how->findings = 0;
	err = open_damaged(path, io, &r, &s, e);
	bm_check_free(r.sets);
	how->opened = err >= 0;
	if (err < 0)
		return err;
	err = mend(s, how, e);
	end_err = rs_close(s);
	if (err == 0 && end_err < 0)
		err = err_set(e, end_err, "cannot be closed: %s",
			      err_text(end_err));
	return err;
}

int fs_repair(const char *path, struct fs_repair *how, struct err *e)
{
	return run(path, NULL, how, e);
}

int fs_repair_io(struct rs_io *io, struct fs_repair *how, struct err *e)
{
	return run(NULL, io, how, e);
}
