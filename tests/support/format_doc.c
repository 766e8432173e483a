/* SPDX-License-Identifier: Apache-2.0 */
/* format_doc.c - the rows of the document against the compiler's word. */
#include "tests/support/format_doc.h"

#include <stdio.h>
#include <string.h>

static void check_row(const char *type, const struct format_field *row,
		      const struct format_field *fields, size_t n_fields)
{
	for (size_t i = 0; i < n_fields; i++)
		if (strcmp(fields[i].type, type) == 0 &&
		    strcmp(fields[i].name, row->name) == 0 &&
		    fields[i].off == row->off && fields[i].size == row->size)
			return;
	fail_msg("format.md: %s.%s at %lu, %lu bytes: not so", type, row->name,
		 row->off, row->size);
}

void format_doc_compare(const char *prefix, const struct format_field *fields,
			size_t n_fields)
{
	FILE *doc = fopen(FORMAT_MD, "r");
	char line[512], type[64] = "", name[64];
	size_t rows = 0;

	assert_non_null(doc);
	while (fgets(line, sizeof(line), doc)) {
		struct format_field row = { .name = name };

		if (sscanf(line, "`struct %63[a-z0-9_]`", type) == 1 ||
		    strncmp(type, prefix, strlen(prefix)) != 0 ||
		    sscanf(line, "| %lu | %lu | %63[a-z0-9_] |", &row.off,
			   &row.size, name) != 3)
			continue;
		check_row(type, &row, fields, n_fields);
		rows++;
	}
	fclose(doc);
	assert_int_equal(rows, n_fields);
}
