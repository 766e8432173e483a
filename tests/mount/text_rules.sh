#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# text_rules.sh - the rules of a set as text, one by one: every form of a
# line, what is refused and what .ctl/errors says of it, and when the time of
# modification moves.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require python3 getfattr setfattr

# is SET MEMBER... - it has these.
is()
{
	expect_eq "$(tr '\n' ' ' <"bitmaps/$1")" "${2:+$2 }" "$1"
}

# refused ERROR LINE - as one more line of the set bad, which stays empty.
refused()
{
	local errors

	expect_error "$1" python3 -c \
		'import os, sys; os.write(os.open("bitmaps/bad", os.O_WRONLY |
			os.O_CREAT | os.O_APPEND), os.fsencode(sys.argv[1]))' \
		"3"$'\n'"$2"$'\n'"4"$'\n'
	is bad ''
	errors=$(tail -n 1 .ctl/errors)
	[[ $errors == 20??-??-??T??:??:??.???Z\ pid\ [1-9]*\ "'/bitmaps/bad' line 2: '"* ]] ||
		fail "the error line is: $errors"
}

# says TEXT - the last line of .ctl/errors.
says()
{
	tail -n 1 .ctl/errors | grep -qF -- "$1" ||
		fail "no '$1' in: $(tail -n 1 .ctl/errors)"
}

# mtime_stays COMMAND... - on bitmaps/t.
mtime_stays()
{
	touch -d 2020-01-01 bitmaps/t
	eval "$1"
	expect_eq "$(date -d @"$(stat -c %Y bitmaps/t)" +%Y)" 2020 "$1"
}

mtime_moves()
{
	touch -d 2020-01-01 bitmaps/t
	eval "$1"
	[ "$(date -d @"$(stat -c %Y bitmaps/t)" +%Y)" -gt 2020 ] ||
		fail "mtime stays: $1"
}

mount_store
cd "$MNT"

# --- lines ---
printf '1-10\n+20-22\n-3-4\n!6-7\n-9\n!10\n+30\n-21-21\n' >bitmaps/a
is a '1 2 5 8 20 22 30'
printf '007\r\n# any\xff\n\r\n\n#\n%0200d\n000-0003\r\n' 12 >bitmaps/b
is b '0 1 2 3 7 12'
printf '18446744073709551615\n+0-0\n5\n-5\n5\n!5' >bitmaps/c
is c '0 18446744073709551615'

# --- what is none; a write is taken whole or not at all ---
refused 'Numerical result out of range' 18446744073709551616
refused 'Numerical result out of range' 5-18446744073709551616
for line in 5-4 --5 +-5 '!-5' 5- -5- 1-2-3 + - '!' '5 6' ' 5' '5 ' 5,6 0x5 \
	1e3 '5#c' '+!5' 5.0 five $'5\t' $'\xff' $'\r5'; do
	refused 'Invalid argument' "$line"
done
says 'not a number or a range'
refused 'Invalid argument' "$(printf '%0300d' 1)"
says 'longer than 256 bytes'

# --- in the middle, and sizes: refused with a reason, and nothing changed ---
seq 5 >bitmaps/m
expect_error 'not supported' dd of=bitmaps/m bs=1 seek=4 conv=notrunc <<<7
says "'write at byte 4' a set is written at its end, or anew from the start"
expect_error 'not supported' dd of=bitmaps/m bs=1 seek=40 conv=notrunc <<<7
truncate -s 10 bitmaps/m
for size in 3 11; do
	expect_error 'not supported' truncate -s $size bitmaps/m
	says "'truncate to $size' a set is emptied, or keeps its size"
done
expect_error 'not supported' fallocate -l 100 bitmaps/m
says "/bitmaps/m' 'fallocate' a set takes what its lines need"
is m '1 2 3 4 5'
dd of=bitmaps/m bs=1 seek=10 conv=notrunc status=none <<<7
is m '1 2 3 4 5 7'

# --- what .ctl/errors calls a file whose name the kernel never looked up ---
mkdir bitmaps/listed
for i in 1 2 3; do
	echo 1 >bitmaps/listed/.new$i
	mv bitmaps/listed/.new$i bitmaps/listed/set$i
