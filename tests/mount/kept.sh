#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The kernel may keep the attributes of a set for a while, and nobody ever sees
# old ones: whatever is done to it through any face shows at once in the plain
# one, also while others ask for it all the time, so that there is always an
# answer under way.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require perl
mount_store

B=$MNT/bitmaps
rounds=40
sanitized && rounds=8
echo 1 >"$B/x"
echo 1 >"$B/victim"
mkdir "$B/sub"
# Who reads is no reason not to keep them.
exec 7<"$B/x"

# Asks until it is told to stop.
# shellcheck disable=SC2016 # perl
hammer='my ($stop, @f) = @ARGV; until (-e $stop) {
	for (1 .. 100) { stat $_ for @f; select undef, undef, undef, 2e-4 } }'
perl -e "$hammer" "$DIR/stop" "$B/x" "$B/victim" "$B/y" &
one=$!
perl -e "$hammer" "$DIR/stop" "$B/x" "$B/.as/pad/x" "$B/sub/y" &
two=$!

cat >"$DIR/change.pl" <<'END'
use strict;
use warnings;
my ($b, $rounds) = @ARGV;
my ($x, $as) = ("$b/x", "$b/.as/le64");

sub put {
	my ($how, $path, $bytes) = @_;
	open(my $f, $how, $path) or die "$path: $!";
	binmode $f;
	syswrite($f, $bytes) == length $bytes or die "$path: $!";
	close $f or die "$path: $!";
}

# is WHAT NUMBER PATH FIELD - a field of stat(2).
sub is {
	my ($what, $want, $path, $field) = @_;
	my $got = (stat $path)[$field] // 'nothing';
	return if $got eq $want;
	sleep 2; # as long as it may be kept, and longer
	my $then = (stat $path)[$field] // 'nothing';
	die "$what: $got is not $want, later $then\n";
}

sub size { is($_[0], $_[1], $x, 7) }

sub by_format {
	my ($i) = @_;
	my $n = 1 + $i % 9;
	put('>', "$as/x", pack 'Q<*', 1 .. $n);
	size("$i: replaced as le64", 2 * $n);
	put('>', "$b/.as/pad/x", join '', map { sprintf "%020d\n", $_ } 1 .. 9);
	size("$i: replaced as pad", 18);
	put('>>', "$b/.as/ranges/x", "10-19\n");
	size("$i: appended as ranges", 18 + 30);
	truncate "$as/x", 0 or die $!;
	size("$i: truncated as le64", 0);
}

sub by_attributes {
	my ($i) = @_;
	my $mode = 0600 | $i % 8;
	chmod $mode, "$as/x" or die $!;
	is("$i: mode", 0100000 | $mode, $x, 2);
	chown $i, $i + 1, "$as/x" or die $!;
	is("$i: owner", $i, $x, 4);
	utime 1000 + $i, 2000 + $i, "$as/x" or die $!;
	is("$i: time", 2000 + $i, $x, 9);
}

sub by_names {
	my ($i) = @_;
	link "$as/x", "$as/y" or die $!;
	is("$i: links", 2, $x, 3);
	is("$i: links", 2, "$b/y", 3);
	rename "$as/y", "$as/sub/y" or die $!;
	is("$i: links, moved", 2, "$b/sub/y", 3);
	rename "$as/victim", "$as/sub/y" or die $!;
	is("$i: links, replaced", 1, $x, 3);
	rename "$b/sub/y", "$b/victim" or die $!;
	link $x, "$b/y" or die $!;
	is("$i: links as text", 2, $x, 3);
	unlink "$as/y" or die $!;
	is("$i: links, removed", 1, $x, 3);
}

# And as text: a replace counts when it is closed, as does a torn line.
sub by_text {
	my ($i) = @_;
	put('>', $x, "1\n2\n");
	size("$i: replaced", 4);
	open(my $f, '>>', $x) or die $!;
	syswrite $f, "3\n";
	size("$i: appended", 6);
	syswrite $f, "77";
	size("$i: torn", 6);
	close $f or die $!;
	size("$i: finished", 9);
	open($f, '>', $x) or die $!;
	syswrite $f, "123456\n";
	size("$i: staged", 9);
	close $f or die $!;
	size("$i: swapped", 7);
	open($f, '+<', $x) or die $!;
	size("$i: opened", 7);
	truncate $f, 0 or die $!;
	close $f or die $!;
	size("$i: cut", 0);
	put('>', "$b/.scratch", "10\n11\n12\n");
	rename "$b/.scratch", "$b/adopted" or die $!;
	is("$i: adopted", 9, "$b/adopted", 7);
	unlink "$b/adopted";
}

for my $i (1 .. $rounds) {
	by_format($i);
	by_attributes($i);
	by_names($i);
	by_text($i);
}
END
good=yes
perl "$DIR/change.pl" "$B" "$rounds" || good=no
: >"$DIR/stop"
wait "$one" "$two" || fail "who asked all the time failed"
[ "$good" = yes ] || fail "somebody saw what was"

# What nobody asks for between two changes, with time for it to be kept.
for _ in 1 2 3; do
	echo 5 >"$B/x"
	stat "$B/x" >"$DIR/before"
	printf '\1\0\0\0\0\0\0\0' >"$B/.as/le64/x"
	expect_eq "$(stat -c %s "$B/x")" 2
	sleep 0.2
done

# One that expires is kept no longer than it lives.
if command -v setfattr >/dev/null; then
	echo 5 >"$B/short"
	stat "$B/short" >"$DIR/before"
	setfattr -n user.roarfs.ttl -v 1 "$B/.as/le64/short"
	stat "$B/short" >"$DIR/before"
	sleep 1.1
	[ ! -e "$B/short" ] || fail "it is still there"
fi

exec 7<&-
unmount_store
check_store
