# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib-fuse.sh - libfuse new enough for passthrough and io_uring.
#
# Where the distribution's libfuse is older than 3.18, Debian's source of a
# newer one is built into a prefix of its own. meson.build looks there; nothing
# else on the machine does, so no other program changes its libfuse.

FUSE_WANT=3.18
FUSE_PREFIX=/opt/roarfs

# fuse_setup - have libfuse, the newest that can be had without harm.
fuse_setup()
{
	fuse_is_there "$FUSE_WANT" && return
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

# fuse_build - build the library alone into FUSE_PREFIX.
fuse_build()
{
	local src

	apt_add dpkg-dev liburing-dev libnuma-dev || return
	newer_source fuse3 || return
	src=$NEWER_DIR/get/fuse3
	say "building libfuse into $FUSE_PREFIX"
	quietly meson setup "$src/build" "$src" --prefix="$FUSE_PREFIX" \
		--libdir=lib --sysconfdir=/etc --buildtype=release \
		-Dexamples=false -Dtests=false -Dutils=false || return
	quietly meson install -C "$src/build"
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
