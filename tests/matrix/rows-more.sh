# shellcheck shell=bash disable=SC2016,SC2154 # matrix.sh sets them
# SPDX-License-Identifier: Apache-2.0
#
# rows-more.sh - editors, archivers, and habits of programs beyond the first.

# --- editors ---
writes emacs 'save-buffer' "$odd" 'emacs -Q --batch "$s" \
	--eval "(flush-lines \"[02468]\$\")" -f save-buffer'
writes emacs 'a backup by copying' "$odd" 'emacs -Q --batch \
	--eval "(setq backup-enable-predicate (lambda (f) t))" "$s" \
	--eval "(setq backup-by-copying t)" \
	--eval "(flush-lines \"[02468]\$\")" -f save-buffer &&
	cmp "$s~" "$old"'
writes emacs 'append-to-file' "$longer" 'emacs -Q --batch --eval "(progn
	(find-file \"$longer\")
	(append-to-file (point-min) (point-max) \"$s\"))"'
writes ex 'g/re/d' "$odd" 'printf "g/[02468]$/d\nwq\n" | ex -u NONE -s "$s"'
writes vim 'w >>' "$union" 'vim -u NONE -es -c "w >> $s" -c "q!" "$want"'
writes ed 'W' "$union" 'printf "W %s\nq\n" "$s" | ed -s "$want"'
writes ed 'a script of diff -e' "$odd" \
	'{ diff -e "$old" "$odd"; echo w; } | ed -s "$s"'
writes patch '-b' "$odd" '! diff -u "$old" "$odd" >p && cd "$d" &&
	patch -s -b s "$t/p" && cmp s.orig "$old"'

# --- archivers ---
makes pax '-r' 'cp "$want" s && pax -w s >a && cd "$d" && pax -r <"$t/a"'
makes pax '-rw' 'cp "$want" s && pax -rw s "$d"'
reads bsdtar 'c' 'bsdtar -C "$d" -cf - s | bsdtar -xOf -'
makes bsdtar 'x -S -p' 'cp "$want" s && bsdtar -cf a s &&
	bsdtar -C "$d" -xSpf a'
writes bsdtar 'x --safe-writes' "$want" 'cp "$want" s && bsdtar -cf a s &&
	bsdtar -C "$d" --safe-writes -xf a'
writes tar 'x --unlink-first' "$want" \
	'cp "$want" s && tar -cf a s && tar -C "$d" -U -xf a'
writes tar 'x --keep-old-files' "$old" \
	'cp "$want" s && tar -cf a s && ! tar -C "$d" -k -xf a 2>/dev/null'
makes cpio '-p' 'cp "$want" s && echo s | cpio --quiet -p "$d"'
makes zstd '-d --sparse -o' \
	'zstd -q "$want" -o z && zstd -q -d --sparse z -o "$s"'
writes unison 'a tree' "$want" 'mkdir x && cp "$want" x/s &&
	touch -d 2030-01-01 x/s && UNISON=$t/u unison -batch -auto \
	-force x -silent -ui text x "$d"'

# --- copying, moving, cutting ---
writes cp '--attributes-only' "$old" 'cp --attributes-only "$want" "$s"'
writes cp '-u' "$want" 'touch -d 2001-01-01 "$s" && cp -u "$want" "$s"'
writes cp '-l and -s' "$old" 'cp -l "$s" "$d/h" && cp -s "$s" "$d/y" &&
	cmp "$d/h" "$old" && cmp "$d/y" "$old"'
writes mv '-n stays' "$old" 'cp "$want" "$d/w"; mv -n "$d/w" "$s"
	cmp "$d/w" "$want"'
writes mv '-b' "$want" 'cp "$want" "$d/w" && mv -b "$d/w" "$s" &&
	cmp "$s~" "$old"'
writes rsync '--link-dest' "$old" 'mkdir "$d/b" &&
	rsync -a --link-dest="$d" "$s" "$d/b/" &&
	[ "$(stat -c %h "$s")" = 2 ] && cmp "$d/b/s" "$s"'
writes rsync 'set to set, --inplace' "$want" \
	'cp "$want" "$d/w" && rsync -I --inplace "$d/w" "$s"'
writes dd 'conv=excl is refused' "$old" \
	'! dd if="$want" of="$s" conv=excl status=none 2>/dev/null'
writes dd 'conv=nocreat,fdatasync' "$want" 'dd if="$want" of="$s" bs=3000 \
	conv=nocreat,fdatasync status=none'
writes dd 'oflag=direct' "$want" \
	'dd if="$want" of="$s" bs=4096 oflag=direct status=none'
writes dd 'oflag=sync' "$want" \
	'dd if="$want" of="$s" bs=9000 oflag=sync status=none'
writes dd 'seek to the end' "$union" 'dd if="$want" of="$s" bs=1k \
	oflag=seek_bytes seek="$(stat -c %s "$s")" conv=notrunc status=none'
writes dd 'seek into the middle is refused' "$old" '! dd if="$want" of="$s" \
	bs=1k seek=3 conv=notrunc status=none 2>/dev/null'
writes dd 'conv=sync is refused' "$old" '! dd if="$want" of="$s" bs=64k \
	conv=sync status=none 2>/dev/null'
writes truncate '-r of an empty file' /dev/null ': >z && truncate -r z "$s"'
writes fallocate 'is refused' "$old" '! fallocate -l 1M "$s" 2>/dev/null &&
	! fallocate -p -o 0 -l 4096 "$s" 2>/dev/null'
writes sort '-m -u -o itself' "$union" 'sort -n -m -u -o "$s" "$s" "$want"'
writes sort '-T in the mount' "$union" \
	'sort -S 1M -T "$d" --parallel=2 -nu -o "$s" "$s" "$want"'
writes sponge '-a' "$union" 'sponge -a "$s" <"$want"'
writes tee '-a into ten sets' "$union" 'for i in {1..9}; do cp "$s" "$d/$i"
	done; tee -a "$d"/{1..9} "$s" <"$want" >/dev/null &&
	for i in {1..9}; do cmp "$d/$i" "$union" || exit 1; done'
writes split '--filter' "$want" 'split -l 9999 \
	--filter="cat >>\"\$d/n\"" "$want" && mv "$d/n" "$s"'
writes sed '-i --follow-symlinks' "$odd" 'ln -s s "$d/l" &&
	sed -i --follow-symlinks "/[02468]$/d" "$d/l" && [ -L "$d/l" ]'
writes sqlite3 '.import and .output' "$odd" 'sqlite3 x.db \
	"create table t(v integer)" ".import $s t" ".output $s" \
	"select v from t where v % 2 order by v"'
writes git 'stash and pop' "$want" 'export GIT_DIR=$t/git GIT_WORK_TREE=$d
	git init -q && git config user.name a && git config user.email a &&
	cd "$d" && git add s && git commit -q -m 1 && cat "$want" >s &&
	git stash -q && cmp s "$old" && git stash pop -q'
writes git 'branch and merge' "$longer" 'export GIT_DIR=$t/git GIT_WORK_TREE=$d
	git init -q && git config user.name a && git config user.email a &&
	cd "$d" && git add s && git commit -q -m 1 && git checkout -q -b b &&
	seq 80000 90000 >>s && git commit -q -a -m 2 &&
	git checkout -q - && cmp s "$old" && git merge -q b'

# --- several writers ---
writes bash 'eight shells >>' "$union" 'for i in {0..7}; do
	awk "NR % 8 == $i" "$want" >>"$s" & done; wait'
writes bash 'one >> of four programs at once' "$union" '(for i in 0 1 2 3; do
	awk "NR % 4 == $i" "$want" & done; wait) >>"$s"'
writes bash 'one > of four programs at once' "$want" '(for i in 0 1 2 3; do
	awk "NR % 4 == $i" "$want" & done; wait) >"$s"'
