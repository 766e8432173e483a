/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - what a process and a directory hold. pid 0 is this process. */
#ifndef PEERS_MEASURE_H
#define PEERS_MEASURE_H

#include <stdint.h>
#include <sys/types.h>

uint64_t anon_of(pid_t pid);	   /* bytes of memory with no file behind it */
uint64_t written_by(pid_t pid);	   /* bytes it had written to disks so far */
uint64_t disk_of(const char *dir); /* bytes that its files take */
void remove_tree(const char *dir);

#endif
