/* SPDX-License-Identifier: Apache-2.0 */
/* ns_ttl_test.c - tests fs/ns_ttl.c. */
#include <string.h>

#include "fs/ns.h"
#include "tests/support/test.h"

static int parse(const char *text, uint64_t *ret_ttl)
{
	return fs_ttl_parse(text, strlen(text), ret_ttl);
}

/* It reads as it was set, and lasts what it says. */
static void ttl_reads_as_set(void **state)
{
	static const struct {
		const char *text, *again;
		uint64_t seconds;
	} all[] = {
		{ "1", "1", 1 },	 { "90", "90", 90 },
		{ "90s", "90s", 90 },	 { "15m", "15m", 900 },
		{ "2h", "2h", 7200 },	 { "7d", "7d", 604800 },
		{ "3w", "3w", 1814400 }, { "007d", "7d", 604800 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char text[FS_TTL_TEXT];
		uint64_t ttl, ms;

		assert_int_equal(parse(all[i].text, &ttl), 0);
		fs_ttl_format(ttl, text);
		assert_string_equal(text, all[i].again);
		assert_int_equal(fs_ttl_expires(ttl, 4999999, &ms), 0);
		assert_int_equal(ms, 5 + all[i].seconds * 1000);
	}
}

static void ttl_refuses(void **state)
{
	static const char *const bad[] = {
		"",    "0",    "0s",  "s",  "-1", "+1",	 "1.5h", "1 h",	  " 1h",
		"1h ", "1h\n", "1hh", "1y", "1H", "1ms", "0x10", "1\xff", "h1",
	};
	uint64_t ttl;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i], &ttl), -EINVAL);
	assert_int_equal(fs_ttl_parse("1\0m", 3, &ttl), -EINVAL);
	assert_int_equal(parse("99999999999999999999", &ttl), -ERANGE);
	assert_int_equal(parse("9999999999999999999", &ttl), -ERANGE);
}

/* What is beyond the clock's end is refused and not cut. */
static void ttl_ends_within_time(void **state)
{
	uint64_t ttl, ms;

	(void)state;
	assert_int_equal(parse("9000000000", &ttl), 0);
	assert_int_equal(fs_ttl_expires(ttl, 0, &ms), 0);
	assert_int_equal(parse("9300000000", &ttl), 0);
	assert_int_equal(fs_ttl_expires(ttl, 0, &ms), -ERANGE);
	assert_int_equal(parse("2305843009213693951w", &ttl), 0);
	assert_int_equal(fs_ttl_expires(ttl, 0, &ms), -ERANGE);
	assert_int_equal(fs_ttl_expires(7, 0, &ms), -EINVAL);
	assert_int_equal(fs_ttl_expires(8, -1, &ms), 0);
	assert_int_equal(ms, 1000);
}

static int instant(const char *text, uint64_t *ret_ms)
{
	return fs_instant_parse(text, strlen(text), ret_ms);
}

static void instant_reads(void **state)
{
	static const struct {
		const char *text, *again;
		uint64_t ms;
	} all[] = {
		{ "1", "1970-01-01T00:00:01.000Z", 1000 },
		{ "1000000000", "2001-09-09T01:46:40.000Z", 1000000000000 },
		{ "2001-09-09T01:46:40Z", "2001-09-09T01:46:40.000Z",
		  1000000000000 },
		{ "2024-02-29T23:59:59.5Z", "2024-02-29T23:59:59.500Z",
		  1709251199500 },
		{ "2024-02-29T23:59:59.123999999Z", "2024-02-29T23:59:59.123Z",
		  1709251199123 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char text[FS_INSTANT_TEXT];
		uint64_t ms, back;

		assert_int_equal(instant(all[i].text, &ms), 0);
		assert_int_equal(ms, all[i].ms);
		fs_instant_format(ms, text);
		assert_string_equal(text, all[i].again);
		assert_int_equal(instant(text, &back), 0);
		assert_int_equal(back, ms);
	}
}

static void instant_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"now",
		"12s",
		"2024-02-30T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"2024-13-01T00:00:00Z",
		"2024-00-01T00:00:00Z",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",
		"2024-01-01T00:00:61Z",
		"2024-01-01T00:00:00",
		"2024-01-01T00:00:00+01:00",
		"2024-01-01T00:00:00.Z",
		"2024-01-01T00:00:00.1234567890Z",
		"2024-01-01T00:00:00Zz",
		"2024-1-1T00:00:00Z",
		"2024-01-01",
	};
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(instant(bad[i], &ms), -EINVAL);
	assert_int_equal(instant("0", &ms), -ERANGE);
	assert_int_equal(instant("1969-12-31T23:59:59Z", &ms), -ERANGE);
	assert_int_equal(instant("9999-01-01T00:00:00Z", &ms), -ERANGE);
	assert_int_equal(instant("18446744073709551615", &ms), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ttl_reads_as_set),
		cmocka_unit_test(ttl_refuses),
		cmocka_unit_test(ttl_ends_within_time),
		cmocka_unit_test(instant_reads),
		cmocka_unit_test(instant_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