writes xargs '-P 8 printf' "$union" 'xargs -a "$want" -P 8 -n 500 \
	sh -c '\''printf "%s\n" "$@" >>"$s"'\'' sh'

# --- system calls ---
writes xfs_io 'copy_range' "$want" \
	'cp "$want" "$d/w" && : >"$s" && xfs_io -c "copy_range $d/w" "$s"'
writes perl 'reads, writes from 0, cuts' "$odd" 'perl -e '\''
	open F, "+<", $ENV{s}; @l = grep /[13579]$/, <F>; seek F, 0, 0;
	print F @l; truncate F, tell F or die; close F or die'\'''
writes python3 'reads, writes from 0, cuts' "$odd" 'python3 -c "import os
f = open(os.environ[\"s\"], \"r+\")
l = [x for x in f if int(x) % 2]
f.seek(0); f.writelines(l); f.truncate(); f.close()"'
writes python3 'w+ and reads what it wrote' "$want" 'python3 -c "import os
w = open(os.environ[\"want\"]).read()
f = open(os.environ[\"s\"], \"w+\")
f.write(w); f.seek(0); assert f.read() == w; f.close()"'
writes python3 'a+ and reads all' "$union" 'python3 -c "import os
f = open(os.environ[\"s\"], \"a+\")
f.write(open(os.environ[\"want\"]).read()); f.flush(); f.seek(0)
assert f.read() == open(os.environ[\"union\"]).read(); f.close()"'
writes python3 'renamed while it is open' "$want" 'python3 -c "import os
f = open(os.environ[\"d\"] + \"/.n\", \"w+\")
w = open(os.environ[\"want\"]).read()
f.write(w); f.flush(); os.replace(f.name, os.environ[\"s\"])
f.seek(0); assert f.read() == w; f.close()"'
writes python3 'pwritev2 RWF_APPEND' "$union" 'python3 -c "import os
f = os.open(os.environ[\"s\"], os.O_WRONLY)
b = open(os.environ[\"want\"], \"rb\").readlines()
for i in range(0, len(b), 999):
	os.pwritev(f, [b\"\".join(b[i:i + 999])], 0, 16)
os.close(f)"'
writes python3 'a mapping that is written is refused' "$old" 'python3 -c "import mmap, os
f = os.open(os.environ[\"s\"], os.O_RDWR)
m = mmap.mmap(f, 0)
m[0:1] = b\"9\"
try: m.flush()
except OSError as e: assert e.errno == 95
else: assert 0
os._exit(0)"'
writes python3 'RENAME_EXCHANGE' "$want" 'cp "$want" "$d/w"
	python3 -c "import ctypes, os
d = os.fsencode(os.environ[\"d\"])
r = ctypes.CDLL(None).renameat2
assert r(-100, d + b\"/w\", -100, d + b\"/s\", 2) == 0
assert r(-100, d + b\"/w\", -100, d + b\"/s\", 1) == -1" && cmp "$d/w" "$old"'
