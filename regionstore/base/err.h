/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - the errors there are, and a sentence about one.
 *
 * A function that can fail returns int: 0 or a negative errno out of the
 * closed list below. Each is already what the kernel shall say to the user, so
 * nothing is ever translated.
 *
 * Where a person will ask "why?" (opening a store, parsing a line, checking)
 * the last parameter is a struct err *. It may be NULL. It is memory of the
 * caller, so that telling why needs no allocation:
 *
 *	struct err e = { 0 };
 *
 *	if (rs_open(path, &store, &e))
 *		fprintf(stderr, "%s: %s\n", path, e.msg);
 *
 * and at the point of failure, in one line:
 *
 *	return err_set(e, -EUCLEAN, "superblock: table outside the file");
 */

#ifndef REGIONSTORE_BASE_ERR_H
#define REGIONSTORE_BASE_ERR_H

#include "regionstore/base/attr.h"

#include <errno.h>
#include <stdbool.h>

/* The closed list: X(name, what it means here). */
#define ERR_LIST(X)                                      \
	/* names */                                      \
	X(ENOENT, "no such name")                        \
	X(EEXIST, "the name is taken")                   \
	X(ENOTDIR, "not a directory")                    \
	X(EISDIR, "a directory")                         \
	X(ENOTEMPTY, "the directory is not empty")       \
	X(ENAMETOOLONG, "the name is too long")          \
	X(EMLINK, "too many links")                      \
	X(ESTALE, "the file has expired")                \
	X(EXDEV, "bitmaps and regions do not mix")       \
	X(EPERM, "never allowed on this file")           \
	X(EROFS, "snapshots and queries are read-only")  \
	/* what was asked */                             \
	X(EINVAL, "does not parse")                      \
	X(ERANGE, "the number is out of range")          \
	X(EOVERFLOW, "a member does not fit the format") \
	X(EOPNOTSUPP, "not offered here")                \
	X(ENODATA, "no such attribute")                  \
	X(ENXIO, "nothing there or after it")            \
	/* limits */                                     \
	X(ENOSPC, "no space on the host")                \
	X(EDQUOT, "the quota is used up")                \
	X(EFBIG, "the file would be too large")          \
	X(E2BIG, "a key or value is over the limit")     \
	X(ENOMEM, "out of memory, nothing was changed")  \
	X(EBUSY, "in use")                               \
	/* the store */                                  \
	X(EMEDIUMTYPE, "not a store")                    \
	X(EUCLEAN, "the structure on disk is wrong")     \
	X(EBADMSG, "the checksum is wrong")              \
	X(EIO, "the host failed to read or write")

/* Bytes of a message, its final NUL among them. */
#define ERR_MSG_SIZE 192

struct err {
	int code; /* 0 or a negative errno */
	char msg[ERR_MSG_SIZE];
};

/* Fill *e, if there is one, and return code. A longer message is cut. */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Is code, a negative errno, in the closed list? */
bool err_is_listed(int code);

/* "EUCLEAN" for -EUCLEAN; "unlisted" for what is not in the list. */
const char *err_name(int code);

/* What it means here, from the list. */
const char *err_text(int code);

#endif
