/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h - a system that keeps sets, as a small table of functions.
 *
 * Each row of the table that peers_bench prints is one piece of work
 * (work.c) done by each peer in turn, on the same input. A peer is driven the
 * way its documentation says is fast: in batches, sorted where that helps, with
 * prepared statements, cursors or pipelines; all of that is on its own clock.
 *
 * The input is an array of members, not sorted. Those who take text, roarfs
 * through its mount and the floor, get it as lines; making the lines is on
 * nobody's clock.
 *
 * A peer runs in a process of its own, made for one piece of work. Whatever
 * fails ends that process with a sentence on stderr, and the row stays empty.
 */
#ifndef PEERS_PEER_H
#define PEERS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is asked of one set. */
struct group {
	uint32_t set;
	const uint64_t *members;
	size_t n;
	const char *text; /* "N\n", or "-N\n" when they are to be removed */
	size_t text_len;
};

struct peer_ops {
	const char *name;
	const char *missing; /* what is not installed: nothing else is set */
	bool takes_text;
	bool one_set; /* cannot do many in one durable step */

	/* A new store below the directory dir. */
	void *(*open)(const char *dir);
	void (*add)(void *p, const struct group *g);
	void (*remove)(void *p, const struct group *g);
	/* What was asked so far survives a power cut from here on. */
	void (*commit)(void *p);
	/* The process that does the work; NULL: this one. */
	pid_t (*pid)(void *p);
	void (*close)(void *p);

	/* Each of these may be NULL: the peer has no such thing. */
	bool (*has_count)(void *p, uint32_t set); /* NULL: if count is */
	uint64_t (*count)(void *p, uint32_t set);
	uint64_t (*size)(void *p, uint32_t set); /* bytes of text */
	void (*ends)(void *p, uint32_t set, uint64_t ret_ends[2]);
	/* Everything once; members, or bytes of text. */
	uint64_t (*read_all)(void *p, uint32_t set);
	/* How many members two sets share; nobody sees which. */
	uint64_t (*shared)(void *p, uint32_t a, uint32_t b);
	/* Text from an offset on. */
	void (*read_at)(void *p, uint32_t set, uint64_t off, size_t len);
};

extern const struct peer_ops peer_mount, peer_library, peer_floor;
extern const struct peer_ops peer_lmdb, peer_sqlite, peer_redis, peer_blob;

/* --- helpers (helpers.c) -------------------------------------------------- */

/* Ends the process unless ok; errno is shown when it is set. */
void must(bool ok, const char *what);
void *must_alloc(size_t size);
double now(void); /* seconds */

/* A sorted copy of g's members without duplicates; the caller frees. */
uint64_t *sorted(const struct group *g, size_t *ret_n);

/* Text files, opened to append when they are first written to. */
#define FILES_MAX 16384u
struct files {
	char prefix[4050];  /* of each path, before the number */
	int fds[FILES_MAX]; /* + 1 */
	int last;	    /* written to */
};
void files_append(struct files *f, const struct group *g);
void files_close(struct files *f);

/* Run the program; it is killed when this process ends. */
pid_t start_program(const char *file, const char *const argv[]);
/* Wait until path exists (or is a mount point), for some seconds. */
void wait_for_path(const char *path);
void wait_for_mount(const char *path);
/* Unmount, whoever may be looking into it, and wait until the daemon ended. */
void end_mount(const char *path, pid_t daemon);

#endif
