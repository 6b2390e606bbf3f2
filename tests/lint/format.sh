#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: C sources have the form of .clang-format, no line is over 80 columns
set -euo pipefail

shopt -s nullglob
files=(src/*.c src/*/*.[ch] tests/unit/*.[ch] tests/tools/*.[ch]
	tests/preload/*.c tests/fuzz/*.[ch])
rc=0
"${CLANG_FORMAT:-clang-format}" --dry-run -Werror "${files[@]}" || rc=1
for file in "${files[@]}"; do
	# comments and strings are not for clang-format to cut
	expand "$file" | awk -v file="$file" 'length > 80 {
		print file ":" NR ": " length " columns"; bad = 1
	} END { exit bad }' || rc=1
done
exit "$rc"
