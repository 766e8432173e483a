/* SPDX-License-Identifier: Apache-2.0 */
/* io_file_test.c - tests regionstore/io_file.c and regionstore/io_holder.c. */
#include "regionstore/io.h"

#include "regionstore/base/err.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u

struct fixture {
	char dir[32];
	char path[64];
	struct rs_io *io;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->dir, "/tmp/io_file_test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/store", f->dir);
	assert_int_equal(rs_io_file(f->path, RS_IO_CREATE, &f->io, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->io)
		f->io->ops->close(f->io);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void reads_what_was_written(void **state)
{
	struct fixture *f = *state;
	char buf[8] = "";
	uint64_t size;

	assert_int_equal(f->io->ops->resize(f->io, 10 * PAGE), 0);
	assert_int_equal(f->io->ops->write(f->io, 3 * PAGE, "hello", 6), 0);
	assert_int_equal(f->io->ops->sync(f->io), 0);
	assert_int_equal(f->io->ops->read(f->io, 3 * PAGE, buf, 6), 0);
	assert_string_equal(buf, "hello");
	assert_int_equal(f->io->ops->size(f->io, &size), 0);
	assert_int_equal(size, 10 * PAGE);
	/* Half of it lies behind the end. */
	assert_int_equal(f->io->ops->read(f->io, 10 * PAGE - 3, buf, 6), -EIO);
}

/* The mapping was made before the file was that long. */
static void the_mapping_shows_what_the_file_becomes(void **state)
{
	struct fixture *f = *state;
	const uint8_t *base, *again;
	uint64_t len;

	assert_int_equal(f->io->ops->resize(f->io, PAGE), 0);
	assert_int_equal(f->io->ops->map(f->io, &base, &len), 0);
	assert_true(len >= 1 << 28);
	assert_int_equal(f->io->ops->resize(f->io, 500 * PAGE), 0);
	assert_int_equal(f->io->ops->write(f->io, 499 * PAGE, "far", 3), 0);
	assert_memory_equal(base + 499 * PAGE, "far", 3);
	assert_int_equal(f->io->ops->map(f->io, &again, &len), 0);
	assert_ptr_equal(again, base);
}

/* Pages of the range that this process holds, as the host counts them. */
static unsigned resident(const uint8_t *at, unsigned npages)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	unsigned n = 0;

	assert_true(fd >= 0);
	for (unsigned i = 0; i < npages; i++) {
		uint64_t entry;
		off_t off = (off_t)((uintptr_t)at / PAGE + i) * 8;

		assert_int_equal(pread(fd, &entry, 8, off), 8);
		n += entry >> 63 ? 1 : 0;
	}
	close(fd);
	return n;
}

static void a_relaxed_mapping_holds_nothing_and_shows_all(void **state)
{
	struct fixture *f = *state;
	const uint8_t *base;
	uint64_t len;
	unsigned sum = 0;

	assert_int_equal(f->io->ops->resize(f->io, 64 * PAGE), 0);
	assert_int_equal(f->io->ops->write(f->io, 63 * PAGE, "far", 3), 0);
	assert_int_equal(f->io->ops->map(f->io, &base, &len), 0);
	for (unsigned i = 0; i < 64; i++)
		sum += base[i * PAGE];
	assert_int_equal(sum, 'f');
	assert_true(resident(base, 64) > 0);
	f->io->ops->relax(f->io);
	assert_int_equal(resident(base, 64), 0);
	assert_memory_equal(base + 63 * PAGE, "far", 3);
}

static uint64_t blocks(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

static void a_punched_range_is_zeros_without_blocks(void **state)
{
	struct fixture *f = *state;
	char buf[4];
	int err;

	assert_int_equal(f->io->ops->resize(f->io, 1000 * PAGE), 0);
	assert_int_equal(f->io->ops->allocate(f->io, 0, 500 * PAGE), 0);
	assert_int_equal(f->io->ops->write(f->io, 100 * PAGE, "data", 4), 0);
	assert_true(blocks(f->path) >= 500 * PAGE);
	err = f->io->ops->punch(f->io, 0, 500 * PAGE);
	if (err == -EOPNOTSUPP)
		skip();
	assert_int_equal(err, 0);
	assert_true(blocks(f->path) < 500 * PAGE);
	assert_int_equal(f->io->ops->read(f->io, 100 * PAGE, buf, 4), 0);
	assert_memory_equal(buf, "\0\0\0\0", 4);
}

static void a_file_is_made_once(void **state)
{
	struct fixture *f = *state;
	struct rs_io *io;
	struct err e = { 0 };

	assert_int_equal(rs_io_file(f->path, RS_IO_CREATE, &io, &e), -EEXIST);
}

/* io_holder.c: who has it? */
static void a_second_opening_names_the_first(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };
	struct rs_io *io;
	char want[40];
	int status;
	pid_t pid;

	assert_int_equal(rs_io_file(f->path, 0, &io, &e), -EBUSY);
	assert_string_equal(e.msg, "in use by this process");
	assert_int_equal(rs_io_file(f->path, RS_IO_READ_ONLY, &io, &e), -EBUSY);
	snprintf(want, sizeof(want), "in use by process %d", (int)getpid());
	pid = fork();
	if (pid == 0) {
		/* The child holds a copy; only its parent can be found then
		 * if the child closes its own. */
		close(3);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		if (rs_io_file(f->path, 0, &io, &e) != -EBUSY)
			_exit(2);
		_exit(strcmp(e.msg, want) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void readers_share(void **state)
{
	struct fixture *f = *state;
	struct rs_io *a, *b;

	f->io->ops->close(f->io);
	f->io = NULL;
	assert_int_equal(rs_io_file(f->path, RS_IO_READ_ONLY, &a, NULL), 0);
	assert_int_equal(rs_io_file(f->path, RS_IO_READ_ONLY, &b, NULL), 0);
	assert_int_equal(rs_io_file(f->path, 0, &f->io, NULL), -EBUSY);
	a->ops->close(a);
	b->ops->close(b);
}

static void only_a_regular_file_will_do(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };
	struct rs_io *io;

	assert_int_equal(rs_io_file(f->dir, RS_IO_READ_ONLY, &io, &e), -EISDIR);
	assert_int_equal(rs_io_file("/dev/null", 0, &io, &e), -EINVAL);
	assert_string_equal(e.msg, "not a regular file; a store is one");
	assert_int_equal(rs_io_file("/nowhere/store", 0, &io, &e), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(reads_what_was_written),
		TEST(the_mapping_shows_what_the_file_becomes),
		TEST(a_relaxed_mapping_holds_nothing_and_shows_all),
		TEST(a_punched_range_is_zeros_without_blocks),
		TEST(a_file_is_made_once),
		TEST(a_second_opening_names_the_first),
		TEST(readers_share),
		TEST(only_a_regular_file_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
