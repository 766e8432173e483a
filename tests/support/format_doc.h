/* SPDX-License-Identifier: Apache-2.0 */
/* format_doc.h - compare the tables of docs/format.md with structures.
 *
 * A table is a line that begins "`struct NAME`" and then rows
 * "| offset | size | field | ...". Each row of a structure whose name begins
 * with prefix must be a field with that place and size, and there must be as
 * many rows as fields.
 */
#ifndef TESTS_SUPPORT_FORMAT_DOC_H
#define TESTS_SUPPORT_FORMAT_DOC_H

#include "tests/support/test.h"

struct format_field {
	const char *type, *name;
	unsigned long off, size;
};

#define FORMAT_FIELD(type, field)                            \
	{                                                    \
#type, #field, offsetof(struct type, field), \
			sizeof(((struct type *)0)->field)    \
	}

void format_doc_compare(const char *prefix, const struct format_field *fields,
			size_t n_fields);

#endif
