/* SPDX-License-Identifier: Apache-2.0 */
/* query_value.h - the answers of a query, as numbers, texts and views. No
 * FUSE, no table: what is remembered is the caller's business.
 *
 * Functions take v->expr over where they say so; v itself stays the caller's.
 */
#ifndef FS_QUERY_VALUE_H
#define FS_QUERY_VALUE_H

#include "fs/query.h"
#include "fs/query_table.h"

#define FS_ANSWER_TEXT 32u /* a number and a newline */

/* A face that is a number: count, min, max; and of the other kinds of query
 * rank and select. -ENOENT: there is no such member. Takes over for
 * FS_QUERY_SELECT. */
int fs_value_number(struct fs_query_value *v, const struct fs_query *q,
		    enum fs_face face, uint64_t *ret_number);
bool fs_face_is_number(const struct fs_query *q, enum fs_face face);

/* A stretch of a file in a format. */
struct fs_answer {
	struct bm_view *view; /* owned, with what is below it */
	struct bm_file *file;
	uint64_t off, size;
	bool whole; /* all members of view */
};
/* A face that is a file of members; takes over. */
int fs_value_members(struct fs_query_value *v, const struct fs_query *q,
		     enum fs_face face, struct fs_answer *ret_answer);
int fs_answer_read(const struct fs_answer *a, uint64_t off, char *buf,
		   size_t len, size_t *ret_len);
void fs_answer_finish(struct fs_answer *a); /* accepts a zeroed one */

/* The little table; the caller frees it. */
int fs_value_info(struct fs_query_value *v, const char *text, char **ret_text,
		  size_t *ret_len);

#endif
