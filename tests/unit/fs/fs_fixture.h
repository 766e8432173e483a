/* SPDX-License-Identifier: Apache-2.0 */
/* fs_fixture.h - a struct fs over a formatted store in memory, without a
 * mount and without workers: what would be handed over runs at once.
 */
#ifndef TESTS_UNIT_FS_FS_FIXTURE_H
#define TESTS_UNIT_FS_FS_FIXTURE_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/fs.h"
#include "fs/set_session.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

/* Owners of locks: two processes. */
#define ALICE 1
#define BOB   2

int fsf_setup(void **state); /* *state is the struct fs */
int fsf_teardown(void **state);

/* An object with a name; its number. */
uint64_t fsf_make(struct fs *fs, uint64_t dir, const char *name, uint32_t mode);
uint64_t fsf_set(struct fs *fs, const char *name); /* in bitmaps/ */
int fsf_unlink(struct fs *fs, uint64_t dir, const char *name);
bool fsf_exists(struct fs *fs, uint64_t ino);

/* The text of a set now, read through a session of its own; until the next
 * call.
 */
const char *fsf_text(struct fs *fs, uint64_t ino);
int64_t fsf_mtime(struct fs *fs, uint64_t ino);
/* What is in the error log; the caller frees it. */
char *fsf_errors(struct fs *fs);

/* A counted session, and its end. */
struct fs_session *fsf_open(struct fs *fs, uint64_t ino, int flags);
void fsf_close(struct fs *fs, uint64_t ino, struct fs_session *s);
int fsf_write(struct fs_session *s, int who, uint64_t off, const char *text);
int fsf_append(struct fs_session *s, int who, const char *text);
int fsf_flush(struct fs_session *s, int who);
int fsf_truncate(struct fs_session *s, uint64_t size);
/* What the session reads, whole; until the next call. */
const char *fsf_read(struct fs_session *s);

#endif
