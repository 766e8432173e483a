/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - see json.h. */
#include <inttypes.h>
#include <string.h>

#include "fs/json.h"

struct fs_json fs_json_to(FILE *to)
{
	return (struct fs_json){ .to = to, .first = true };
}

/* How many bytes at p are one character of UTF-8 (RFC 3629); 0: none. */
static size_t utf8_len(const unsigned char *p)
{
	static const struct {
		unsigned char lo, hi, next_lo, next_hi;
		size_t len;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i = 0, len;

	while (i < sizeof(forms) / sizeof(forms[0]) &&
	       (p[0] < forms[i].lo || p[0] > forms[i].hi))
		i++;
	if (i == sizeof(forms) / sizeof(forms[0]))
		return 0;
	len = forms[i].len;
	if (len > 1 && (p[1] < forms[i].next_lo || p[1] > forms[i].next_hi))
		return 0;
	for (size_t k = 2; k < len; k++)
		if (p[k] < 0x80 || p[k] > 0xbf)
			return 0;
	return len;
}

static void put_string(FILE *to, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	fputc('"', to);
	while (*p) {
		size_t len = utf8_len(p);

		if (len == 0)
			fputs("\\ufffd", to);
		else if (*p == '"' || *p == '\\')
			fprintf(to, "\\%c", *p);
		else if (*p < 0x20)
			fprintf(to, "\\u%04x", *p);
		else
			fwrite(p, 1, len, to);
		p += len ? len : 1;
	}
	fputc('"', to);
}

static void new_line(struct fs_json *j)
{
	fprintf(j->to, "\n%*s", (int)(2 * j->depth), "");
}

/* All that stands before a value. */
static void lead_in(struct fs_json *j, const char *key)
{
	if (!j->first)
		fputc(',', j->to);
	if (j->depth > 0)
		new_line(j);
	j->first = false;
	if (!key)
		return;
	put_string(j->to, key);
	fputs(": ", j->to);
}

void fs_json_open(struct fs_json *j, const char *key, char bracket)
{
	lead_in(j, key);
	fputc(bracket, j->to);
	j->depth++;
	j->first = true;
}

void fs_json_close(struct fs_json *j, char bracket)
{
	j->depth--;
	if (!j->first)
		new_line(j);
	fputc(bracket, j->to);
	j->first = false;
}

void fs_json_number(struct fs_json *j, const char *key, uint64_t value)
{
	lead_in(j, key);
	fprintf(j->to, "%" PRIu64, value);
}

void fs_json_text(struct fs_json *j, const char *key, const char *text)
{
	lead_in(j, key);
	put_string(j->to, text);
}

void fs_json_end(struct fs_json *j)
{
	fputc('\n', j->to);
}
