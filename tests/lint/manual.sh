#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: the manual pages are well formed, and what they, main.c and --help
# test: say of the commands is the same; so is what they and the table of
# test: reasons say of exit codes; design.md has all reasons
set -euo pipefail

rc=0
say() {
	echo "$*"
	rc=1
}

# same WHAT A B: two lists, a line each
same() {
	diff <(echo "$2") <(echo "$3") || say "$1"
}

section() { # FILE NAME: its lines
	awk -v name="$2" '/^\.Sh / { on = $0 == ".Sh " name; next } on' "$1"
}

mandoc -Tlint -Wwarning docs/*.[1-9] || rc=1

commands=$(sed -n 's/^\t{"\([a-z]*\)", verb_[a-z]*, ".*"},$/\1/p' src/main.c)
((${#commands})) || say "src/main.c: no table of commands was found"
help=$(build/sshdial --help | sed -n 's/^  \([a-z][a-z]*\)  *[a-z].*/\1/p')
synopsis=$(section docs/sshdial.8 SYNOPSIS | sed -n 's/^\.Cm //p')
items=$(section docs/sshdial.8 DESCRIPTION |
	sed -n 's/^\.It Nm Cm \([a-z]*\).*/\1/p')
same "sshdial --help has other commands than src/main.c" "$commands" "$help"
same "sshdial(8) has another synopsis than src/main.c" "$commands" "$synopsis"
same "sshdial(8) describes other commands than src/main.c" "$commands" "$items"
for command in $commands; do
	usage=$(build/sshdial "$command" --help | sed -n '1s/^usage: //p')
	[[ $usage == "sshdial $command"* ]] ||
		say "sshdial $command --help: no usage"
	{ grep -oE -- '--?[a-z]+' <<<"$usage" || true; } | while read -r option; do
		grep -qE "^\.It Nm Cm $command .*Fl ${option#-}( |\$)" \
			docs/sshdial.8 || echo "sshdial(8): $command has no $option"
	done | { ! grep .; } || rc=1
done

keys=$(sed -n 's/^\t{ "\([a-z0-9-]*\)", .*/\1/p' src/conf/keys.c)
((${#keys})) || say "src/conf/keys.c: no table of keys was found"
same "sshdial.conf(5) has other keys than src/conf/keys.c" "$keys" \
	"$(section docs/sshdial.conf.5 KEYS | sed -n 's/^\.It Ic \([^ ]*\) .*/\1/p')"

codes=$(sed -n '/^static const struct reason_info table/,/^};/p' \
	src/base/reason.c | tr -d '\n\t' | tr '}' '\n' |
	sed -n 's/.*", *\([0-9]\), *[a-z]*$/\1/p' | sort -u)
((${#codes})) || say "src/base/reason.c: no table of reasons was found"
same "sshdial(8) has other exit codes than src/base/reason.c" "$codes" \
	"$(section docs/sshdial.8 'EXIT STATUS' | sed -n 's/^\.It //p')"

reasons=$(sed -n '/^static const struct reason_info table/,/^};/p' \
	src/base/reason.c | tr -d '\n\t' | tr '}' '\n' |
	sed -n 's/.*= {"\([a-z0-9-]*\)".*/\1/p' | grep -vx none | sort)
((${#reasons})) || say "src/base/reason.c: no reasons were found"
for reason in $reasons; do
	section docs/sshdial.8 'EXIT STATUS' | grep -qwe "$reason" ||
		say "sshdial(8) has no $reason in EXIT STATUS"
done
same "docs/design.md has other reasons than src/base/reason.c" "$reasons" \
	"$(sed -n '/^## 9\. /,/^## 10\. /s/^| \([a-z0-9, -]*\) | [0-9] |.*/\1/p' \
		docs/design.md | tr -s ', ' '\n' | sort)"
exit "$rc"
