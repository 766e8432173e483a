/* SPDX-License-Identifier: Apache-2.0 */
/* crowd.c - ten writers and ten readers on one set.
 *
 *	crowd SET SECONDS
 *
 * Writer w goes through steps. Step k is one write(2) that adds STEP members
 * of its own range and removes those of step k - WINDOW, so after step k the
 * writer's part of the set is exactly the members of its last WINDOW steps.
 * Before it writes it publishes k as begun, afterwards as done.
 *
 * A reader notes what was done before its open and what was begun after, reads
 * all, and demands of each writer's part that it is the state after one step k
 * with done <= k <= begun: whole, and neither too old nor too new. That is
 * what "an open file is a point-in-time view" and "a write is applied whole or
 * not at all" promise. The last reader runs when all writers have stopped.
 *
 * Exit code 0; 1 with a sentence about the first state that never existed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WRITERS 10
#define READERS 10
#define STEP	7u  /* members that a step adds */
#define WINDOW	50u /* steps until they are removed */
#define RANGE	UINT64_C(1000000000)

struct shared {
	_Atomic(uint64_t) begun[WRITERS], done[WRITERS];
	_Atomic(uint64_t) reads;
	_Atomic(bool) stop, failed;
};

static struct shared *all;
static const char *path;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt,
								...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	atomic_store(&all->failed, true);
	atomic_store(&all->stop, true);
	_exit(1);
}

static int open_set(int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

/* --- writers ------------------------------------------------------------- */

/* Steps count from 1; step k adds the members from this one on. */
static uint64_t first_of(unsigned w, uint64_t k)
{
	return w * RANGE + k * STEP;
}

static size_t step_text(unsigned w, uint64_t k, char *buf, size_t cap)
{
	uint64_t from = first_of(w, k);
	int n = 0;

	for (unsigned i = 0; i < STEP; i++)
		n += snprintf(buf + n, cap - (size_t)n, "%" PRIu64 "\n",
			      from + i);
	if (k > WINDOW) {
		uint64_t old = first_of(w, k - WINDOW);

		n += snprintf(buf + n, cap - (size_t)n,
			      "!%" PRIu64 "-%" PRIu64 "\n", old,
			      old + STEP - 1);
	}
	return (size_t)n;
}

/* Writers differ: 0, 3, ... open anew for each step, 1, 4, ... sync some. */
static void write_steps(unsigned w)
{
	int fd = open_set(O_WRONLY | O_APPEND);
	char buf[512];

	for (uint64_t k = 1; !atomic_load(&all->stop); k++) {
		size_t len = step_text(w, k, buf, sizeof(buf));

		atomic_store(&all->begun[w], k);
		if (write(fd, buf, len) != (ssize_t)len)
			die("writer %u: %s", w, strerror(errno));
		atomic_store(&all->done[w], k);
		if (w % 3 == 0) {
			close(fd);
			fd = open_set(O_WRONLY | O_APPEND);
		} else if (w % 3 == 1 && k % 16 == 0 && fdatasync(fd)) {
			die("writer %u: fdatasync: %s", w, strerror(errno));
		}
	}
	close(fd);
	_exit(0);
}

/* --- readers ------------------------------------------------------------- */

struct text {
	char *buf;
	size_t len, cap;
};

static void read_all(int fd, struct text *t)
{
	ssize_t n;

	t->len = 0;
	do {
		if (t->cap - t->len < 65536) {
			t->cap += 262144;
			t->buf = realloc(t->buf, t->cap);
			if (!t->buf)
				die("no memory");
		}
		n = read(fd, t->buf + t->len, 5000);
		if (n < 0)
			die("read: %s", strerror(errno));
		t->len += (size_t)n;
	} while (n > 0);
}

/* One member after the other; false at the end. */
static bool next_member(const struct text *t, size_t *at, uint64_t *ret)
{
	uint64_t v = 0;

	if (*at == t->len)
		return false;
	while (*at < t->len && t->buf[*at] != '\n')
		v = v * 10 + (uint64_t)(t->buf[(*at)++] - '0');
	if (*at == t->len)
		die("the text ends within a line");
	++*at;
	*ret = v;
	return true;
}

struct part {
	uint64_t first, last, n;
};

static void split(const struct text *t, struct part parts[WRITERS])
{
	uint64_t before = 0, v;
	size_t at = 0;

	while (next_member(t, &at, &v)) {
		struct part *p = &parts[v / RANGE % WRITERS];

		if (v / RANGE >= WRITERS || (before && v <= before))
			die("%" PRIu64 " after %" PRIu64, v, before);
		if (p->n++ == 0)
			p->first = v;
		p->last = before = v;
	}
}

static void judge(unsigned w, const struct part *p, uint64_t done,
		  uint64_t begun)
{
	uint64_t k = p->n ? (p->last - w * RANGE) / STEP : 0;
	uint64_t steps = k < WINDOW ? k : WINDOW;

	if (k < done || k > begun)
		die("writer %u: step %" PRIu64 " was read between %" PRIu64
		    " and %" PRIu64,
		    w, k, done, begun);
	if (p->n != steps * STEP ||
	    (p->n && p->first != first_of(w, k - steps + 1)))
		die("writer %u: a part of step %" PRIu64 " was read: %" PRIu64
		    " members from %" PRIu64,
		    w, k, p->n, p->first);
}

static void read_once(struct text *t)
{
	struct part parts[WRITERS] = { 0 };
	uint64_t done[WRITERS], begun[WRITERS];
	int fd;

	for (unsigned w = 0; w < WRITERS; w++)
		done[w] = atomic_load(&all->done[w]);
	fd = open_set(O_RDONLY);
	for (unsigned w = 0; w < WRITERS; w++)
		begun[w] = atomic_load(&all->begun[w]);
	read_all(fd, t);
	close(fd);
	split(t, parts);
	for (unsigned w = 0; w < WRITERS; w++)
		judge(w, &parts[w], done[w], begun[w]);
	atomic_fetch_add(&all->reads, 1);
}

static void read_steps(void)
{
	struct text t = { 0 };

	while (!atomic_load(&all->stop))
		read_once(&t);
	free(t.buf);
	_exit(0);
}

/* --- all ----------------------------------------------------------------- */

static void start_all(void)
{
	for (unsigned i = 0; i < WRITERS + READERS; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork: %s", strerror(errno));
		if (pid == 0 && i < WRITERS)
			write_steps(i);
		if (pid == 0)
			read_steps();
	}
}

static void report(void)
{
	uint64_t steps = 0;

	for (unsigned w = 0; w < WRITERS; w++)
		steps += atomic_load(&all->done[w]);
	printf("%" PRIu64 " steps, %" PRIu64 " reads, each a state that was\n",
	       steps, atomic_load(&all->reads));
}

int main(int argc, char **argv)
{
	struct text t = { 0 };

	if (argc != 3) {
		fprintf(stderr, "usage: crowd SET SECONDS\n");
		return 2;
	}
	path = argv[1];
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		return 1;
	start_all();
	for (long left = 10 * strtol(argv[2], NULL, 10);
	     left > 0 && !atomic_load(&all->stop); left--)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	atomic_store(&all->stop, true);
	while (wait(NULL) > 0)
		;
	if (atomic_load(&all->failed))
		return 1;
	read_once(&t);
	free(t.buf);
	report();
	return 0;
}
