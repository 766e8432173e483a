#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The terminal session of the README does what the README says: each command
# is run as it stands there, by one shell, and prints what stands there.

# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse

readme=$TEST_LIB/../../README.md
PATH=$DIR/bin:$PATH
mkdir "$DIR/bin" "$DIR/home"
ln -s "$ROARFS" "$DIR/bin/roarfs"

# The lines of the session: "$ command" or what it prints.
# shellcheck disable=SC2016
sed -n '/^```console$/,/^```$/p' "$readme" | sed '1d;$d' >"$DIR/session"
[ -s "$DIR/session" ] || fail "the README has no session"

# A script that echoes each command before it runs it, as a terminal does.
sed -n "s/^\\$ //p" "$DIR/session" | while IFS= read -r command; do
	printf 'printf "%%s\\n" %q\n%s\n' "\$ $command" "$command"
done >"$DIR/script"

unmount_home() { umount -l "$DIR/home/mnt" 2>/dev/null || :; }
(cd "$DIR/home" && bash "$DIR/script" 2>&1) |
	sed 's/^.*: line [0-9]*: echo: /bash: echo: /' >"$DIR/printed" || :
unmount_home
diff "$DIR/session" "$DIR/printed" >&2 ||
	fail "the README's session is not true"
