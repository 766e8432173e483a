/* SPDX-License-Identifier: Apache-2.0 */
/* alone.h - does one client have this thread to himself?
 *
 * Over io_uring the requests of a CPU arrive on one thread. What blocks it
 * keeps all clients of that CPU waiting; but when there is only one, who waits
 * for the answer anyway, blocking it costs nobody anything. So the thread
 * remembers who asked last, and when that was last somebody else. The worst
 * that a newcomer can meet is one short write.
 *
 * Threads: each has its own memory of it; workers have none, and are never
 * said to be alone.
 */
#ifndef FS_ALONE_H
#define FS_ALONE_H

#include <stdbool.h>
#include <sys/types.h>

/* A request of thread pid arrived here. */
void fs_alone_note(pid_t pid);
bool fs_alone(void);

#endif
