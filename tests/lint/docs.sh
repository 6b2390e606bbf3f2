#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: the tests that the documents name in brackets exist, and every section
# test: of docs/recipes.md names one
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
awk '/^## / { if (title && !test) print title; title = $0; test = 0 }
	/\[(lab|native)\// { test = 1 }
	END { if (!test) print title }' docs/recipes.md |
	while read -r title; do
		echo "docs/recipes.md: no test in \"$title\""
	done | { ! grep .; } || rc=1
exit "$rc"
