/* SPDX-License-Identifier: Apache-2.0 */
/* syskey.h - keys of the system tree. PRIVATE. */
#ifndef RS_SYSKEY_H
#define RS_SYSKEY_H

#include "regionstore/format.h"

#include <endian.h>
#include <string.h>

#define RS_GROUP_KEY	5u  /* type, group32 */
#define RS_DEAD_KEY	13u /* type, death64, seq32 */
#define RS_LEAVE_KEY	9u  /* type, txid64 */
#define RS_SNAP_KEY_MAX (1u + RS_SNAP_NAME_MAX)

static inline void rs_be32_put(uint8_t *p, uint32_t v)
{
	uint32_t raw = htobe32(v);

	memcpy(p, &raw, sizeof(raw));
}

static inline uint32_t rs_be32_get(const uint8_t *p)
{
	uint32_t raw;

	memcpy(&raw, p, sizeof(raw));
	return be32toh(raw);
}

static inline void rs_group_key(uint32_t group, uint8_t key[RS_GROUP_KEY])
{
	key[0] = RS_SYS_GROUP;
	rs_be32_put(key + 1, group);
}

static inline void rs_leave_key(uint64_t txid, uint8_t key[RS_LEAVE_KEY])
{
	key[0] = RS_SYS_LEAVE;
	be64_put(key + 1, txid);
}

static inline void rs_dead_key(uint64_t death, uint32_t seq,
			       uint8_t key[RS_DEAD_KEY])
{
	key[0] = RS_SYS_DEAD;
	be64_put(key + 1, death);
	rs_be32_put(key + 9, seq);
}

/* The length of the key; the name has RS_SNAP_NAME_MAX bytes at most. */
static inline size_t rs_snap_key(const char *name, uint8_t key[RS_SNAP_KEY_MAX])
{
	size_t len = 1;

	key[0] = RS_SYS_SNAP;
	while (*name)
		key[len++] = (uint8_t)*name++;
	return len;
}

#endif
