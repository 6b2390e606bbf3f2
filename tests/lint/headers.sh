#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: each header compiles alone, twice, and has a comment above each
# test: function, or group of functions, that it declares
set -euo pipefail

read -r cc flags <build/flags
eval "flags=($flags)"

compiles_alone() { # HEADER
	printf '#include "%s"\n' "${1#src/}" "${1#src/}" |
		"$cc" "${flags[@]}" -Werror -fsyntax-only -x c -
}

# Paragraphs stand between empty lines. One that has a prototype, which is a
# line at the left with a parenthesis, must begin with a comment.
commented() { # HEADER
	awk -v RS= -v FS='\n' -v file="$1" '
	{
		for (i = 1; i <= NF; i++)
			if ($i ~ /^[a-z][a-z0-9_ *]*\(/ && $i !~ /^typedef/)
				break
		if (i <= NF && $1 !~ /^\/\*/) {
			print file ": no comment above: " $i
			bad = 1
		}
	}
	END { exit bad }' "$1"
}

rc=0
for header in src/*/*.h; do
	compiles_alone "$header" || rc=1
	commented "$header" || rc=1
done
exit "$rc"
