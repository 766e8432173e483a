/* SPDX-License-Identifier: Apache-2.0 */
/* le.h - integers as they lie on the disk.
 *
 * An integer on the disk is little-endian and at any address. It is a struct
 * of bytes here, so it has alignment 1, leaves no padding in the structs made
 * of it, and cannot be used as a number by mistake: forgetting to decode it is
 * a compile error. gcc and clang make one load or store of each call.
 *
 *	struct le64 on_disk = le64_put(17);
 *	uint64_t n = le64_get(on_disk);
 *
 * Keys of the trees are compared as strings of bytes, and only big-endian
 * numbers compare like that. be64_put() and be64_get() are for them.
 */

#ifndef REGIONSTORE_BASE_LE_H
#define REGIONSTORE_BASE_LE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

struct le16 {
	uint8_t b[2];
};

struct le32 {
	uint8_t b[4];
};

struct le64 {
	uint8_t b[8];
};

static inline uint16_t le16_get(struct le16 d)
{
	uint16_t raw;

	memcpy(&raw, d.b, sizeof(raw));
	return le16toh(raw);
}

static inline struct le16 le16_put(uint16_t v)
{
	uint16_t raw = htole16(v);
	struct le16 d;

	memcpy(d.b, &raw, sizeof(raw));
	return d;
}

static inline uint32_t le32_get(struct le32 d)
{
	uint32_t raw;

	memcpy(&raw, d.b, sizeof(raw));
	return le32toh(raw);
}

static inline struct le32 le32_put(uint32_t v)
{
	uint32_t raw = htole32(v);
	struct le32 d;

	memcpy(d.b, &raw, sizeof(raw));
	return d;
}

static inline uint64_t le64_get(struct le64 d)
{
	uint64_t raw;

	memcpy(&raw, d.b, sizeof(raw));
	return le64toh(raw);
}

static inline struct le64 le64_put(uint64_t v)
{
	uint64_t raw = htole64(v);
	struct le64 d;

	memcpy(d.b, &raw, sizeof(raw));
	return d;
}

/* The 8 bytes at p, the most significant first. */
static inline uint64_t be64_get(const uint8_t *p)
{
	uint64_t raw;

	memcpy(&raw, p, sizeof(raw));
	return be64toh(raw);
}

static inline void be64_put(uint8_t *p, uint64_t v)
{
	uint64_t raw = htobe64(v);

	memcpy(p, &raw, sizeof(raw));
}

#endif
