/* SPDX-License-Identifier: Apache-2.0 */
/* ns_key.h - the keys of the namespace's records. PRIVATE to fs/.
 *
 * A type byte, a big-endian number, and for some a name. All records of one
 * number and type lie together, in byte order of the names.
 */
#ifndef FS_NS_KEY_H
#define FS_NS_KEY_H

#include <stdbool.h>
#include <string.h>

#include "regionstore/base/le.h"
#include "regionstore/regionstore.h"

#define FS_KEY_HEAD   9u  /* type and number */
#define FS_KEY_EXPIRY 17u /* type, milliseconds, number */

struct fs_key {
	size_t len;
	uint8_t b[RS_KEY_MAX];
};

/* The smallest key of that type and number. */
static inline struct fs_key fs_key_first(enum rs_key_type type, uint64_t ino)
{
	struct fs_key k;

	k.b[0] = (uint8_t)type;
	be64_put(k.b + 1, ino);
	k.len = FS_KEY_HEAD;
	return k;
}

/* name was checked: at most 255 bytes. */
static inline struct fs_key fs_key_name(enum rs_key_type type, uint64_t ino,
					const char *name)
{
	struct fs_key k = fs_key_first(type, ino);
	size_t n = strlen(name);

	memcpy(k.b + FS_KEY_HEAD, name, n);
	k.len += n;
	return k;
}

static inline struct fs_key fs_key_expiry(uint64_t ms, uint64_t ino)
{
	struct fs_key k = fs_key_first(RS_KEY_EXPIRY, ms);

	be64_put(k.b + FS_KEY_HEAD, ino);
	k.len = FS_KEY_EXPIRY;
	return k;
}

/* Does the cursor stand on a record of that type and number? */
static inline bool fs_key_below(const struct rs_cursor *c,
				enum rs_key_type type, uint64_t ino)
{
	return c->key_len >= FS_KEY_HEAD && c->key[0] == (uint8_t)type &&
	       be64_get(c->key + 1) == ino;
}

#endif
