/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - writing JSON (RFC 8259) to a stream, one call per value.
 *
 *	struct fs_json j = fs_json_to(stdout);
 *
 *	fs_json_open(&j, NULL, '{');
 *	fs_json_text(&j, "name", name);
 *	fs_json_number(&j, "size", size);
 *	fs_json_close(&j, '}');
 *	fs_json_end(&j);
 *
 * key is NULL inside an array and at the top. Numbers are written in full;
 * readers that keep them as doubles lose digits above 2^53.
 */
#ifndef FS_JSON_H
#define FS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct fs_json {
	FILE *to;
	unsigned depth;
	bool first; /* nothing was written at this depth yet */
};

struct fs_json fs_json_to(FILE *to);
void fs_json_open(struct fs_json *j, const char *key, char bracket);
void fs_json_close(struct fs_json *j, char bracket);
void fs_json_number(struct fs_json *j, const char *key, uint64_t value);
/* Bytes that are not UTF-8 become U+FFFD: JSON knows no others. */
void fs_json_text(struct fs_json *j, const char *key, const char *text);
void fs_json_end(struct fs_json *j); /* a newline */

#endif
