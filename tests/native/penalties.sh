#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   refused, hostkey, failing, killed, mixed,     server
#   storm, tight: a client each, that is,           OpenSSH 10 of Debian 13,
#   a source of its own                             its PerSourcePenalties
#     10.9.N.1 ------------------------ 10.9.N.2      as they are by default
#
# test: an hour of refused logins and broken connections, and the first
# test: seconds of it, never get sshdial's address blocked by OpenSSH 10
# limit: 300
# waits: yes
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/debian.sh"

# The hour's clock is this many times faster, in sshd's listener, which
# keeps the penalties, and in sshdial.
readonly SPEED=30 DENSE=25 # seconds of the true clock
readonly CLIENTS=(refused hostkey failing killed mixed storm tight)
readonly LOG=$OUT/sshd-server.log
readonly FAR="printf '\\176\\377\\175\\043'; exec cat"
readonly HOME_THERE=/trixie/home
LIB=$(find /usr/lib/*/faketime -name libfaketime.so.1 | head -n 1)
[[ -n $LIB ]] || fail "libfaketime is missing: run tests/setup"

# --- set-up ---

host server
trixie_root server
sshdial_install
key_make /root/keys/good
key_make /root/keys/bad

client() { # NAME NUMBER: the host and its account at the server
	host "$1"
	link "$1" "10.9.$2.1/24" server "10.9.$2.2/24"
	for key in good bad; do
		put "$1" "/etc/sshdial/$key" 600 <"/root/keys/$key"
	done
	put "$1" /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
	known_hosts "10.9.$2.2" | put "$1" /etc/sshdial/known_hosts
	cp "/proc/${HOST[$1]}/root/etc/sshdial/known_hosts" "/srv/$1.known"
	in_trixie server useradd --create-home --shell /bin/bash \
		--password '*' "$1"
	lets_in "$1"
	far_command "$1" "$FAR"
	printf '%s\n' "server 10.9.$2.2" "user $1" 'login-timeout 10m' \
		'identity /etc/sshdial/good' 'pppd /etc/sshdial/pppd' \
		"remote-command sh /srv/$1" | peer "$1" far
	{
		cat "/proc/${HOST[$1]}/root/etc/sshdial/far.conf"
		echo 'identity /etc/sshdial/bad'
	} | sed '/good$/d' | peer "$1" stranger
}
lets_in() { # CLIENT
	put server "$HOME_THERE/$1/.ssh/authorized_keys" </root/keys/good.pub
}
refuses() { # CLIENT
	put server "$HOME_THERE/$1/.ssh/authorized_keys" <<<''
}
far_command() { # CLIENT COMMAND
	put server "/trixie/srv/$1" <<<"$2"
}
stranger_key() { # CLIENT: the server's key is another one now
	sed "s| ssh-.*| $(cut -d' ' -f1,2 /root/keys/bad.pub)|;/ecdsa/d" \
		"/srv/$1.known" | put "$1" /etc/sshdial/known_hosts
}
known_key() { # CLIENT
	put "$1" /etc/sshdial/known_hosts <"/srv/$1.known"
}
cut_sessions() { # CLIENT: where it has any
	pkill -KILL -f "^sshd-session: $1( |@)" || true
}

# --- what happens ---

# up CLIENT [WORD...]: the link is up once; WORDs are for env(1)
up() {
	daemon "$1" on "$1" env "${@:2}" sshdial call far
	wait_for 20 "$1 is online" online "$1"
}
online() { # CLIENT
	on "$1" sshdial status far | grep -q ' online '
}
# From now on it goes wrong.
begin() {
	refuses refused
	stranger_key hostkey
	stranger_key storm
	far_command failing 'exit 1'
	for name in refused hostkey failing killed storm; do
		cut_sessions "$name"
	done
}
something() { # one more thing happens to killed and mixed
	local what
	CHANCE=$(((CHANCE * 1103515245 + 12345) & 0x7fffffff))
	what=$((CHANCE >> 16))
	((what & 3)) || cut_sessions killed
	what=$((what >> 2 & 7))
	case $what in
	0) refuses mixed ;;
	1) stranger_key mixed ;;
	2) far_command mixed 'exit 1' ;;
	4) lets_in mixed ;;
	5) known_key mixed ;;
	6) far_command mixed "$FAR" ;;
	esac
	((what > 3)) || cut_sessions mixed
}
for_seconds() { # SECONDS: of the true clock, in which things happen
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) i
	while ((${EPOCHREALTIME/./} < end)); do
		something
		for ((i = 0; i < 10; i++)); do
			nap
		done
	done
}
all_well() { # nothing is wrong any more
	local name
	for name in "${CLIENTS[@]}"; do
		lets_in "$name"
		known_key "$name"
		far_command "$name" "$FAR"
	done
}

# --- what sshd thinks of it ---

# what it says of a source when it blocks it, and then of each connection
readonly BLOCKED='activating .* penalty|new .* active penalty|drop connection'
readonly DEFERRED='new .* deferred penalty of [15] seconds'
readonly DROPPED='drop connection #[0-9]+ from .* penalty: '

count() { # REGEX [CLIENT]: lines of sshd's log
	grep -aE "$1" "$LOG" |
		grep -cE "${2:+10\.9\.$(number "$2")\.1}" || true
}
number() { # CLIENT
	local i
	for i in "${!CLIENTS[@]}"; do
		[[ ${CLIENTS[i]} != "$1" ]] || echo $((i + 1))
	done
}

said() { # DAEMON REGEX: how many such lines it has printed
	grep -cE -e "$2" "$OUT/$1.log" || true
}
between() { # LEAST MOST GOT WHAT
	(($3 >= $1 && $3 <= $2)) || fail "$4: $3, expected $1 to $2"
}

# tries_in_a_row PENALTY REASON PEER: tight is turned away, for this reason,
# when tries that cost PENALTY seconds each have left more than 15 s
tries_in_a_row() {
	local n=0 before start=${EPOCHREALTIME/./} passed
	before=$(count "$DROPPED")
	while (($(count "$DROPPED") == before)); do
		((n++ < 60)) || fail "tight is never turned away"
		QUIET=1 on tight sshdial exec "$3" true 2>>"$OUT/tight.log" &&
			fail "tight was let in"
		nap # sshd has seen the end of it
	done
	((--n))
	passed=$(((${EPOCHREALTIME/./} - start + 999999) / 1000000))
	between $((15 / $1 + 1)) $(((15 + passed) / $1 + 2)) "$n" "tries"
	like "$2" "$(grep -aE "$DROPPED" "$LOG" | tail -n 1)" "sshd's log"
	note "turned away after $n tries in $passed s: $2"
}
# too many at once are blocked for half a minute
burst() {
	# shellcheck disable=SC2016 # expanded over there
	on tight sh -c 'for i in 1 2 3 4 5 6; do
		sshdial exec stranger true &
		done; wait' 2>>"$OUT/tight.log"
	wait_for 2 "tight is blocked" grep -aqE "$BLOCKED" "$LOG"
	QUIET=1 on tight sshdial exec far true && fail "tight was let in"
	wait_for 3 "half a minute of sshd's is over" let_in_again
}
let_in_again() {
	QUIET=1 on tight sshdial exec far true
}

# never_blocked CLIENT...: sshd turned none away and blocks none; each gets
# in at once
never_blocked() {
	local name
	for name; do
		stop "$name"
		note "$name: $(count '^Connection from' "$name") connections," \
			"$(count '^Accepted publickey' "$name") logins," \
			"$(said "$name" 'next try in') redials"
		is 0 "$(count "$BLOCKED" "$name")" "times that $name was blocked"
	done
	all_well
	for name; do
		ok on "$name" sshdial exec far true
		is 0 "$(count "$BLOCKED" "$name")" "times that $name was blocked"
	done
}

# --- the tests ---

for i in "${!CLIENTS[@]}"; do
	client "${CLIENTS[i]}" $((i + 1))
done
echo 'redial-max 1s' | on storm tee -a /etc/sshdial/far.conf
CHANCE=${SEED:-1}
note "SEED=$CHANCE replays this"

note "--- the first seconds, by the true clock"
sshd10_start server
like '^OpenSSH_1[0-9]' "$(in_trixie server sshd -V 2>&1)" "its version"
tries_in_a_row 5 'penalty: failed authentication' stranger
between 2 99 "$(count "$BLOCKED" tight)" "lines about tight"
for name in refused hostkey failing killed mixed storm; do
	up "$name"
done
begin
for_seconds "$DENSE"
ok let_in_again
stranger_key tight
tries_in_a_row 1 'penalty: connections without attempting auth' far
never_blocked refused hostkey failing killed mixed storm
stop sshd-server

note "--- an hour, by a clock that is $SPEED times as fast"
mv "$LOG" "$OUT/sshd-first.log"
mkdir "$OUT/first"
for name in "${CLIENTS[@]}"; do
	mv "$OUT/$name.log" "$OUT/first/"
done
readonly FASTER=("LD_PRELOAD=$LIB" "FAKETIME=+0 x$SPEED")
SSHD10_ENV=("${FASTER[@]}" FAKETIME_ONLY_CMDS=sshd)
sshd10_start server
burst
for name in refused hostkey failing killed mixed; do
	up "$name" "${FASTER[@]}"
done
begin
for_seconds $((3600 / SPEED))
is 1 "$(count '^Accepted publickey' refused)" "logins of refused"
between 1 99 "$(count "$DEFERRED" refused)" "penalties of refused"
between 1 99 "$(count "$DEFERRED" hostkey)" "penalties of hostkey"
between 1 99 "$(count "$DEFERRED" mixed)" "penalties of mixed"
# after 60, 60, 60, 120, 240, 480, 600, 600 ... seconds
between 8 13 "$(count '^Connection from' refused)" "tries of refused"
between 40 62 "$(count '^Connection from' hostkey)" "tries of hostkey"
is 1 "$(count '^Accepted publickey' hostkey)" "logins of hostkey"
never_blocked refused hostkey failing killed mixed
