/* SPDX-License-Identifier: Apache-2.0 */
/* ns_ttl.c - times to live and instants, as users write them.
 *
 * A ttl is one number: how many, times eight, plus which unit. So it reads as
 * it was set: 15m is not 900.
 */
#include <ctype.h>
#include <stdio.h>
#include <time.h>

#include "fs/ns_entry.h"
#include "regionstore/base/ck.h"

#define MS_PER_SEC  1000u
#define NS_PER_MS   1000000
#define EXPIRES_MAX ((uint64_t)INT64_MAX / NS_PER_MS)
#define UNIT_BITS   3u
#define COUNT_MAX   (UINT64_MAX >> UNIT_BITS)

static const struct {
	char letter; /* 0: none */
	uint64_t seconds;
} units[] = {
	{ 0, 1 },      { 's', 1 },     { 'm', 60 },
	{ 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 },
};
#define N_UNITS (sizeof(units) / sizeof(units[0]))

/* Digits up to what is none; at least one. */
static int take_number(const char *text, size_t len, size_t *ret_used,
		       uint64_t *ret_n)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < len && isdigit((unsigned char)text[i]); i++) {
		if (!ck_mul(n, 10, &n) ||
		    !ck_add(n, (uint64_t)(text[i] - '0'), &n))
			return -ERANGE;
	}
	*ret_used = i;
	*ret_n = n;
	return i ? 0 : -EINVAL;
}

/* --- ttl ------------------------------------------------------------------ */

bool fs_ttl_is_one(uint64_t ttl)
{
	size_t unit = ttl & ((1u << UNIT_BITS) - 1);

	return unit < N_UNITS && ttl >> UNIT_BITS;
}

int fs_ttl_parse(const char *text, size_t len, uint64_t *ret_ttl)
{
	uint64_t n;
	size_t used, unit = 0;
	int err = take_number(text, len, &used, &n);

	if (err < 0)
		return err;
	if (used < len) {
		for (unit = 1; unit < N_UNITS; unit++)
			if (units[unit].letter == text[used])
				break;
		used++;
	}
	if (used < len || unit == N_UNITS || n == 0)
		return -EINVAL;
	if (n > COUNT_MAX)
		return -ERANGE;
	*ret_ttl = n << UNIT_BITS | unit;
	return 0;
}

void fs_ttl_format(uint64_t ttl, char text[FS_TTL_TEXT])
{
	size_t unit = ttl & ((1u << UNIT_BITS) - 1);
	char letter = unit < N_UNITS ? units[unit].letter : 0;

	snprintf(text, FS_TTL_TEXT, letter ? "%llu%c" : "%llu",
		 (unsigned long long)(ttl >> UNIT_BITS), letter);
}

int fs_ttl_expires(uint64_t ttl, int64_t now_ns, uint64_t *ret_expires_ms)
{
	/* Rounded up: at least so long. */
	uint64_t now_ms = now_ns < 0 ? 0 : (uint64_t)now_ns / NS_PER_MS + 1;
	uint64_t ms;

	if (!fs_ttl_is_one(ttl))
		return -EINVAL;
	if (!ck_mul(ttl >> UNIT_BITS,
		    units[ttl & ((1u << UNIT_BITS) - 1)].seconds * MS_PER_SEC,
		    &ms) ||
	    !ck_add(ms, now_ms, &ms) || ms > EXPIRES_MAX)
		return -ERANGE;
	*ret_expires_ms = ms;
	return 0;
}

/* --- instants ------------------------------------------------------------- */

/* Digits of width at *p, with the byte after them; both are passed. */
static bool take_field(const char **p, const char *end, unsigned width,
		       char after, int *ret_n)
{
	int n = 0;

	if ((size_t)(end - *p) < width + 1 || (*p)[width] != after)
		return false;
	for (unsigned i = 0; i < width; i++) {
		if (!isdigit((unsigned char)(*p)[i]))
			return false;
		n = n * 10 + (*p)[i] - '0';
	}
	*p += width + 1;
	*ret_n = n;
	return true;
}

/* "Z", or up to nine digits of a second, of which three count, and "Z". */
static bool take_fraction(const char *p, const char *end, unsigned *ret_ms)
{
	unsigned ms = 0, n = 0;

	for (; p < end && n < 9 && isdigit((unsigned char)*p); p++, n++)
		if (n < 3)
			ms = ms * 10 + (unsigned)(*p - '0');
	for (unsigned i = n; i < 3; i++)
		ms *= 10;
	*ret_ms = ms;
	return n && p + 1 == end && *p == 'Z';
}

/* No calendar field was changed by making it a time: the date is one. */
static bool same_date(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon &&
	       a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour &&
	       a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

static int parse_date(const char *p, const char *end, uint64_t *ret_ms)
{
	struct tm tm = { 0 }, back;
	unsigned ms = 0;
	time_t sec;

	if (!take_field(&p, end, 4, '-', &tm.tm_year) ||
	    !take_field(&p, end, 2, '-', &tm.tm_mon) ||
	    !take_field(&p, end, 2, 'T', &tm.tm_mday) ||
	    !take_field(&p, end, 2, ':', &tm.tm_hour) ||
	    !take_field(&p, end, 2, ':', &tm.tm_min))
		return -EINVAL;
	if (take_field(&p, end, 2, '.', &tm.tm_sec)) {
		if (!take_fraction(p, end, &ms))
			return -EINVAL;
	} else if (!take_field(&p, end, 2, 'Z', &tm.tm_sec) || p != end) {
		return -EINVAL;
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	back = tm;
	sec = timegm(&back);
	if (!same_date(&tm, &back))
		return -EINVAL;
	if (sec < 0)
		return -ERANGE;
	*ret_ms = (uint64_t)sec * MS_PER_SEC + ms;
	return 0;
}

static int parse_seconds(const char *text, size_t len, uint64_t *ret_ms)
{
	uint64_t n;
	size_t used;
	int err = take_number(text, len, &used, &n);

	if (err < 0)
		return err;
	if (used < len)
		return -EINVAL;
	return ck_mul(n, MS_PER_SEC, ret_ms) ? 0 : -ERANGE;
}

int fs_instant_parse(const char *text, size_t len, uint64_t *ret_ms)
{
	bool date = memchr(text, '-', len) != NULL;
	uint64_t ms;
	int err = date ? parse_date(text, text + len, &ms)
		       : parse_seconds(text, len, &ms);

	if (err < 0)
		return err;
	if (ms == 0 || ms > EXPIRES_MAX)
		return -ERANGE;
	*ret_ms = ms;
	return 0;
}

void fs_instant_format(uint64_t ms, char text[FS_INSTANT_TEXT])
{
	time_t sec = (time_t)(ms / MS_PER_SEC);
	struct tm tm;
	size_t n = 0;

	if (gmtime_r(&sec, &tm))
		n = strftime(text, FS_INSTANT_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, FS_INSTANT_TEXT - n, ".%03uZ",
		 (unsigned)(ms % MS_PER_SEC));
}
