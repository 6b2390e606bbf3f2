#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: the rooms of src/ know only those below them, each library has one
# test: room, and files and functions stay small
set -euo pipefail

# A room may include headers of itself and of the rooms behind it.
readonly ROOMS='
base
io         base
conf       base
ipc        base conf
guard      base
keys       base conf
ssh        base io conf ipc keys
line       base io conf
names      base
route      base conf names
session    base io conf ipc guard keys ssh
supervise  base io conf ipc guard keys line route session
verbs      base io conf ipc guard keys line route session supervise
'
# The only room for what these patterns match.
readonly LIBRARIES='
ssh|keys    libssh2_[a-z]|LIBSSH2_|libssh2\.h
ssh|keys  openssl/|EVP_|HMAC\(
guard  cap-ng\.h|capng_|CAPNG_|PR_SET_NO_NEW_PRIVS|seccomp|SCMP_|landlock
line   posix_openpt|TIOCGPTPEER
route  netlink/|nl_(socket|send|recv|cb|msg)|RTM_
base   epoll_(create1?|ctl|p?wait2?)\(|posix_spawn|pidfd_open
'
readonly FILE_MAX=600 FUNCTION_MAX=100

rc=0
say() {
	echo "$*"
	rc=1
}

# without comments, lines kept
code() { # FILE
	sed -E 's|//.*||; s|/\*.*\*/||; /\/\*/,/\*\//s|.*||' "$1"
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
	check_includes src/main.c verbs
	for room in src/*/; do
		[[ $known == *" $(basename "$room") "* ]] ||
			say "$room: no room of this list"
	done
}

check_libraries() {
	local room pattern file
	while read -r room pattern; do
		[[ -n $room ]] || continue
		for file in src/*.c src/*/*.[ch]; do
			[[ $file =~ ^src/($room)/ ]] ||
				! code "$file" | grep -nE "$pattern" ||
				say "$file: that belongs to src/$room"
		done
	done <<<"$LIBRARIES"
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

check_rooms
check_libraries
check_sizes
! grep -rnsE 'TODO|FIXME' --exclude-dir=lint \
	src tests docs scripts peers Makefile README.md || say "unfinished work is named above"
# what moves the bytes allocates nothing
! grep -nE '\b(malloc|calloc|realloc|strdup|strndup|asprintf)\(' \
	src/io/ring.c src/base/loop.c src/io/pump.c src/io/preamble.c \
	src/ipc/message.c src/session/run_command.c ||
	say "the data path allocates"
exit "$rc"
