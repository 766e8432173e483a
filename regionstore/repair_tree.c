/* SPDX-License-Identifier: Apache-2.0 */
/* repair_tree.c - is a tree whole, and what is left of one that is not.
 *
 * The walk of the checker goes on where it can, so it finds every record whose
 * leaf and all branches above can be read. A tree that is not whole is built
 * anew of these; payloads stay where they are. What was below a node that
 * cannot be read is told by the keys around it.
 */
#include "regionstore/repair.h"

#include <inttypes.h>
#include <stdio.h>

#define KEY_TEXT 80

/* --- judging -------------------------------------------------------------- */

static void count_finding(void *arg, const char *text)
{
	uint64_t *n = arg;

	(void)text;
	(*n)++;
}

int rs_repair_judge(struct rs_repair *r, const struct rs_root *root,
		    uint64_t *ret_findings)
{
	uint64_t n = 0;
	const struct rs_tree_walk walk = { .arg = &n,
					   .finding = count_finding };
	int err = rs_tree_walk(&r->s->data_env, root, &walk);

	if (!err)
		*ret_findings = n;
	return err;
}

/* --- rebuilding ----------------------------------------------------------- */

struct rebuild {
	struct rs_repair *r;
	struct rs_edit edit;
	uint64_t kept;
};

static int keep(void *arg, const struct rs_cursor *c)
{
	struct rebuild *rb = arg;
	int err = rs_tree_put(&rb->edit, c->key, c->key_len, c->val, c->val_len,
			      c->weight);

	rb->kept += !err;
	/* A record over the limits is no record. */
	return err == -E2BIG || err == -EFBIG ? 0 : err;
}

static void finding(void *arg, const char *text)
{
	struct rebuild *rb = arg;

	rs_repair_say(rb->r, "%s", text);
}

/* What a key is about, for people. */
static void key_text(const uint8_t *key, unsigned len, char text[KEY_TEXT])
{
	static const struct {
		uint8_t type;
		const char *what;
	} types[] = {
		{ RS_KEY_OBJECT, "inode" },
		{ RS_KEY_ENTRY, "names in directory inode" },
		{ RS_KEY_XATTR, "attributes of inode" },
		{ RS_KEY_ORPHAN, "orphan" },
		{ RS_KEY_CHUNK, "content of inode" },
		{ RS_KEY_SEGMENT, "members of set" },
	};
	uint8_t number[8] = { 0 };

	snprintf(text, KEY_TEXT, "other records");
	if (len > 1)
		memcpy(number, key + 1, len < 9 ? len - 1 : 8);
	for (size_t i = 0; len && i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == key[0])
			snprintf(text, KEY_TEXT, "%s %" PRIu64, types[i].what,
				 be64_get(number));
}

static void lost(void *arg, const struct rs_tree_lost *l)
{
	const struct rebuild *rb = arg;
	char from[KEY_TEXT] = "the first record", to[KEY_TEXT] = "the last";

	if (l->low_len)
		key_text(l->low, l->low_len, from);
	if (l->high_len)
		key_text(l->high, l->high_len, to);
	rs_repair_say(rb->r,
		      "%" PRIu64 " records cannot be read: from %s to %s",
		      l->sum.count, from, to);
}

int rs_repair_rebuild(struct rs_repair *r, const struct rs_root *root,
		      struct rs_root *ret_root)
{
	const struct rs_root none = { .mem = NULL };
	struct rebuild rb = { .r = r };
	const struct rs_tree_walk walk = {
		.arg = &rb, .record = keep, .lost = lost, .finding = finding
	};
	int err;

	rs_edit_init(&rb.edit, &r->s->data_env, &none, r->newest + 1,
		     ++r->s->next_edit);
	err = rs_tree_walk(&r->s->data_env, root, &walk);
	if (!err)
		rs_root_ref(ret_root, &rb.edit.root);
	rs_edit_finish(&rb.edit);
	return err;
}
