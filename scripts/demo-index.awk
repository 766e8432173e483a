# SPDX-License-Identifier: Apache-2.0
# demo-index.awk - turn Debian's package list into memberships.
#
# Reads `apt-cache dumpavail`. Packages are numbered in the order in which they
# appear, from 1. Prints "SET<tab>NUMBER" for each membership of a package in
# a set, unsorted: section/games, depends/libc6, tag/role::program, word/game
# (a word of its one-line description), letters/sdl (three letters in a row in
# its name). With -v names=FILE, writes one package name per line there.

function member(kind, name)
{
	gsub("/", "_", name)
	if (name != "" && substr(name, 1, 1) != ".")
		print kind "/" name "\t" number
}

# "a (>= 1) | b, c:any" are the names a, b and c.
function name_list(kind, text,    part, alternative, i, j, count)
{
	count = split(text, part, /, */)
	for (i = 1; i <= count; i++) {
		split(part[i], alternative, / *\| */)
		for (j in alternative) {
			sub(/[ (:].*/, "", alternative[j])
			member(kind, alternative[j])
		}
	}
}

function tag_list(text,    part, i, count)
{
	count = split(text, part, /[ ,]+/)
	for (i = 1; i <= count; i++)
		member("tag", part[i])
}

function word_list(text,    part, i, count)
{
	count = split(tolower(text), part, /[^a-z0-9+-]+/)
	for (i = 1; i <= count; i++)
		if (length(part[i]) > 2)
			member("word", part[i])
}

function package(name,    i)
{
	number++
	if (names != "")
		print name > names
	for (i = 1; i <= length(name) - 2; i++)
		member("letters", substr(name, i, 3))
}

/^[A-Za-z-]+:/ {
	field = substr($1, 1, length($1) - 1)
	text = substr($0, length($1) + 2)
	if (field == "Package")
		package(text)
	else if (field == "Section" || field == "Priority")
		member(tolower(field), text)
	else if (field == "Depends" || field == "Pre-Depends")
		name_list("depends", text)
	else if (field == "Recommends" || field == "Suggests")
		name_list(tolower(field), text)
	else if (field == "Provides")
		name_list("provides", text)
	else if (field == "Task" || field == "Tag")
		tag_list(text)
	else if (field == "Source" || field == "Maintainer") {
		sub(/ *[<(].*/, "", text)
		member(tolower(field), text)
	} else if (field == "Description")
		word_list(text)
	next
}

/^ / && (field == "Task" || field == "Tag") { tag_list($0) }
