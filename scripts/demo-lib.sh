#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# demo-lib.sh - what scripts/demo is made of: narration, timing, checking.
# Sourced; expects $top and, once made, $work and $mnt.
# shellcheck disable=SC2154

title() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
say() { printf '%s\n' "$*" | fmt -w 76; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# Print a command as a user would type it, run it, indent what it says.
show()
{
	printf '  $ %s\n' "$1" | sed "s|$work/||g"
	bash -c "$1" 2>&1 | sed "s|$work/||g; s/^/    /"
}

timed()
{
	local begin=$EPOCHREALTIME end

	"$@"
	end=$EPOCHREALTIME
	awk -v a="$begin" -v b="$end" \
		'BEGIN { printf "    (%.2f seconds)\n", b - a }'
}

timed_show() { timed show "$1"; }

prepare_machine()
{
	"$top/scripts/setup"
	[ -d "$top/build-demo" ] || meson setup --buildtype=release \
		-Db_lto=true -Dtests=disabled "$top/build-demo" "$top" \
		>/dev/null
	ninja -C "$top/build-demo" >/dev/null
	PATH=$top/build-demo/fs:$PATH
	[ -c /dev/fuse ] || fail "/dev/fuse is missing: this machine cannot" \
		"mount FUSE filesystems; load the kernel's fuse module"
}

make_index()
{
	apt-cache dumpavail >"$work/available"
	[ -s "$work/available" ] || fail "apt knows no packages;" \
		"run 'apt-get update' first"
	awk -v names="$work/names" -f "$top/scripts/demo-index.awk" \
		"$work/available" | sort -t "$(printf '\t')" -k1,1 -k2,2n -u \
		>"$work/index"
}

load_index()
{
	cut -d/ -f1 "$work/index" | uniq | sed 's|^|bitmaps/|' | xargs mkdir
	awk -F'\t' '$1 != set { if (set != "") close(file)
			set = $1; file = "bitmaps/" set }
		{ print $2 > file }' "$work/index"
	sync -f .
}

# All sets one after the other in the order of their names, as the sorted
# index has them.
concatenated() { (cd "$1" && find . -type f -path './*/*' -print0 | sort -z |
	xargs -0 cat); }

verify()
{
	local want got

	want=$(cut -f2 "$work/index" | sha256sum)
	got=$(concatenated "$1" | sha256sum)
	[ "$want" = "$got" ] || fail "$2 differs from the index"
	say "  $2 equals the index byte for byte."
}

verify_backup() { timed verify "$work/backup/bitmaps" "the backup"; }
verify_live() { verify "$mnt/bitmaps" "the mounted store"; }

clean_up()
{
	local status=$?

	trap - EXIT
	cd /
	if [ -n "${mnt:-}" ] && mountpoint -q "$mnt"; then
		roarfs umount "$mnt" || umount -l "$mnt"
	fi
	[ -z "${work:-}" ] || rm -rf "$work"
	exit "$status"
}
