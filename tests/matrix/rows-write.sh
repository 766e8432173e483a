# shellcheck shell=bash disable=SC2016,SC2154 # matrix.sh sets them
# SPDX-License-Identifier: Apache-2.0
#
# rows-write.sh - what makes, replaces and extends a set.

# --- new sets ---
makes bash '>' 'cat "$want" >"$s"'
makes bash '>> in a loop' 'head -n 300 "$want" | while read -r x
	do echo "$x" >>"$s"; done; tail -n +301 "$want" >>"$s"'
makes bash 'exec 3>>' 'exec 3>>"$s"; cat "$want" >&3; exec 3>&-'
makes bash 'printf' 'printf "%s\n" $(<"$want") >"$s"'
makes bash 'noclobber' 'set -C; cat "$want" >"$s"; ! : >"$s"'
makes sh 'here document' '{ echo "cat >\"\$s\" <<X"; cat "$want"; echo X; } |
	sh'
makes cp 'in' 'cp "$want" "$s"'
makes cp '-a' 'cp -a "$want" "$s" &&
	[ "$(stat -c %Y "$s")" = "$(stat -c %Y "$want")" ]'
makes cp '--sparse=always' 'cp --sparse=always "$want" "$s"'
makes cp 'of a set' 'cp "$want" "$d/a" && cp "$d/a" "$s"'
makes cp '--reflink=auto of a set' 'cp "$want" "$d/a" &&
	cp --reflink=auto "$d/a" "$s"'
makes cp '-r of a directory' 'mkdir "$d/x" && cp "$want" "$d/x/s" &&
	cp -r "$d/x" "$d/y" && mv "$d/y/s" "$s"'
makes install '-m 600' 'install -m 600 "$want" "$s" &&
	[ "$(stat -c %a "$s")" = 600 ]'
makes install '-D -p' 'install -D -p "$want" "$d/p/q/s" && mv "$d/p/q/s" "$s"'
makes mv 'in' 'cp "$want" o && mv o "$s"'
makes tee 'one' 'tee "$s" <"$want" >/dev/null'
makes tee 'ten sets' 'tee "$d"/{1..9} "$s" <"$want" >/dev/null &&
	for i in {1..9}; do cmp "$d/$i" "$want" || exit 1; done'
makes dd 'blocks of 7' 'dd if="$want" of="$s" bs=7 status=none'
makes dd 'conv=fsync' 'dd if="$want" of="$s" bs=999 conv=fsync status=none'
makes dd 'oflag=dsync' 'dd if="$want" of="$s" bs=9999 oflag=dsync status=none'
makes dd 'oflag=append' 'dd if="$want" of="$s" bs=777 oflag=append \
	conv=notrunc status=none'
makes dd 'obs of a pipe' 'cat "$want" | dd of="$s" obs=4k status=none'
makes split '-l' 'cd "$d" && split -l 30000 -a 1 "$want" s. && mv s.a s'
makes split 'and cat' 'cd "$d" && split -l 7777 -d -a 1 "$want" part &&
	cat part? >s'
makes csplit 'and cat' 'cd "$d" && csplit -s -f part "$want" 100 9000 &&
	cat part* >s'
makes xargs '-n 1000 echo' 'xargs -n 1000 printf "%s\n" <"$want" >"$s"'
makes xargs '-P 4 appending' 'split -l 3000 "$want" p
	ls p* | xargs -P 4 -I{} sh -c "cat {} >>\"\$s\""'
makes awk 'print > set' 'awk "{ print > ENVIRON[\"s\"] }" "$want"'
makes awk 'print >> set' 'awk "{ print >> ENVIRON[\"s\"] }" "$want"'
makes gawk 'into buckets' 'gawk "{ print > (ENVIRON[\"d\"] \"/\" \$1 % 7) }" \
	"$want" && sort -nm "$d"/[0-6] >"$s"'
makes sed 'w' 'sed -n "w $s" "$want"'
makes sort '-o' 'shuf "$want" | sort -n -o "$s"'
makes sort 'of no order' 'shuf "$want" >"$s"'
makes perl 'print' 'perl -e '\''open F, ">", $ENV{s}; print F <>; close F or
	die'\'' "$want"'
makes perl 'syswrite' 'perl -e '\''open F, ">", $ENV{s}; local $/ = \1001;
	syswrite F, $_ while <>; close F or die'\'' "$want"'
