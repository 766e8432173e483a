# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib-fuse.sh - libfuse new enough for passthrough and io_uring.
#
# Where the distribution's libfuse is older than 3.18, Debian's source of a
# newer one is built into a prefix of its own. meson.build looks there; nothing
# else on the machine does, so no other program changes its libfuse.
#
# Over io_uring libfuse 3.18 loses replies: the thread of a ring hands in what
# was queued without the lock under which other threads queue their replies
# (libfuse issue 1443), so that it may hand in one that is half made. roarfs
# replies from its workers, and a request that has no reply hangs whoever made
# it. The library that is built here takes the lock, and says so in its fuse3.pc;
# with another one roarfs does without io_uring.

FUSE_WANT=3.18
FUSE_PREFIX=/opt/roarfs

# fuse_setup - have libfuse, the newest that can be had without harm.
fuse_setup()
{
	fuse_is_there "$FUSE_WANT" && fuse_is_mended && return
	if apt_offers libfuse3-dev "$FUSE_WANT"; then
		apt_add libfuse3-dev
		return
	fi
	fuse_build && return
	apt_add libfuse3-dev || return
	say "no libfuse $FUSE_WANT to be had: going on with" \
		"$(pkg-config --modversion fuse3), without its newer abilities"
}

# fuse_is_there VERSION - is a libfuse of VERSION or newer installed?
fuse_is_there()
{
	PKG_CONFIG_PATH=$FUSE_PREFIX/lib/pkgconfig \
		pkg-config --atleast-version="$1" fuse3 2>/dev/null
}

# fuse_is_mended - is it one that was mended, or none of ours?
fuse_is_mended()
{
	local pc=$FUSE_PREFIX/lib/pkgconfig/fuse3.pc

	[ ! -e "$pc" ] || grep -q '^uring_replies=locked$' "$pc"
}

# What the thread of a ring does in place of io_uring_submit_and_wait(): under
# the lock what is queued becomes visible to the kernel, and without it the
# thread hands it in and waits.
FUSE_HAND_IN='
static void roarfs_hand_in(struct fuse_ring_queue *queue)
{
	struct io_uring_sq *sq = &queue->ring.sq;
	unsigned int n;

	pthread_mutex_lock(&queue->ring_lock);
	n = io_uring_sq_ready(&queue->ring);
	sq->sqe_head = sq->sqe_tail;
	io_uring_smp_store_release(sq->ktail, sq->sqe_tail);
	pthread_mutex_unlock(&queue->ring_lock);
	io_uring_enter(queue->ring.ring_fd, n, 1, IORING_ENTER_GETEVENTS, NULL);
}
'

# fuse_mend SOURCE - let it use that. Fails where there is no such call: then
# it is not the version that has the fault.
fuse_mend()
{
	local file=$1/lib/fuse_uring.c

	FUSE_HAND_IN=$FUSE_HAND_IN awk '
	/^static void \*fuse_uring_thread\(/ {
		print ENVIRON["FUSE_HAND_IN"]
		added++
	}
	/^\t\tio_uring_submit_and_wait\(&queue->ring, 1\);$/ {
		$0 = "\t\troarfs_hand_in(queue);"
		mended++
	}
	{ print }
	END { exit mended != 1 || !added }' "$file" >"$file.mended" &&
		mv -- "$file.mended" "$file" && return
	rm -f -- "$file.mended"
	return 1
}

# fuse_build - build the library alone into FUSE_PREFIX.
fuse_build()
{
	local src mended=yes

	apt_add dpkg-dev liburing-dev libnuma-dev || return
	newer_source fuse3 || return
	src=$NEWER_DIR/get/fuse3
	if ! fuse_mend "$src"; then
		say "this libfuse is not known: going on without io_uring"
		mended=
	fi
	say "building libfuse into $FUSE_PREFIX"
	quietly meson setup "$src/build" "$src" --prefix="$FUSE_PREFIX" \
		--libdir=lib --sysconfdir=/etc --buildtype=release \
		-Dexamples=false -Dtests=false -Dutils=false || return
	quietly meson install -C "$src/build" || return
	[ -z "$mended" ] || echo 'uring_replies=locked' \
		>>"$FUSE_PREFIX/lib/pkgconfig/fuse3.pc"
}

# fuse_kernel - let the kernel's side do what it can; never fails.
fuse_kernel()
{
	local uring=/sys/module/fuse/parameters/enable_uring

	[ -e /dev/fuse ] || modprobe fuse 2>/dev/null ||
		say "no /dev/fuse: mount tests will be skipped"
	[ -e "$uring" ] || return 0
	[ "$(cat "$uring")" = N ] || return 0
	if (echo Y >"$uring") 2>/dev/null; then
		say "switched on FUSE over io_uring"
	fi
	return 0
}
