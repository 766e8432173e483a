/* SPDX-License-Identifier: Apache-2.0 */
/* ns_twin.h - a naive tree of names.
 *
 * An array of objects and an array of names. What rename(2) and its relatives
 * say is worked out in the order of the manual pages. nt_text() describes
 * all of it in lines, and nt_text_of_view() describes a store likewise.
 */
#ifndef TESTS_SUPPORT_NS_TWIN_H
#define TESTS_SUPPORT_NS_TWIN_H

#include "fs/ns.h"

#define NT_OBJECTS 400000u
#define NT_NAMES   400u
#define NT_NONE	   UINT32_MAX

struct object {
	uint64_t ino; /* 0: gone */
	uint32_t mode, nlink, uid;
	uint32_t parent; /* of a directory: index */
	enum fs_realm realm;
	bool is_set;
	int64_t mtime, ctime;
	uint64_t expires; /* ms; 0: never */
};

struct name {
	uint32_t dir, to; /* indexes; dir NT_NONE: not in use */
	const char *text; /* one pointer for each text */
};

/* Objects 0, 1 and 2 are the root, bitmaps/ and regions/. */
struct ns_twin {
	struct object *obj;
	uint32_t n_obj;
	struct name name[NT_NAMES];
	int64_t now;
};
void nt_init(struct ns_twin *t);
void nt_finish(struct ns_twin *t);

#define NT_MS 1000000 /* in the twin's now, which counts ns */

/* Expired: its names are there, and do not count. */
bool nt_is_gone(const struct ns_twin *t, uint32_t o);
bool nt_is_dir(const struct ns_twin *t, uint32_t o);
struct name *nt_find(struct ns_twin *t, uint32_t dir, const char *text);
struct name *nt_free_name(struct ns_twin *t); /* or NULL */

/* What each call must say: 0 or a negative errno. */
int nt_may_add(struct ns_twin *t, uint32_t dir, const char *text);
int nt_may_link(struct ns_twin *t, uint32_t o, uint32_t dir, const char *text);
int nt_may_remove(struct ns_twin *t, uint32_t dir, const struct name *n,
		  bool want_dir);
struct renaming {
	uint32_t from_dir, to_dir;
	const char *from, *to;
	bool exchange, noreplace;
	struct name *src, *dst;
};
int nt_may_rename(struct ns_twin *t, const struct renaming *r);

/* Doing it. The last two return the index of what has no name now. */
void nt_touch(struct ns_twin *t, uint32_t dir);
void nt_add_name(struct ns_twin *t, uint32_t dir, const char *text,
		 uint32_t to);
uint32_t nt_add_object(struct ns_twin *t, uint64_t ino, uint32_t mode,
		       uint32_t parent, enum fs_realm realm);
uint32_t nt_drop_link(struct ns_twin *t, uint32_t o);
uint32_t nt_rename(struct ns_twin *t, struct renaming *r);

/* The caller frees them. */
char *nt_text(struct ns_twin *t);
char *nt_text_of_view(struct rs_view *v, int64_t now);

#endif
