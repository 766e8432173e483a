/* SPDX-License-Identifier: Apache-2.0 */
/* ring_class.c - the idle class, unless it starves. */
#include "fs/ring_class.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "regionstore/base/auto.h"

/* For one turn. A client that goes to sleep lets it run after a few us; whoever
 * else is in the way as an equal, after some hundred or more. */
#define LONG_NS	 1000000u
#define SHORT_NS 50000u

static _Thread_local struct {
	bool idle;
	uint64_t look_ns; /* the clock's, when to look next */
	struct fs_ring_wait before;
} mine;

/* The number that comes next; *text moves behind it. */
static bool take_number(const char **text, uint64_t *ret_n)
{
	char *end;

	errno = 0;
	*ret_n = strtoull(*text, &end, 10);
	if (end == *text || errno)
		return false;
	*text = end;
	return true;
}

bool fs_ring_parse_wait(const char *text, struct fs_ring_wait *ret_wait)
{
	uint64_t ran;

	return take_number(&text, &ran) &&
	       take_number(&text, &ret_wait->waited_ns) &&
	       take_number(&text, &ret_wait->turns);
}

bool fs_ring_is_idle_enough(bool idle, struct fs_ring_wait before,
			    struct fs_ring_wait now)
{
	uint64_t turns = now.turns - before.turns;
	uint64_t each = turns ? (now.waited_ns - before.waited_ns) / turns : 0;

	return each < (idle ? LONG_NS : SHORT_NS);
}

/* The old one where the kernel does not say. */
static struct fs_ring_wait read_wait(void)
{
	AUTO_CLOSE int fd =
		open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	struct fs_ring_wait w;
	char text[100];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return mine.before;
	text[n] = '\0';
	return fs_ring_parse_wait(text, &w) ? w : mine.before;
}

/* More threads that want to run than CPUs, over the last minute. */
static bool is_crowded(void)
{
	double load;

	return getloadavg(&load, 1) != 1 ||
	       load > (double)sysconf(_SC_NPROCESSORS_ONLN);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void be(bool idle, struct fs_ring_wait now)
{
	const struct sched_param none = { 0 };

	if (idle != mine.idle &&
	    sched_setscheduler(0, idle ? SCHED_IDLE : SCHED_OTHER, &none) == 0)
		mine.idle = idle;
	mine.before = now;
	mine.look_ns =
		now_ns() + (mine.idle ? FS_RING_LOOK_NS : FS_RING_STAY_NS);
}

void fs_ring_class_begin(void)
{
	be(true, read_wait());
}

static void look(void)
{
	struct fs_ring_wait now = read_wait();
	bool free = fs_ring_is_idle_enough(mine.idle, mine.before, now);

	be(free && (mine.idle || !is_crowded()), now);
}

void fs_ring_class_look(void)
{
	if (now_ns() >= mine.look_ns)
		look();
}
