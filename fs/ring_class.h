/* SPDX-License-Identifier: Apache-2.0 */
/* ring_class.h - in which class of the scheduler a thread serves the ring of a
 * CPU.
 *
 * In the idle class, by itself: a CPU that only runs such a thread counts as
 * free, so the client that a reply wakes stays where it is, instead of being
 * moved to a CPU that sleeps. That is worth a factor of five per request.
 *
 * But whoever else wants the CPU goes first. Where autogroups, or groups of a
 * supervisor, keep us apart from other work that is only a matter of words; in
 * one group with as many busy programs as there are CPUs a request waits for
 * tenths of a second. So the thread looks, at the first request after
 * FS_RING_LOOK_NS, how long it waits for its CPU, and if that is long serves
 * as everybody else, until it hardly waits any more and the machine has no more
 * to do than it has CPUs.
 *
 * Who may not come back from the idle class (neither root nor RLIMIT_NICE, see
 * sched(7)) stays in it.
 *
 * Threads: each has its own class.
 */
#ifndef FS_RING_CLASS_H
#define FS_RING_CLASS_H

#include <stdbool.h>
#include <stdint.h>

#define FS_RING_LOOK_NS ((uint64_t)20 * 1000 * 1000)
/* As everybody else, at least. */
#define FS_RING_STAY_NS ((uint64_t)2 * 1000 * 1000 * 1000)

/* Of a thread since it began, as in /proc/PID/schedstat. */
struct fs_ring_wait {
	uint64_t waited_ns; /* for a CPU, when it could have run */
	uint64_t turns;	    /* how often it got one */
};

/* False when text is not what the kernel prints. */
bool fs_ring_parse_wait(const char *text, struct fs_ring_wait *ret_wait);
/* Did it wait so little for each turn in between that the idle class will do?
 * For one that is in it that is more than for one that is not. */
bool fs_ring_is_idle_enough(bool idle, struct fs_ring_wait before,
			    struct fs_ring_wait now);

/* The calling thread serves a ring from now on. */
void fs_ring_class_begin(void);
/* It has got a request. */
void fs_ring_class_look(void);

#endif
