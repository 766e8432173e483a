/* SPDX-License-Identifier: Apache-2.0 */
/* auto.h - resources that give themselves back.
 *
 * A local resource is declared with its AUTO_ attribute and set on the same
 * line; every return then releases it. To hand it on, take it out:
 *
 *	AUTO_FREE char *name = strdup(from);
 *
 *	if (!name)
 *		return -ENOMEM;
 *	...
 *	*ret_name = take_ptr(&name);
 *	return 0;
 *
 * A release keeps errno. There is no such attribute for locks: clang cannot
 * see through it and would stop checking them.
 */

#ifndef REGIONSTORE_BASE_AUTO_H
#define REGIONSTORE_BASE_AUTO_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AUTO(release) __attribute__((cleanup(release)))

/* A pointer from malloc, or NULL. */
#define AUTO_FREE AUTO(auto_free)

/* A file descriptor, or a negative number. */
#define AUTO_CLOSE AUTO(auto_close)

/* pp is the address of the pointer: bytes are copied, as C has no type for
 * "pointer to any pointer".
 */
static inline void auto_free(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	free(p);
}

static inline void auto_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

/* The pointer at pp, which becomes NULL. */
static inline void *take_ptr(void *pp)
{
	void *none = NULL;
	void *p;

	memcpy(&p, pp, sizeof(p));
	memcpy(pp, &none, sizeof(none));
	return p;
}

/* The descriptor at fd, which becomes -1. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
