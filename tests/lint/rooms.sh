#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: the rooms of src/ know only those below them; a library's headers and
# test: functions reach only its own rooms; no files of a room call each other
# test: in a circle; files and functions stay below their ceilings
set -euo pipefail

# A room may include headers of itself and of the rooms behind it.
readonly ROOMS='
base
io         base
conf       base
ipc        base conf
guard      base
keys       base conf ipc
ssh        base io conf ipc
line       base io conf
names      base
route      base conf names
session    base io conf ipc guard ssh
supervise  base io conf ipc guard keys line route
verbs      base io conf ipc guard keys line route supervise
'
# HEADER ROOM...: the rooms whose files may reach it, through whatever they
# include. Code that runs as root must not see the library that reads from the
# network, nor may anything take rights away but guard.
readonly HEADERS='
libssh2[a-z_0-9]*\.h             ssh session
openssl/[a-z0-9]*\.h             ssh keys
cap-ng\.h                        guard
seccomp\.h                       guard
linux/(landlock|seccomp)\.h      guard
netlink/[a-z0-9/]*\.h            route
'
# SYMBOL ROOM...: the rooms whose objects may call it. session may know types
# of libssh2; only ssh may call it.
readonly SYMBOLS='
libssh2_[a-z0-9_]+                                  ssh
(EVP|HMAC|PEM|BIO|ERR|RAND|CRYPTO|OPENSSL|OSSL)(_[A-Za-z0-9_]+)?   ssh keys
(capng|seccomp|landlock)_[a-z_]+                    guard
nl(a|msg)?_[a-z0-9_]+                               route
epoll_[a-z0-9_]+                                    base
posix_openpt                                        line
posix_spawn[a-z_]*                                  base supervise
'
readonly FILE_MAX=600 FUNCTION_MAX=100

rc=0
say() {
	echo "$*"
	rc=1
}

check_includes() { # FILE ROOM ALLOWED...
	local file=$1 header
	shift
	while read -r header; do
		[[ " $* " == *" ${header%%/*} "* ]] ||
			say "$file: $1 must not include \"$header\""
		[[ -e src/$header ]] || say "$file: no such header: $header"
	done < <(sed -n 's/^#include "\(.*\)"$/\1/p' "$file")
}

check_rooms() {
	local room below file known=' '
	while read -r room below; do
		[[ -n $room ]] || continue
		known+="$room "
		for file in src/"$room"/*.[ch]; do
			# shellcheck disable=SC2086 # words are meant
			check_includes "$file" "$room" $below
		done
	done <<<"$ROOMS"
	check_includes src/main.c verbs session
	for room in src/*/; do
		[[ $known == *" $(basename "$room") "* ]] ||
			say "$room: no room of this list"
	done
}

# Every header that the compiler reads for each file, not only those that the
# file names.
check_headers() {
	local cc flags file pattern rooms
	read -r cc flags <build/flags
	eval "flags=($flags)"
	for file in src/*.c src/*/*.c; do
		"$cc" "${flags[@]}" -M "$file" |
			tr ' ' '\n' | grep '\.h$' | sed "s|^|$file |"
	done >"$LISTS/headers"
	while read -r pattern rooms; do
		[[ -n $pattern ]] || continue
		grep -qE "[ /]$pattern\$" "$LISTS/headers" ||
			say "no file reaches $pattern: is the list of headers right?"
		grep -E "[ /]$pattern\$" "$LISTS/headers" |
			outside "$rooms" "must not reach"
	done <<<"$HEADERS"
}

check_symbols() {
	local source pattern rooms
	for source in src/*.c src/*/*.c; do
		nm -u "build/${source%.c}.o" | sed "s|^ *U |$source |"
	done >"$LISTS/symbols"
	while read -r pattern rooms; do
		[[ -n $pattern ]] || continue
		grep -E " ($pattern)\$" "$LISTS/symbols" |
			outside "$rooms" "must not call"
	done <<<"$SYMBOLS"
}

# outside ROOMS WORDS: of lines `FILE NAME` those whose file is in no such room
outside() {
	local file name room
	while read -r file name; do
		room=${file#src/}
		[[ " $1 " == *" ${room%%/*} "* ]] ||
			echo "$file: $2 $name, which is for src/${1// /, src/}"
	done | { ! grep .; } || rc=1
}

# A file of a room may not need one that needs it, directly or in a round.
check_circles() {
	local room files circles
	circles=$(tests/lib/circles) || say "the circles are not known"
	while read -r room files; do
		[[ -z $room ]] || say "src/$room a circle: $files"
	done <<<"$circles"
}

check_sizes() {
	local file
	for file in src/*.c src/*/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch]; do
		awk -v file="$file" -v file_max="$FILE_MAX" \
			-v function_max="$FUNCTION_MAX" '
			/^\{/ { start = NR }
			/^\}$/ && start {
				if (NR - start + 1 > function_max) {
					print file ":" start ": a function of " \
						NR - start + 1 " lines"
					bad = 1
				}
				start = 0
			}
			END {
				if (NR > file_max) {
					print file ": " NR " lines"
					bad = 1
				}
				exit bad
			}' "$file" || rc=1
	done
}

LISTS=$(mktemp -d)
trap 'rm -rf "$LISTS"' EXIT
check_rooms
check_headers
check_symbols
check_circles
check_sizes
! grep -rnsE 'TODO|FIXME' --exclude-dir=lint \
	src tests docs scripts peers Makefile README.md || say "unfinished work is named above"
# what moves the bytes allocates nothing
! grep -nE '\b(malloc|calloc|realloc|strdup|strndup|asprintf)\(' \
	src/io/ring.c src/base/loop.c src/io/pump.c src/io/preamble.c \
	src/ipc/message.c src/session/run_command.c ||
	say "the data path allocates"
exit "$rc"
