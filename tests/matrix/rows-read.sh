# shellcheck shell=bash disable=SC2016,SC2154 # matrix.sh sets them
# SPDX-License-Identifier: Apache-2.0
#
# rows-read.sh - what reads a set.

reads cat 'a file' 'cat "$s"'
reads cat 'standard input' 'cat <"$s"'
reads cat '-A' 'cat -A "$s" | tr -d "$"'
reads head 'all lines' 'head -n 999999 "$s"'
reads head 'and tail, cut at a line' 'head -n 7777 "$s"; tail -n +7778 "$s"'
reads head 'and tail, cut at a byte' 'head -c 54321 "$s"; tail -c +54322 "$s"'
reads tail 'the last lines' 'head -n -100 "$s"; tail -n 100 "$s"'
reads dd 'blocks of 7' 'dd if="$s" bs=7 status=none'
reads dd 'blocks of 4096' 'dd if="$s" bs=4096 status=none'
reads dd 'a megabyte' 'dd if="$s" bs=1M status=none'
reads dd 'iflag=direct' 'dd if="$s" bs=4096 iflag=direct status=none'
reads dd 'skip' 'dd if="$s" bs=1000 count=33 status=none
	dd if="$s" bs=1000 skip=33 status=none'
reads grep 'every line' 'grep "" "$s"'
reads grep '-F -x -f itself' 'head -n 300 "$s" >p; grep -Fxf p "$s"
	tail -n +301 "$s"'
reads sed '-n p' 'sed -n p "$s"'
reads awk '1' 'awk 1 "$s"'
reads gawk '1' 'gawk 1 "$s"'
reads perl '-ne print' 'perl -ne print "$s"'
reads perl 'sysread at offsets' 'perl -e '\''open F, "<", $ENV{s};
	for ($o = 0; sysseek(F, $o, 0), $n = sysread F, $b, 9999; $o += $n)
	{ print $b }'\'''
