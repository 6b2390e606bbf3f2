# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Rounds of bytes through sshdial exec and ssh(1) in turn, for benches. The
# script sets BYTES, and the arrays `sshdial` and `ssh`: words that run at the
# host client and take a command of the far end as their last one.

readonly ROUNDS=5
declare -A GOT=() # "KIND WAY": MB/s, one of each round

# timed KIND WAY CMD...: all of CMD's bytes come or go through a pipe
timed() {
	local key="$1 $2" start=${EPOCHREALTIME/./} us
	shift 2
	"$@"
	us=$((${EPOCHREALTIME/./} - start))
	GOT[$key]+="$((BYTES / us)) "
}

up() { # CMD...
	head -c "$BYTES" /dev/zero | on client "$@" 'wc -c' >/tmp/count
	is "$BYTES" "$(cat /tmp/count)" "bytes that came up"
}

down() { # CMD...
	on client "$@" "head -c $BYTES /dev/zero" | wc -c >/tmp/count
	is "$BYTES" "$(cat /tmp/count)" "bytes that came down"
}

# rounds NAME TITLE: runs them, and prints the medians beside each other
rounds() {
	local round kind way key
	GOT=()
	for ((round = 1; round <= ROUNDS; round++)); do
		for kind in $( ((round % 2)) && echo sshdial ssh || echo ssh sshdial); do
			declare -n words=$kind
			timed "$kind" up up "${words[@]}"
			timed "$kind" down down "${words[@]}"
		done
	done
	echo "medians of $ROUNDS rounds of $BYTES bytes each way, $2"
	compare
	for way in up down; do
		# shellcheck disable=SC2086 # words are meant
		compare "$1, $way" MB/s "$(median ${GOT[sshdial $way]})" \
			"$(median ${GOT[ssh $way]})"
	done
	for key in 'sshdial up' 'ssh up' 'sshdial down' 'ssh down'; do
		echo "  $key: ${GOT[$key]}"
	done
}
