/* SPDX-License-Identifier: Apache-2.0 */
/* still_clock.c - a clock that stands still, for a program linked with
 * still_link_args.
 *
 * A superblock holds the time of its commit. When that is always the same, two
 * runs that do the same leave the same bytes, and what was judged once needs
 * not be judged again (crash_seen.h).
 */
#include <time.h>

int __wrap_clock_gettime(clockid_t id, struct timespec *ret_ts);

int __wrap_clock_gettime(clockid_t id, struct timespec *ret_ts)
{
	(void)id;
	*ret_ts = (struct timespec){ .tv_sec = 1700000000 };
	return 0;
}
