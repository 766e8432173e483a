/* SPDX-License-Identifier: Apache-2.0 */
/* oom.h - memory that runs out on demand.
 *
 * A test program linked with oom_link_args has its malloc, calloc, realloc and
 * reallocarray, and those of our libraries, counted. The n-th from oom_fail()
 * on returns NULL. What the test itself needs meanwhile it takes
 * between oom_hold() and oom_go_on(); they nest.
 *
 * In a program linked without, nothing is counted and nothing fails.
 */
#ifndef TESTS_SUPPORT_OOM_H
#define TESTS_SUPPORT_OOM_H

#include <stdbool.h>
#include <stdint.h>

/* The n-th allocation from now, and with always all after it. 0: none. */
void oom_fail(uint64_t n, bool always);
/* Since oom_fail(), while not held: */
uint64_t oom_hits(void);  /* allocations that failed */
uint64_t oom_calls(void); /* and all of them */

void oom_hold(void);
void oom_go_on(void);

#endif
