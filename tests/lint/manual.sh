#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: the manual pages are well formed; the commands and options that they
# test: describe are those that the program takes, and the reverse; so are
# test: keys, exit codes and reasons; design.md has all reasons
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

# takes WORD...: the program takes these words. It looks at them one by one,
# and --help behind them is all that it does.
takes() {
	build/sshdial "$@" --help >/dev/null 2>&1
}

# flags: the options in lines of a manual page or of a usage, one a line
flags() {
	sed -E 's/\.(Op|It|Fl|Oo)//; s/(Oo )?Fl -+/--/g; s/(Oo )?Fl /-/g' |
		{ grep -oE -- '(^|[[ ])--?[A-Za-z0-9][a-z]*' || true; } |
		tr -d '[ ' | sort -u
}

commands=$(grep -o '&verb_[a-z]*' src/verbs/verbs.c | sed 's/.*_//')
((${#commands})) || say "src/verbs/verbs.c: no table of commands was found"
help=$(build/sshdial --help | sed -n 's/^  \([a-z][a-z]*\)  *[a-z].*/\1/p')
synopsis=$(section docs/sshdial.8 SYNOPSIS | sed -n 's/^\.Cm //p')
items=$(section docs/sshdial.8 DESCRIPTION |
	sed -n 's/^\.It Nm Cm \([a-z]*\).*/\1/p')
same "sshdial --help has other commands than src/verbs/verbs.c" \
	"$commands" "$help"
same "sshdial(8) has another synopsis than src/verbs/verbs.c" \
	"$commands" "$synopsis"
same "sshdial(8) describes other commands than src/verbs/verbs.c" \
	"$commands" "$items"
letters=$(printf '%s\n' {a..z} {A..Z} {0..9})
for command in $commands; do
	usage=$(build/sshdial "$command" --help | sed -n '1s/^usage: //p')
	[[ $usage == "sshdial $command"* ]] ||
		say "sshdial $command --help: no usage"
	! takes "$command" --no-such-option ||
		say "sshdial $command takes any option"
	options=$(flags <<<"$usage")
	same "sshdial(8): another synopsis of $command than its usage" "$options" \
		"$(section docs/sshdial.8 SYNOPSIS | awk -v command="$command" '
			/^\.Nm/ { on = 0 } $2 == command { on = 1 } on' | flags)"
	same "sshdial(8) describes other options of $command than its usage" \
		"$options" "$(grep "^\.It Nm Cm $command " docs/sshdial.8 | flags)"
	for option in $options; do
		takes "$command" "$option" || takes "$command" "$option" word ||
			say "sshdial $command does not take $option"
	done
	[[ $command != exec ]] || continue
	for letter in $letters; do
		[[ $letter == h || " ${options//$'\n'/ } " == *" -$letter "* ]] ||
			! takes "$command" "-$letter" ||
			say "sshdial(8): $command has no -$letter"
	done
done

# the options of ssh(1) that exec takes: those behind .Fl and, for -o, .Cm
described=$(section docs/sshdial.8 DESCRIPTION | awk '
	/^Both take the following options/ { on = 1 }
	/^\.It Nm Cm status/ { on = 0 }
	on && sub(/^(\.It )?\.?(Fl|Cm) /, "") { gsub(/[ ,]+|Fl /, "\n"); print }')
same "sshdial(8) has other letters of exec than the program takes" \
	"$(for letter in $letters; do
		if takes exec "-$letter" word ||
			takes exec "-$letter" BatchMode=yes; then
			echo "$letter"
		fi
	done | sort)" \
	"$({ grep -x '[A-Za-z0-9]' <<<"$described" && echo h; } | sort -u)"
keywords=$(sed -n 's/^\t{"\([A-Z][A-Za-z0-9]*\)", .*/\1/p' \
	src/verbs/ssh_args.c | sort -u)
((${#keywords})) || say "src/verbs/ssh_args.c: no table for -o was found"
options=$(sed -nE 's/^o?([A-Z][A-Za-z0-9]+(=[a-z]+)?)$/\1/p' <<<"$described")
same "sshdial(8) has other options for -o than src/verbs/ssh_args.c" \
	"$keywords" "$(cut -d= -f1 <<<"$options" | sort -u)"
for option in $options; do
	[[ $option == *=* ]] || option+="=yes"
	takes exec -o "$option" ||
		say "sshdial exec does not take -o $option"
done

keys=$(sed -n 's/^\t{ "\([a-z0-9-]*\)",.*/\1/p' src/conf/keys.c)
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
	"$(sed -n '/^## .*Reasons/,/^## .*Host keys/s/^| \([a-z0-9, -]*\) | [0-9] |.*/\1/p' \
		docs/design.md | tr -s ', ' '\n' | sort)"
exit "$rc"
