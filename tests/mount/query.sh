#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every answer of a query, against coreutils.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require python3
mount_store
b=$MNT/bitmaps

# last_error TEXT - the newest line in .ctl/errors says so.
last_error()
{
	tail -n 1 "$MNT/.ctl/errors" | grep -qF -- "$1" ||
		fail "no '$1' in: $(tail -n 1 "$MNT/.ctl/errors")"
}

mkdir -p "$b/d/sub"
seq 1 10 >"$b/a"
seq 5 15 >"$b/b"
seq 2 2 20 >"$b/c"
seq 100 200 >"$b/d/x"
echo 7 >"$b/d/sub/y"
echo 7 >"$b/with space"
echo 8 >"$b/2026-11-30"
echo 9 >"$b/and"
echo 4294967296 >"$b/big"
: >"$b/empty"
printf x >"$b/.scratch"

# --- the files of a query, each with its true size ---

q="$b/.q/a and b"
seq 5 10 >"$DIR/members"
expect_set "$q/members" "$DIR/members"
awk '{ printf "%020d\n", $1 }' "$DIR/members" >"$DIR/pad"
expect_set "$q/pad" "$DIR/pad"
echo 5-10 >"$DIR/ranges"
expect_set "$q/ranges" "$DIR/ranges"
python3 -c 'import struct
open("'"$DIR"'/le64", "wb").write(struct.pack("<6Q", *range(5, 11)))'
expect_set "$q/le64" "$DIR/le64"
cp "$q/members" "$b/copy"
expect_set "$q/roaring" "$b/.as/roaring/copy"
expect_set "$q/roaring32" "$b/.as/roaring32/copy"
rm "$b/copy"
echo 6 >"$DIR/count"
expect_set "$q/count" "$DIR/count"
expect_eq "$(cat "$q/min" "$q/max")" "$(printf '5\n10')"
printf 'expression  a and b\ncount       6\nmin         5\nmax         10\nsets        2\n' \
	>"$DIR/info"
expect_set "$q/info" "$DIR/info"
expect_eq "$(stat -c %s "$q/rank/7")" 2
expect_eq "$(cat "$q/rank/7" "$q/rank/4" "$q/rank/18446744073709551615")" \
	"$(printf '3\n0\n6')"
expect_eq "$(cat "$q/select/0" "$q/select/5")" "$(printf '5\n10')"
expect_eq "$(cat "$q/range/6-8")" "$(seq 6 8)"
expect_eq "$(cat "$q/range/0-18446744073709551615")" "$(seq 5 10)"
expect_eq "$(cat "$q/slice/4+100")" "$(seq 9 10)"
expect_eq "$(cat "$q/slice/0+1")" 5
expect_eq "$(cat "$q/slice/6+1" "$q/slice/3+0")" ""
expect_eq "$(stat -c %s "$q/slice/4+100")" 5
test -e "$b/.q/a,and,b/has/7" || fail "7 is not there"
! test -e "$b/.q/a,and,b/has/42" || fail "42 is there"
expect_eq "$(stat -c '%F %s' "$q/has/7")" "regular empty file 0"
expect_eq "$(cat "$q/has/7")" ""
expect_error 'No such file' cat "$q/select/6"
expect_error 'No such file' cat "$q/has/x"
last_error "'x' has/ID: a number belongs there"
for wrong in rank/-1 rank/1x select/ range/5 range/6-5 slice/1-2 nothing \
	rank/18446744073709551616; do
	! test -f "$q/$wrong" || fail "$wrong is there"
done

# Empty ones, and a member that does not fit.
expect_eq "$(cat "$b/.q/empty/members" "$b/.q/empty/min" "$b/.q/empty/max")" ""
expect_eq "$(cat "$b/.q/empty/count" "$b/.q/a minus a/count")" "$(printf '0\n0')"
expect_error 'too large' cat "$b/.q/big or a/roaring32"
last_error 'read it as roaring'
expect_error 'too large' cat "$b/.q/set(0-18446744073709551615)/count"
last_error 'more members than'

# --- the language ---

# members EXPRESSION - in one line.
members()
{
	tr '\n' ' ' <"$b/.q/$1/members"
}