reads python3 'read' 'python3 -c "import os, sys
sys.stdout.write(open(os.environ[\"s\"]).read())"'
reads python3 'mmap' 'python3 -c "import mmap, os, sys
f = open(os.environ[\"s\"], \"rb\")
m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
sys.stdout.buffer.write(m[:])"'
reads python3 'pread backwards' 'python3 -c "import os, sys
f = os.open(os.environ[\"s\"], os.O_RDONLY)
n = os.fstat(f).st_size
p = [os.pread(f, 1001, o) for o in reversed(range(0, n, 1001))]
sys.stdout.buffer.write(b\"\".join(reversed(p)))"'
reads python3 'sendfile' 'python3 -c "import os, sys
f = os.open(os.environ[\"s\"], os.O_RDONLY)
n, o = os.fstat(f).st_size, 0
while o < n: o += os.sendfile(1, f, o, n - o)"'
reads python3 'copy_file_range out' 'python3 -c "import os, shutil
shutil.copyfile(os.environ[\"s\"], \"copy\")"; cat copy'
reads bash '$(<file)' 'x=$(<"$s"); printf "%s\n" "$x"'
reads bash 'mapfile' 'mapfile -t x <"$s"; printf "%s\n" "${x[@]}"'
reads bash 'while read' 'while read -r x; do echo "$x"; done <"$s"'
reads sh 'cat in a pipe' 'sh -c "cat \"$s\" | cat"'
reads xargs 'echo' 'xargs -n 1 <"$s"'
reads sort '-n' 'shuf "$s" | sort -n - "$s" | uniq'
reads sort '-m' 'sort -n -m "$s" "$s" | uniq'
reads uniq 'of a set is the set' 'uniq "$s"'
reads comm '-12 with itself' 'comm -12 --nocheck-order "$s" "$s"'
reads join 'with itself' 'join --nocheck-order "$s" "$s"'
reads diff 'nothing to say' 'diff "$s" "$want" && cat "$s"'
reads cmp 'nothing to say' 'cmp "$s" "$want" && cat "$s"'
reads tee 'to a file' 'tee o <"$s" >/dev/null; cat o'
reads cut '-b 1-' 'cut -b 1- "$s"'
reads paste '-s and back' 'paste -s "$s" | tr "\t" "\n"'
reads nl 'and cut' 'nl -w 1 "$s" | cut -f 2'
reads tac 'twice' 'tac "$s" | tac'
reads shuf 'and sort' 'shuf "$s" | sort -n'
reads split 'and cat' 'split -b 9999 "$s"; cat x*'
reads csplit 'and cat' 'csplit -s "$s" 100 200 300; cat xx*'
reads od 'and back' 'od -An -v -c -w1 "$s" | sed "s/^ *//" | grep -v "^$" |
	sed "s/^.n$/N/" | tr -d "\n" | tr N "\n"'
reads xxd 'and back' 'xxd "$s" | xxd -r'
reads base64 'and back' 'base64 "$s" | base64 -d'
reads gzip 'and back' 'gzip -c "$s" | gzip -dc'
reads bzip2 'and back' 'bzip2 -c "$s" | bzip2 -dc'
reads xz 'and back' 'xz -1 -c "$s" | xz -dc'
reads zip 'and unzip' 'zip -q z.zip -j "$s" && unzip -p z.zip'
reads tar 'c' 'tar -C "$d" -cf - s | tar -xOf -'
reads tar 'c -S' 'tar -C "$d" -cSf - s | tar -xOf -'
reads cpio '-o' 'cd "$d" && echo s | cpio --quiet -o -H newc |
	(cd "$t" && cpio --quiet -id) && cat "$t/s"'
reads cp 'out' 'cp "$s" o && cat o'
reads cp '-a' 'cp -a "$s" o && cat o'
reads cp '--sparse=always' 'cp --sparse=always "$s" o && cat o'
reads cp '--reflink=auto' 'cp --reflink=auto "$s" o && cat o'
reads install 'out' 'install "$s" o && cat o'
reads mv 'out' 'mv "$s" o && cat o && [ ! -e "$s" ]'
reads rsync 'out' 'rsync "$s" o && cat o'
reads rsync '-aS' 'rsync -aS "$s" o && cat o'
reads rsync '--checksum of an equal' 'cp "$s" o; rsync -c "$s" o; cat o'
reads less 'in a pipe' 'less "$s" | cat'
reads more 'standard input' 'cat "$s" | more'
reads busybox 'cat' 'busybox cat "$s"'
reads busybox 'tail -c' 'busybox head -c 777 "$s"; busybox tail -c +778 "$s"'
reads curl 'file://' 'curl -s "file://$s"'
reads ed 'print all' 'printf ",p\nq\n" | ed -s "$s"'
reads vim 'view, write elsewhere' 'vim -u NONE -R -es -c "w o" -c "qa!" "$s"; cat o'
reads git 'hash-object as of a file' '[ "$(git hash-object "$s")" = \
	"$(git hash-object "$want")" ] && cat "$s"'
reads ln 'symlink' 'ln -s s "$d/l" && cat "$d/l"'
reads ln 'hard link' 'ln "$s" "$d/l" && cat "$d/l"'
reads find '-exec cat' 'find "$d" -type f -exec cat {} +'
reads flock '-s' 'flock -s "$s" cat "$s"'

prints wc '-l' 30000 'wc -l <"$s"'
prints wc '-c' "$(stat -c %s "$want")" 'wc -c <"$s"'
prints stat 'size and type' "$(stat -c %s "$want") regular file" \
	'stat -c "%s %F" "$s"'
prints du '--apparent-size' "$(stat -c %s "$want")" \
	'du -b "$s" | cut -f 1'
prints md5sum 'a file' "$(md5sum <"$want")" 'md5sum <"$s"'
prints sha256sum '-c' 's: OK' \
	'cd "$d" && sha256sum "$want" | sed "s, .*,  s," | sha256sum -c'
prints cksum 'a file' "$(cksum <"$want")" 'cksum <"$s"'
prints grep '-c' 3000 'grep -c "0$" "$s"'
prints grep '-q -x' yes 'grep -qx 90000 "$s" && echo yes'
prints test '-s -f -r' yes '[ -s "$s" ] && [ -f "$s" ] && [ -r "$s" ] &&
	echo yes'
prints ls 'names' s 'ls "$d"'
prints find '-size -name' ./s 'cd "$d" && find . -type f -size +100k'
prints seq 'is in' 100 'grep -cxFf <(seq 3 3 300) "$s"'
