/* SPDX-License-Identifier: Apache-2.0 */
/* checkup_test.c - tests fs/checkup.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/fs/fs_fixture.h"

static int ask(struct fs *fs, const char *text)
{
	return fs_checkup_ask(&fs->checkup, text, strlen(text));
}

/* What the file says; until the next call. */
static const char *says(struct fs *fs)
{
	static char text[8192];
	char *got;
	size_t len;

	assert_int_equal(fs_checkup_text(&fs->checkup, &got, &len), 0);
	assert_true(len < sizeof(text));
	memcpy(text, got, len);
	text[len] = '\0';
	free(got);
	return text;
}

/* As a user waits for it. */
static const char *wait_end(struct fs *fs)
{
	while (strstr(says(fs), "running"))
		usleep(1000);
	return says(fs);
}

static void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in '%s'", part, text);
}

static void says_that_none_was_run(void **state)
{
	expect(says(*state), "state        not run; to begin");
}

static void a_sound_store_is_said_to_be(void **state)
{
	fsf_set(*state, "s");
	assert_int_equal(ask(*state, "\n"), 0);
	expect(wait_end(*state), "state        sound\n");
	expect(says(*state), "read         everything\n");
	expect(says(*state), "findings     0\n");
	assert_int_equal(ask(*state, "fast\n"), 0);
	expect(wait_end(*state), "state        sound\n");
	expect(says(*state), "read         metadata\n");
}

/* Findings are in the text and, with the path apart, in the log. */
static void findings_are_shown_and_logged(void **state)
{
	struct fs *fs = *state;
	uint64_t ino = fsf_make(fs, FS_INO_REGIONS, "f", S_IFREG | 0644);
	struct fs_change c;
	char *log;

	assert_int_equal(fs_change_begin(fs, ino, &c), 0);
	c.in.obj.body[8] = 77; /* bytes stored, where there are none */
	assert_int_equal(fs_change_end(&c, 0), 0);
	assert_int_equal(ask(fs, ""), 0);
	expect(wait_end(fs), "state        DAMAGED\n");
	expect(says(fs), "'regions/f': region");
	log = fsf_errors(fs);
	expect(log, "'/regions/f' region");
	free(log);
}

static void other_words_are_refused(void **state)
{
	assert_int_equal(ask(*state, "please\n"), -EINVAL);
	expect(says(*state), "not run");
}

/* --- one that runs -------------------------------------------------------- */

static _Atomic bool may_go;

/* Called by the commit that a check begins with. */
static int hold(void *arg, bool whole)
{
	(void)arg, (void)whole;
	while (!may_go)
		usleep(1000);
	return 0;
}

static void one_at_a_time(void **state)
{
	struct fs *fs = *state;

	may_go = false;
	rs_set_hooks(fs->store,
		     &(struct rs_hooks){ .settle = hold, .arg = NULL });
	assert_int_equal(ask(fs, ""), 0);
	assert_int_equal(ask(fs, ""), -EBUSY);
	expect(says(fs), "state        running: ");
	assert_int_equal(ask(fs, "stop"), 0);
	may_go = true;
	expect(wait_end(fs), "state        stopped");
	rs_set_hooks(fs->store, NULL);
	assert_int_equal(ask(fs, ""), 0);
	expect(wait_end(fs), "state        sound");
}

/* What runs when the store is to be closed is stopped, not waited for. */
static void the_end_stops_it(void **state)
{
	assert_int_equal(ask(*state, ""), 0);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fsf_setup, fsf_teardown)
	const struct CMUnitTest tests[] = {
		TEST(says_that_none_was_run),
		TEST(a_sound_store_is_said_to_be),
		TEST(findings_are_shown_and_logged),
		TEST(other_words_are_refused),
		TEST(one_at_a_time),
		TEST(the_end_stops_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