expect_eq "$(members 'a or b and c')" "1 2 3 4 5 6 7 8 9 10 12 14 "
expect_eq "$(members '(a or b) and c')" "2 4 6 8 10 12 14 "
expect_eq "$(members 'a,xor,b,and,c')" "1 2 3 4 5 7 9 12 14 "
expect_eq "$(members 'a | b ^ c \ a')" "$(seq -s ' ' 1 11) 13 15 16 18 20 "
expect_eq "$(members 'b & c')" "6 8 10 12 14 "
expect_eq "$(members 'a minus b minus set(1,2)')" "3 4 "
expect_eq "$(members 'with%20space or 2026-11-30 or %61nd')" "7 8 9 "
expect_eq "$(members 'range(3,6,a)')" "3 4 5 6 "
expect_eq "$(members 'set(3-4,1)')" "1 3 4 "
expect_eq "$(members 'd:sub:y and a')" "7 "
expect_eq "$(cat "$b/d/.q/x/count" "$b/d/.q/..:a/count")" "$(printf '101\n10')"
expect_eq "$(members 'atleast(3,?)')" "6 8 10 "
expect_eq "$(members 'all(?)')" "6 8 10 "
expect_eq "$(cat "$b/.q/any([ab])/count" "$b/.q/any(*:*)/count" \
	"$b/.q/any(d:sub:*)/count" "$b/.q/any(zz*)/count")" \
	"$(printf '15\n101\n1\n0')"
ln -s d/x "$b/link"
ln -s ".q/a and b" "$b/both"
ln -s "$b/d" "$b/abs"
expect_eq "$(cat "$b/.q/link/count" "$b/both/count" "$b/.q/both,or,c/count" \
	"$b/.q/abs:x/count")" "$(printf '101\n6\n13\n101')"
rm "$b/link" "$b/both" "$b/abs"

expect_error 'No such file' ls "$b/.q/nope and a"
last_error "'/bitmaps/.q/nope and a' 'nope' at byte 1: no such name"
expect_error 'No such file' ls "$b/.q/a b"
last_error "'b' at byte 3: an operator is missing"
expect_error 'No such file' ls "$b/.q/d"
last_error 'a directory is no set'
expect_error 'No such file' ls "$b/.q/.scratch"
last_error 'a file that is no set'
expect_error 'name too long' ls "$b/.q/$(printf 'a,or,%.0s' {1..60})a"
last_error 'longer than a name may be'

# --- garbage ---

python3 - "$b/.q" <<'PY'
import os, random, sys
random.seed(7)
words = [b"a", b"b", b" and ", b",or,", b"(", b")", b"any(", b"*", b"%", b"%41",
         b"set(", b"1-", b"99999999999999999999", b"range(", b"atleast(", b":",
         b"at(", b"\\", b"^", b"\xff", b"..", b"\n", b"xor"]
for i in range(3000):
    if i % 2:
        name = b"".join(random.choice(words) for _ in range(random.randint(1, 40)))
    else:
        name = bytes(random.choice(range(1, 256)) for _ in range(255))
    name = name.replace(b"/", b"_")[:255]
    if name in (b"", b".", b".."):
        continue
    for tail in (b"", b"/count", b"/members"):
        try:
            with open(sys.argv[1].encode() + b"/" + name + tail, "rb") as f:
                f.read(4096)
        except OSError:
            pass
PY
expect_eq "$(members "$(printf '(%.0s' {1..31})a$(printf ')%.0s' {1..31})")" \
	"1 2 3 4 5 6 7 8 9 10 "
expect_eq "$(members 'atleast(18446744073709551615,*)')" ""

# --- fresh, and a point in time ---

echo 100 >>"$b/a"
echo 100 >>"$b/b"
expect_eq "$(cat "$q/count")" 7
expect_eq "$(stat -c %s "$q/members")" 17
exec 3<"$q/members"
echo -100 >>"$b/a"
expect_eq "$(cat "$q/count")" 6
mv "$b/b" "$b/bb"
rm "$b/c"
expect_eq "$(tail -n 1 <&3)" 100
exec 3<&-
sleep 1.1
expect_error 'No such file' cat "$q/count"
mv "$b/bb" "$b/b"
expect_eq "$(cat "$q/count")" 6
(
	cd "$q"
	expect_eq "$(cat count)" 6
	echo 3 >>"$b/b"
	expect_eq "$(cat count)" 7
	test -e has/3 || fail "no 3"
	echo -3 >>"$b/b"
	! test -e has/3 || fail "still 3"
	expect_eq "$(stat -c %s members)" 13
)

