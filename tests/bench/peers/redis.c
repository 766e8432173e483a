/* SPDX-License-Identifier: Apache-2.0 */
/* redis.c - Redis: a server of our own on a unix socket, its log synced before
 * each reply (appendfsync always). Commands take many members, and are sent
 * without waiting for the replies; a durable step ends when all have come.
 *
 * The server is the program of Debian's redis-tools under another name, so
 * nothing has to be installed that would start a service.
 */

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/peers/peer.h"

#define MANY   1000u /* members in a command */
#define DIGITS 21u
#define TRIES  500 /* to connect, 10 ms apart */

struct redis {
	pid_t server;
	redisContext *c;
	unsigned waiting; /* for so many replies */
};

static pid_t start_server(const char *dir, const char *sock)
{
	const char *argv[] = { "redis-server",
			       "--port",
			       "0",
			       "--unixsocket",
			       sock,
			       "--dir",
			       dir,
			       "--save",
			       "",
			       "--appendonly",
			       "yes",
			       "--appendfsync",
			       "always",
			       NULL };
	bool has_own = access("/usr/bin/redis-server", X_OK) == 0;

	return start_program(has_own ? "redis-server" : "redis-check-rdb",
			     argv);
}

/* The socket is there before somebody listens. */
static redisContext *connect_to(const char *sock)
{
	redisContext *c = redisConnectUnix(sock);

	for (int i = 0; i < TRIES && c && c->err; i++) {
		redisFree(c);
		usleep(10000);
		c = redisConnectUnix(sock);
	}
	must(c && !c->err, "connect to redis");
	return c;
}

static void *redis_open(const char *dir)
{
	struct redis *r = must_alloc(sizeof(*r));
	char sock[4096];

	*r = (struct redis){ .waiting = 0 };
	snprintf(sock, sizeof(sock), "%s/redis", dir);
	r->server = start_server(dir, sock);
	wait_for_path(sock);
	r->c = connect_to(sock);
	return r;
}

static redisReply *reply(struct redis *r)
{
	redisReply *answer = NULL;

	must(redisGetReply(r->c, (void **)&answer) == REDIS_OK, "redis");
	if (answer->type == REDIS_REPLY_ERROR) {
		fprintf(stderr, "redis: %s\n", answer->str);
		must(false, "redis");
	}
	return answer;
}

static void redis_commit(void *p)
{
	struct redis *r = p;

	for (; r->waiting; r->waiting--)
		freeReplyObject(reply(r));
}

static void send_many(struct redis *r, const char *command, uint32_t set,
		      const uint64_t *members, size_t n)
{
	static char text[MANY + 2][DIGITS];
	static const char *argv[MANY + 2];
	static size_t len[MANY + 2];

	argv[0] = command;
	len[0] = strlen(command);
	len[1] = (size_t)snprintf(text[1], DIGITS, "s%" PRIu32, set);
	argv[1] = text[1];
	for (size_t i = 0; i < n; i++) {
		argv[i + 2] = text[i + 2];
		len[i + 2] = (size_t)snprintf(text[i + 2], DIGITS, "%" PRIu64,
					      members[i]);
	}
	must(redisAppendCommandArgv(r->c, (int)n + 2, argv, len) == REDIS_OK,
	     "redis");
	r->waiting++;
}

static void change(struct redis *r, const char *command, const struct group *g)
{
	for (size_t at = 0; at < g->n; at += MANY) {
		send_many(r, command, g->set, g->members + at,
			  g->n - at < MANY ? g->n - at : MANY);
		if (r->waiting == MANY)
			redis_commit(r);
	}
}

static void redis_add(void *p, const struct group *g)
{
	change(p, "SADD", g);
}

static void redis_remove(void *p, const struct group *g)
{
	change(p, "SREM", g);
}

static pid_t redis_pid(void *p)
{
	return ((struct redis *)p)->server;
}

static void redis_close(void *p)
{
	struct redis *r = p;

	redisFree(r->c);
	kill(r->server, SIGTERM);
	waitpid(r->server, NULL, 0);
	free(r);
}

static redisReply *ask(struct redis *r, const char *command, uint32_t set)
{
	must(redisAppendCommand(r->c, "%s s%u", command, set) == REDIS_OK,
	     "redis");
	return reply(r);
}

static uint64_t redis_count(void *p, uint32_t set)
{
	redisReply *answer = ask(p, "SCARD", set);
	uint64_t n = (uint64_t)answer->integer;

	freeReplyObject(answer);
	return n;
}

static uint64_t redis_read_all(void *p, uint32_t set)
{
	redisReply *answer = ask(p, "SMEMBERS", set);
	uint64_t n = answer->elements;

	freeReplyObject(answer);
	return n;
}

static uint64_t redis_shared(void *p, uint32_t a, uint32_t b)
{
	struct redis *r = p;
	redisReply *answer;
	uint64_t n;

	must(redisAppendCommand(r->c, "SINTERCARD 2 s%u s%u", a, b) == REDIS_OK,
	     "redis");
	answer = reply(r);
	n = (uint64_t)answer->integer;
	freeReplyObject(answer);
	return n;
}

const struct peer_ops peer_redis = {
	.name = "Redis",
	.open = redis_open,
	.add = redis_add,
	.remove = redis_remove,
	.commit = redis_commit,
	.pid = redis_pid,
	.close = redis_close,
	.count = redis_count,
	.read_all = redis_read_all,
	.shared = redis_shared,
};
