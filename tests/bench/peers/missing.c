/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c - peers whose libraries are not on this machine. */

#include "tests/bench/peers/peer.h"

#ifndef HAVE_LMDB
const struct peer_ops peer_lmdb = { .name = "LMDB", .missing = "liblmdb-dev" };
#endif
#ifndef HAVE_SQLITE
const struct peer_ops peer_sqlite = { .name = "SQLite",
				      .missing = "libsqlite3-dev" };
#endif
#ifndef HAVE_REDIS
const struct peer_ops peer_redis = { .name = "Redis",
				     .missing = "libhiredis-dev, redis-tools" };
#endif
/* Every file has a symbol. */
const char *const peers_known = "LMDB, SQLite, Redis";
