#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: the tests that the documents name in brackets exist, every section of
# test: docs/recipes.md names one, the files of src/ that they name exist, and
# test: docs/design.md has the rooms of the lint
set -euo pipefail

rc=0
say() {
	echo "$*"
	rc=1
}

names() { # FILE
	{ grep -oE '\[(lab|native|unit|lint|bench)/[^]]*\]' "$1" || true; } |
		tr -d '[] ' | tr ',' '\n' | sort -u
}

for document in docs/*.md; do
	for name in $(names "$document"); do
		[[ -e tests/$name.sh || -e tests/$name.c ]] ||
			say "$document: there is no test $name"
	done
done
while read -r name; do
	[[ -e src/$name ]] || say "the documents name src/$name, which is not there"
done < <(grep -ohP '\x60\K[a-z]+/[a-z0-9_]+\.[ch](?=\x60)' docs/*.md | sort -u)
awk '/^## / { if (title && !test) print title; title = $0; test = 0 }
	/\[(lab|native)\// { test = 1 }
	END { if (!test) print title }' docs/recipes.md |
	while read -r title; do
		echo "docs/recipes.md: no test in \"$title\""
	done | { ! grep .; } || rc=1

diff <(sed -n "/^readonly ROOMS='/,/^'/p" tests/lint/rooms.sh |
	sed -n 's/^\([a-z]\{1,\}\) *\(.*\)$/\1 \2/p' | grep -v '^readonly') \
	<(sed -n '/^## .*Rooms/,/^## .*call/s/^| \([a-z]*\) | \([a-z ]*\)| .*/\1 \2/p' \
		docs/design.md | grep -v '^room may' | sed 's/ *$//; s/^base$/base /') ||
	say "docs/design.md has other rooms than tests/lint/rooms.sh"
exit "$rc"