done
mv bitmaps/listed/set1 bitmaps/listed/moved
for name in moved set2; do
	expect_error 'Invalid argument' \
		bash -c "echo bad >>bitmaps/listed/$name"
	says "'/bitmaps/listed/$name' line 1: 'bad' not a number"
done
cd /
remount_store
cd "$MNT"
ls -l bitmaps/listed >"$DIR/out"
expect_error 'Invalid argument' bash -c 'echo bad >>bitmaps/listed/set3'
says "'/bitmaps/listed/set3' line 1: 'bad' not a number"

# --- and of a format that ends by itself, and of too many ---
cp bitmaps/.as/roaring/m "$DIR/m.roaring"
expect_error 'not supported' bash -c \
	"cat '$DIR/m.roaring' >>bitmaps/.as/roaring/m"
says "a file in this format ends by itself"
expect_error 'too large' bash -c 'echo 0-288230376151711744 >bitmaps/m2'
says "a set has at most 288230376151711744 members"

# --- times ---
seq 5 >bitmaps/t
mtime_stays 'echo 5 >>bitmaps/t'
mtime_stays 'echo -9 >>bitmaps/t'
mtime_stays 'echo "# nothing" >>bitmaps/t'
mtime_stays ': >>bitmaps/t'
mtime_stays 'cat bitmaps/t >/dev/null'
mtime_stays 'truncate -s 10 bitmaps/t'
mtime_moves 'echo 6 >>bitmaps/t'
mtime_moves 'echo -6 >>bitmaps/t'
mtime_moves 'seq 5 >bitmaps/t'
mtime_moves ': >bitmaps/t'
touch -d 2020-01-01 bitmaps/a
cp -a bitmaps/a bitmaps/a2
mkdir bitmaps/out
tar -C bitmaps -cf - a | tar -C bitmaps/out -xf -
for f in bitmaps/a2 bitmaps/out/a; do
	expect_eq "$(stat -c %Y $f)" "$(stat -c %Y bitmaps/a)" "mtime of $f"
	cmp $f bitmaps/a
done

# --- a set under the name of a scratch file is still a set ---
mv bitmaps/a2 bitmaps/.a2
expect_error 'Invalid argument' bash -c 'echo x >>bitmaps/.a2'
mv bitmaps/.a2 bitmaps/a2
is a2 '1 2 5 8 20 22 30'

# --- exchanging with a scratch file parses it ---
printf 'bin\0ary' >bitmaps/.bin
printf '8\n7\n' >bitmaps/.good
exchange()
{
	python3 - "$@" <<'EOF'
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.renameat2(-100, os.fsencode(sys.argv[1]), -100,
                  os.fsencode(sys.argv[2]), 2):
    sys.exit(os.strerror(ctypes.get_errno()))
EOF
}
expect_error 'Invalid argument' exchange bitmaps/t bitmaps/.bin
says "/bitmaps/.bin' line 1: 'bin"
exchange bitmaps/m bitmaps/.good
is m '7 8'
is .good '1 2 3 4 5 7'
exchange bitmaps/m bitmaps/b
is m '0 1 2 3 7 12'
is b '7 8'

# --- segments are as large as their directory said ---
segments()
{
	getfattr --only-values -n user.roarfs.segments "$1"
}
awk 'BEGIN { for (i = 0; i < 200000; i++) print i * 2654435761 % 4294967296 }' \
	>"$DIR/many"
for bytes in 4096 65536; do
	mkdir bitmaps/$bytes
	setfattr -n user.roarfs.segment_bytes -v $bytes bitmaps/$bytes
	mkdir bitmaps/$bytes/below
	cat "$DIR/many" >bitmaps/$bytes/below/replaced
	cat "$DIR/many" >>bitmaps/$bytes/below/appended
	cp "$DIR/many" bitmaps/$bytes/below/.renamed
	mv bitmaps/$bytes/below/.renamed bitmaps/$bytes/below/renamed
done
for f in replaced appended renamed; do
	cmp bitmaps/4096/below/$f bitmaps/65536/below/$f
	small=$(segments bitmaps/4096/below/$f)
	large=$(segments bitmaps/65536/below/$f)
	[ "$small" -ge $((6 * large)) ] ||
		fail "$f has $small segments of 4 KiB and $large of 64"
done

cd /
unmount_store
check_store