# --- of ---

expect_eq "$(names "$b/.q/of/7")" "a b with space "
expect_eq "$(readlink "$b/.q/of/7/a")" ../../../a
expect_eq "$(wc -l <"$b/.q/of/7/a")" 10
expect_eq "$(cat "$b/.q/of/100/"* | wc -l)" 12
expect_eq "$(names "$b/d/.q/of/7")" ""
expect_eq "$(ls "$b/.q/of")" ""
expect_error 'No such file' ls "$b/.q/of/x"
expect_error 'No such file' cat "$b/.q/of/7/2026-11-30"
expect_error 'No such file' cat "$b/.q/of/7/d"

# --- tools ---

expect_eq "$(ls -A "$b/.q")" ""
! names "$b" | grep -qF .q || fail ".q is listed"
expect_eq "$(names "$q")" "members pad ranges le64 roaring count min max info \
has rank select range slice "
expect_eq "$(find "$q" -type f | wc -l)" 9
ls -lR "$q" >/dev/null
ls -laR "$b/.q/of/7" >/dev/null
cp -r "$q" "$DIR/tree"
expect_same "$DIR/tree/members" "$DIR/members"
expect_same "$DIR/tree/info" "$DIR/info"
tar -C "$b/.q" -cf "$DIR/t.tar" 'a and b'
mkdir "$DIR/untar"
tar -C "$DIR/untar" -xf "$DIR/t.tar"
diff -r "$DIR/tree" "$DIR/untar/a and b"
python3 - "$q/members" "$DIR/members" <<'PY'
import mmap, os, sys
with open(sys.argv[1], "rb") as f, open(sys.argv[2], "rb") as g:
    m = mmap.mmap(f.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    assert m[:] == g.read(), "the mapping differs"
    assert os.lseek(f.fileno(), 0, os.SEEK_END) == 13
PY

# A copy inside the mount is a set, whatever it is called.
cp "$q/members" "$b/new"
expect_set "$b/new" "$DIR/members"
cp "$b/.q/a/range/1-5" "$b/new"
expect_eq "$(tr '\n' ' ' <"$b/new")" "1 2 3 4 5 "
cp "$b/.q/a/slice/1+2" "$b/new"
expect_eq "$(tr '\n' ' ' <"$b/new")" "2 3 "
cat "$b/.q/new,or,a/members" >"$b/new"
expect_eq "$(wc -l <"$b/new")" 10
rm "$b/new"

# --- nothing can be changed ---

ro='Read-only'
expect_error "$ro" mkdir "$b/.q/new dir and"
expect_error "$ro" mkdir "$q/x"
expect_error "$ro" touch "$q/x"
expect_error "$ro" rm -f "$q/count"
expect_error "$ro" rmdir "$q/has"
expect_error "$ro" rmdir "$b/.q/a"
expect_error "$ro" rmdir "$b/.q"
expect_error "$ro" mv "$q" "$b/.q/b"
expect_error "$ro" mv -T "$b/d" "$b/.q"
expect_error "$ro" mv "$b/.q" "$b/other"
expect_error "$ro" ln -s x "$q/x"
expect_error "$ro" ln "$b/a" "$q/x"
expect_error "$ro" chmod 600 "$q/count"
expect_error "$ro" chown 1 "$b/.q"
expect_error "$ro" touch "$q/count"
expect_error "$ro" truncate -s 0 "$q/members"
expect_error "$ro" bash -c "echo 1 >>'$q/members'"
expect_error "$ro" bash -c "echo 1 >'$q/count'"
expect_error "$ro" rm "$b/.q/of/7/a"
! command -v setfattr >/dev/null ||
	expect_error "$ro" setfattr -n user.x -v 1 "$q/count"
expect_error 'exists' mkdir "$b/.q"
expect_error 'No such file' ls "$MNT/.q"
expect_error 'No such file' ls "$MNT/regions/.q"

# --- the same without a mount ---

cat "$b/.q/any(*)/members" >"$DIR/all"
unmount_store
"$ROARFS" query "$STORE" 'any(*)' | cmp - "$DIR/all"
expect_eq "$("$ROARFS" query "$STORE" --count 'a and b')" 6
check_store
