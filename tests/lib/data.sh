# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Test data, and transfers of it.

# random_file FILE BYTES [SEED]: fills FILE, fast. The same seed gives the same
# bytes. BYTES may have a suffix of head -c (1M, 64K).
random_file() {
	local seed
	seed=$(printf '%032x' "${3:-1}")
	head -c "$2" /dev/zero |
		openssl enc -aes-128-ctr -K "$seed" -iv "$seed" >"$1"
}

# same_file A B: equal, byte for byte
same_file() {
	cmp "$1" "$2" || fail "$1 ($(size_of "$1")) and $2 ($(size_of "$2"))" \
		"differ"
}

size_of() {
	stat -c '%s bytes' "$1"
}

# serve_tcp HOST ADDRESS PORT FILE: sends FILE to the first client that connects.
# The daemon is serve-PORT. Returns when it listens.
serve_tcp() {
	# shellcheck disable=SC2016
	daemon "serve-$3" on "$1" sh -c 'exec nc -N -l "$1" "$2" <"$3"' \
		serve "$2" "$3" "$4"
	wait_for 5 "$1 serves port $3" listens "$1" "$3"
}

# fetch_tcp HOST ADDRESS PORT FILE: writes to FILE what the other end sends, until
# that closes the connection
fetch_tcp() {
	on "$1" nc -d "$2" "$3" >"$4"
}

# tcp_copy FROM TO ADDRESS BYTES [PORT]: host FROM sends random bytes to ADDRESS of
# host TO; both ends are compared. Sets RATE to Mbit/s, with one decimal.
tcp_copy() {
	local port=${5:-5000} start ms
	local sent=/tmp/.sent.$port got=/tmp/.got.$port
	random_file "$sent" "$4" "$RANDOM"
	# shellcheck disable=SC2016
	daemon "take-$port" on "$2" sh -c 'exec nc -d -l "$1" "$2" >"$3"' \
		take "$3" "$port" "$got"
	wait_for 5 "$2 listens on port $port" listens "$2" "$port"
	start=${EPOCHREALTIME/./}
	on "$1" nc -N "$3" "$port" <"$sent"
	ended_within "take-$port" 60
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	same_file "$sent" "$got"
	rate_of "$(stat -c %s "$sent")" "$ms"
	note "$1 to $2 by $3: $4 in $ms ms, $RATE Mbit/s"
	rm -f "$sent" "$got"
}

rate_of() { # BYTES MILLISECONDS
	local tenths=$(($1 * 8 / (${2:-0} + 1) / 100))
	RATE=$((tenths / 10)).$((tenths % 10))
}

median() { # VALUE...
	printf '%s\n' "$@" | sort -n | sed -n "$(((1 + $#) / 2))p"
}

# compare [TITLE UNIT OURS THEIRS]: prints a line of a bench's table, with OURS
# divided by THEIRS; without arguments the heading
compare() {
	(($#)) || set -- '' '' sshdial 'ssh(1)'
	printf '%-32s %10s %10s %-7s' "$1" "$3" "$4" "$2"
	if [[ $3 == [0-9]* && $4 == [0-9]* ]]; then
		awk -v a="$3" -v b="$4" 'BEGIN { printf "%5.2f", b ? a / b : 0 }'
	fi
	echo
}
