/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - the closed list of errors as a table, and messages. */

#include "regionstore/base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct entry {
	int code;
	const char *name;
	const char *text;
};

#define ENTRY(name, text) { -(name), #name, text },

static const struct entry table[] = { ERR_LIST(ENTRY) };

static const struct entry unlisted = { 0, "unlisted", "an unlisted error" };

static const struct entry *find(int code)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == code)
			return &table[i];
	return &unlisted;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list args;

	if (!e)
		return code;
	e->code = code;
	va_start(args, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, args);
	va_end(args);
	return code;
}

bool err_is_listed(int code)
{
	return find(code) != &unlisted;
}

const char *err_name(int code)
{
	return find(code)->name;
}

const char *err_text(int code)
{
	return find(code)->text;
}
