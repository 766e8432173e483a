/* SPDX-License-Identifier: Apache-2.0 */
/* damage.c - a note that each thread keeps of the damage it met last.
 *
 * An error is a number, and the functions that read are called too often to
 * carry a sentence. Damage is rare: whoever finds it writes down where, the
 * layers above add what it means to them, and whoever answers the user takes
 * the note. One that nobody takes is overwritten by the next.
 */
#include "regionstore/damage.h"

#include "regionstore/layout.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct {
	uint64_t pgno;
	char text[RS_DAMAGE_TEXT];
} note;

void rs_damage_pages(uint64_t pgno, uint64_t npages)
{
	note.pgno = pgno;
	snprintf(note.text, sizeof(note.text),
		 "page %" PRIu64 "%s at byte %" PRIu64 " of the store", pgno,
		 npages > 1 ? " and on," : "", rs_bytes(pgno));
}

uint64_t rs_damage_pgno(void)
{
	return note.text[0] ? note.pgno : 0;
}

void rs_damage_add(const char *fmt, ...)
{
	size_t at = strlen(note.text);
	va_list args;

	if (at > 0)
		at += (size_t)snprintf(note.text + at, sizeof(note.text) - at,
				       ", ");
	if (at >= sizeof(note.text))
		return;
	va_start(args, fmt);
	vsnprintf(note.text + at, sizeof(note.text) - at, fmt, args);
	va_end(args);
}

bool rs_damage_take(char text[RS_DAMAGE_TEXT])
{
	bool any = note.text[0] != '\0';

	memcpy(text, note.text, sizeof(note.text));
	note.text[0] = '\0';
	return any;
}
