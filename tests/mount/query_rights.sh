#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may not read a set learns nothing about it from a query.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
[ "$(id -u)" = 0 ] || skip "not root"
require setpriv
ROARFS_TEST_OPTIONS=allow_other
mount_store
b=$MNT/bitmaps
chmod 755 "$DIR"

# as_bob [GROUP] COMMAND... - as user 65001 with group 65001, and one more.
as_bob()
{
	local groups=--clear-groups

	case $1 in
	6*)
		groups=--groups=$1
		shift
		;;
	esac
	setpriv --reuid=65001 --regid=65001 "$groups" "$@"
}

mkdir "$b/d"
seq 1 10 >"$b/open"
seq 5 15 >"$b/secret"
seq 5 15 >"$b/group"
seq 1 3 >"$b/d/s"
chmod 600 "$b/secret"
chgrp 65002 "$b/group"
chmod 640 "$b/group"
chmod 700 "$b/d"

expect_eq "$(as_bob cat "$b/.q/open/count")" 10
for e in 'open and secret' 'secret' 'any(*)' 'set(5) minus secret' 'group' \
	'd:s' 'any(d:*)' 'any(*:*)' 'range(1,2,secret)'; do
	for f in count members info has/5 rank/7 select/0 range/1-9 slice/0+9; do
		expect_error 'Permission denied' as_bob cat "$b/.q/$e/$f"
	done
	expect_error 'Permission denied' as_bob ls "$b/.q/$e"
done
tail -n 1 "$MNT/.ctl/errors" | grep -qF "'secret' at byte 11: may not be read" ||
	fail "no reason: $(tail -n 1 "$MNT/.ctl/errors")"

# Nor when somebody else has just asked, and the kernel knows the names.
cat "$b/.q/open and secret/count" "$b/.q/open and secret/has/7" >/dev/null
exec 3<"$b/.q/open and secret/members"
for f in count members has/7 has/99; do
	expect_error 'Permission denied' as_bob cat "$b/.q/open and secret/$f"
	expect_error 'Permission denied' as_bob stat "$b/.q/open and secret/$f"
done
exec 3<&-

# His groups count, and so does what changes.
expect_eq "$(as_bob 65002 cat "$b/.q/group and open/count")" 6
chmod 644 "$b/secret"
expect_eq "$(as_bob cat "$b/.q/open and secret/count")" 6
chmod 600 "$b/secret"
expect_error 'Permission denied' as_bob cat "$b/.q/open and secret/count"
chmod 711 "$b/d"
expect_eq "$(as_bob cat "$b/.q/d:s/count")" 3
expect_error 'Permission denied' as_bob ls "$b/.q/any(d:*)"
chmod 755 "$b/d"
expect_eq "$(as_bob cat "$b/.q/any(d:*)/count")" 3

# Of the sets that have a member he sees those he may read.
expect_eq "$(names "$b/.q/of/7")" "group open secret "
expect_eq "$(as_bob find "$b/.q/of/7/" -mindepth 1 -printf '%f ')" "open "
expect_error 'No such file' as_bob cat "$b/.q/of/7/secret"
chmod 711 "$b/d"
expect_error 'Permission denied' as_bob ls "$b/d/.q/of/1"

# In a snapshot it is as it was; at() is no way around it.
mkdir "$MNT/snapshots/one"
chmod 644 "$b/secret"
s=$MNT/snapshots/one/bitmaps
expect_error 'Permission denied' as_bob cat "$s/.q/secret/count"
expect_error 'Permission denied' as_bob cat "$b/.q/at(one,secret)/count"
expect_eq "$(as_bob cat "$b/.q/secret/count" "$s/.q/open/count")" \
	"$(printf '11\n10')"
unmount_store
check_store