makes python3 'write' 'python3 -c "import os
with open(os.environ[\"s\"], \"w\") as f:
	f.write(open(os.environ[\"want\"]).read())"'
makes python3 'print, unbuffered' 'python3 -c "import os
with open(os.environ[\"s\"], \"wb\", 0) as f:
	for x in open(os.environ[\"want\"], \"rb\").readlines()[:30000]:
		f.write(x)"'
makes python3 'append' 'python3 -c "import os
for x in open(os.environ[\"want\"]).read().split()[:200]:
	with open(os.environ[\"s\"], \"a\") as f: print(x, file=f)
"; tail -n +201 "$want" >>"$s"'
makes python3 'writev' 'python3 -c "import os
f = os.open(os.environ[\"s\"], os.O_WRONLY | os.O_CREAT)
v = open(os.environ[\"want\"], \"rb\").readlines()
for i in range(0, len(v), 500): os.writev(f, v[i:i + 500])
os.close(f)"'
makes python3 'os.replace' 'python3 -c "import os, shutil
t = os.environ[\"d\"] + \"/.s.tmp\"
shutil.copyfile(os.environ[\"want\"], t)
os.replace(t, os.environ[\"s\"])"'
makes python3 'copy_file_range' 'cp "$want" "$d/a"; python3 -c "import os
a = os.open(os.environ[\"d\"] + \"/a\", os.O_RDONLY)
s = os.open(os.environ[\"s\"], os.O_WRONLY | os.O_CREAT)
while os.copy_file_range(a, s, 1 << 30): pass
os.close(s)"'
makes python3 'sendfile in' 'python3 -c "import os
a = os.open(os.environ[\"want\"], os.O_RDONLY)
s = os.open(os.environ[\"s\"], os.O_WRONLY | os.O_CREAT)
n, o = os.fstat(a).st_size, 0
while o < n: o += os.sendfile(s, a, o, n - o)
os.close(s)"'
makes tar 'x' 'cp "$want" s && tar -cf - s | tar -C "$d" -xf -'
makes tar 'x, stored with -S' 'cp "$want" s && tar -cSf - s | tar -C "$d" -xf -'
makes tar 'x --overwrite' 'cp "$want" s && : >"$s" && tar -cf - s |
	tar -C "$d" --overwrite -xf -'
makes tar 'x -O' 'cp "$want" s && tar -cf - s | tar -xOf - >"$s"'
makes cpio '-i' 'cp "$want" s && echo s | cpio --quiet -o -H newc |
	(cd "$d" && cpio --quiet -i)'
makes unzip 'a file' 'cp "$want" s && zip -q z s && unzip -q z -d "$d"'
makes gzip '-d >' 'gzip -c "$want" >z.gz && gzip -dc z.gz >"$s"'
makes gzip 'in place' 'gzip -c "$want" >z.gz && gzip -dc z.gz >"$d/.s" &&
	mv "$d/.s" "$s"'
makes rsync 'in' 'rsync "$want" "$s"'
makes rsync '-a' 'rsync -a "$want" "$s" &&
	[ "$(stat -c %Y "$s")" = "$(stat -c %Y "$want")" ]'
makes rsync '-aSHAX' 'rsync -aSHAX "$want" "$s"'
makes rsync '--inplace' 'rsync --inplace "$want" "$s"'
makes rsync 'of a tree of sets' 'mkdir x && cp "$want" x/s &&
	rsync -a x/ "$d/"'
makes busybox 'cp' 'busybox cp "$want" "$s"'
makes busybox 'dd' 'busybox dd if="$want" of="$s" bs=10000 2>/dev/null'
makes curl '-o' 'curl -s -o "$s" "file://$want"'
makes ed 'r and w' 'printf "r %s\nw\nq\n" "$want" | ed -s "$s"'
makes vim 'r and wq' 'vim -u NONE -es -c "0r $want" -c wq "$s"'
makes sponge 'from itself' 'shuf "$want" >"$s"; sort -n "$s" | sponge "$s"'
makes ln '-s, written through' 'ln -s s "$d/l" && cat "$want" >"$d/l"'
makes ln 'hard, written through' ': >"$d/l" && ln "$d/l" "$s" &&
	cat "$want" >"$d/l"'
makes flock 'append' 'flock "$s" cat "$want" >>"$s"'
makes git 'checkout-index' 'git init -q . && cp "$want" s && git add s &&
	git --work-tree="$d" checkout-index s'

# --- a set that is there gets other content ---
writes bash '>' "$want" 'cat "$want" >"$s"'
writes bash ': >' /dev/null ': >"$s"'
writes bash '1<> from the start' "$want" 'cat "$want" 1<>"$s"'
writes truncate '-s 0' /dev/null 'truncate -s 0 "$s"'
writes truncate 'to its own size' "$old" 'truncate -s "$(stat -c %s "$s")" "$s"'
writes cp 'over' "$want" 'cp "$want" "$s"'
writes cp '-f' "$want" 'cp -f "$want" "$s"'
writes cp '--remove-destination' "$want" 'cp --remove-destination "$want" "$s"'
writes cp '-b' "$want" 'cp -b "$want" "$s" && cmp "$s~" "$old"'
writes install 'over' "$want" 'install "$want" "$s"'
writes mv 'over, from outside' "$want" 'cp "$want" o && mv o "$s"'
writes mv 'over, inside' "$want" 'cp "$want" "$d/n" && mv "$d/n" "$s"'
writes mv 'a scratch name over' "$want" 'cp "$want" "$d/.n" && mv "$d/.n" "$s"'
writes tee 'over' "$want" 'tee "$s" <"$want" >/dev/null'
writes dd 'over' "$want" 'dd if="$want" of="$s" bs=1000 status=none'
writes dd 'conv=notrunc, the same again' "$old" \
	'dd if="$old" of="$s" bs=1000 conv=notrunc status=none'
writes sort '-o itself' "$old" 'sort -n -o "$s" "$s"'
writes sort '-u -o itself and more' "$union" 'sort -nu -o "$s" "$s" "$want"'
writes sed '-i' "$odd" 'sed -i "/[02468]$/d" "$s"'
writes sed '-i.bak' "$odd" 'sed -i.bak "/[02468]$/d" "$s" && cmp "$s.bak" "$old"'
writes perl '-i' "$odd" 'perl -i -ne "print if /[13579]\$/" "$s"'
writes perl '-i.bak' "$odd" 'perl -i.bak -ne "print if /[13579]\$/" "$s"'
writes gawk '-i inplace' "$odd" 'gawk -i inplace "/[13579]\$/" "$s"'
writes ed 'g/re/d' "$odd" 'printf "g/[02468]$/d\nw\nq\n" | ed -s "$s"'
writes vim 'g/re/d' "$odd" 'vim -u NONE -es -c "g/[02468]$/d" -c wq "$s"'
writes vim 'backupcopy=yes' "$odd" \
	'vim -u NONE -es -c "set backup bkc=yes" -c "g/[02468]$/d" -c wq "$s"'
writes vim 'backupcopy=no' "$odd" \
	'vim -u NONE -es -c "set backup bkc=no" -c "g/[02468]$/d" -c wq "$s"'
writes vim 'with a swap file' "$odd" \
	'vim -u NONE -N -es -c "set swapfile" -c "e!" -c "g/[02468]$/d" -c wq "$s"'
writes busybox 'sed -i' "$odd" 'busybox sed -i "/[02468]$/d" "$s"'
writes patch 'a diff' "$odd" 'cp "$old" s; diff s "$odd" >p; patch -s "$s" p'
writes rsync 'over' "$want" 'rsync -I "$want" "$s"'
writes rsync '--inplace, longer' "$want" 'rsync -I --inplace "$want" "$s"'
writes rsync '--inplace, shorter' "$odd" 'rsync -I --inplace "$odd" "$s"'
writes rsync '--inplace, delta' "$want" \
	'rsync -I --inplace --no-whole-file "$want" "$s"'
writes rsync '--no-whole-file' "$want" 'rsync -I --no-whole-file "$want" "$s"'
writes rsync '--append' "$longer" 'rsync --append "$longer" "$s"'
writes rsync '--append-verify' "$longer" 'rsync --append-verify "$longer" "$s"'
writes rsync '-b' "$want" 'rsync -I -b "$want" "$s" && cmp "$s~" "$old"'
writes rsync '--delay-updates' "$want" 'rsync -I --delay-updates "$want" "$s"'
for how in -S -z --fsync --preallocate --fuzzy --partial-dir=.part \
	'--backup --backup-dir=old' '--inplace -S'; do
	writes rsync "$how" "$want" "rsync -I $how \"\$want\" \"\$s\""
done
writes rsync '--partial --temp-dir' "$want" \
	'mkdir "$d/tmp"; rsync -I --partial -T "$d/tmp" "$want" "$s"'
writes tar 'x over' "$want" 'cp "$want" s && tar -cf - s | tar -C "$d" -xf -'
writes unzip '-o over' "$want" \
	'cp "$want" s && zip -q z s && unzip -oq z -d "$d"'
writes python3 'r+ and truncate' "$want" 'python3 -c "import os
with open(os.environ[\"s\"], \"r+\") as f:
	f.truncate(0)
	f.write(open(os.environ[\"want\"]).read())"'
writes python3 'w over' "$want" 'python3 -c "import os
open(os.environ[\"s\"], \"w\").write(open(os.environ[\"want\"]).read())"'
writes python3 'fileinput in place' "$odd" 'python3 -c "import fileinput
for line in fileinput.input(\"$s\", inplace=True):
	if int(line) % 2: print(line, end=\"\")"'
writes python3 'O_TMPFILE and link' "$want" 'python3 -c "import ctypes, os
f = os.open(os.environ[\"d\"], os.O_TMPFILE | os.O_WRONLY)
os.write(f, open(os.environ[\"want\"], \"rb\").read())
os.remove(os.environ[\"s\"])
assert ctypes.CDLL(None).linkat(-100, b\"/proc/self/fd/%d\" % f, -100,
	os.fsencode(os.environ[\"s\"]), 0x400) == 0
os.close(f)"'
writes python3 'splice from a pipe' "$odd" 'grep "[13579]$" "$s" >odd
	cat odd | python3 -c "import os
f = os.open(os.environ[\"s\"], os.O_WRONLY | os.O_TRUNC)
while os.splice(0, f, 1 << 16): pass
os.close(f)"'
writes sort '-R -o itself' "$old" 'sort -R -o "$s" "$s"'
writes install '-b' "$want" 'install -b "$want" "$s" && cmp "$s~" "$old"'
writes cp '--backup=numbered' "$want" \
	'cp --backup=numbered "$want" "$s" && cmp "$s.~1~" "$old"'
writes dd 'conv=sparse' "$want" \
	'dd if="$want" of="$s" bs=512 conv=sparse status=none'
writes truncate 'to a size of its own, and to another' "$old" \
	'truncate -s +0 "$s" && ! truncate -s -5 "$s" 2>/dev/null'
writes shred 'is refused' "$old" '! shred -n 1 "$s" 2>/dev/null'
writes gzip 'in place is refused' "$old" '! gzip "$s" 2>/dev/null'
writes git 'commit, change, checkout' "$old" 'export GIT_DIR=$t/git
	git init -q && cd "$d" && export GIT_WORK_TREE=$d &&
	git add s && git -c user.name=a -c user.email=a commit -q -m 1 &&
	echo 99999 >>s && [ "$(git status --short s)" = " M s" ] &&
	git checkout -q s && [ -z "$(git status --short s)" ]'
writes sponge 'filtered' "$odd" 'grep "[13579]$" "$s" | sponge "$s"'
writes comm 'into a new name, renamed' "$odd" \
	'grep "[13579]$" "$s" >"$d/n" && mv "$d/n" "$s"'

# --- a set that is there grows, shrinks, or stays ---
writes bash '>>' "$union" 'cat "$want" >>"$s"'
writes bash '>> commands' "$odd" \
	'grep -v "[13579]$" "$s" >even; sed s/^/-/ even >>"$s"'
writes bash '>> a range and its removal' "$old" \
	'echo 100000-200000 >>"$s"; echo "!100000-200000" >>"$s"'
writes tee '-a' "$union" 'tee -a "$s" <"$want" >/dev/null'
writes dd 'oflag=append conv=notrunc' "$union" \
	'dd if="$want" of="$s" bs=1000 oflag=append conv=notrunc status=none'
writes python3 'a' "$union" 'python3 -c "import os
open(os.environ[\"s\"], \"a\").write(open(os.environ[\"want\"]).read())"'
writes perl '>>' "$union" 'perl -e '\''open F, ">>", $ENV{s}; print F <>;
	close F or die'\'' "$want"'
writes seq 'two appenders' "$union" 'head -n 15000 "$want" >>"$s" &
	tail -n +15001 "$want" >>"$s"; wait'
writes touch 'changes no member' "$old" 'touch "$s"; touch -d 2001-02-03 "$s"
	[ "$(date -d @"$(stat -c %Y "$s")" +%Y)" = 2001 ]'
writes chmod 'changes no member' "$old" 'chmod 640 "$s" && chown 1:1 "$s" &&
	[ "$(stat -c %a:%u "$s")" = 640:1 ]'
writes setfattr 'changes no member' "$old" 'setfattr -n user.k -v 1 "$s" &&
	[ "$(getfattr --only-values -n user.k "$s" 2>/dev/null)" = 1 ]'
writes ln 'and rm of the other name' "$old" 'ln "$s" "$d/l"; rm "$d/l"'
writes mv 'away and back' "$old" 'mv "$s" "$d/x"; mv "$d/x" "$s"'
writes mv 'out and back' "$old" 'mv "$s" x; mv x "$s"'
writes cp 'onto itself' "$old" '! cp "$s" "$s" 2>/dev/null'
