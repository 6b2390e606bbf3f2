# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# For tests of links that break and come back: streams, gaps, processes, tries.

# the NAME: prints the id of the one process of this name. If there are more, it
# waits for them to end: a hook of pppd's, a child before its exec.
the() {
	local pids i
	for ((i = 0; i < 100; i++)); do
		pids=$(pgrep -x "$1") || true
		[[ ! $pids =~ ^[0-9]+$ ]] || break
		nap
	done
	like '^[0-9]+$' "$pids" "the one process $1"
	echo "$pids"
}

# local_pppd: prints the id of the pppd that sshdial has started
local_pppd() {
	pgrep -x -P "$(the sshdial)" pppd
}

# far_session: prints the id of sshd's process for the session of pppuser
far_session() {
	pgrep -f '^sshd: pppuser@notty'
}

# cut_session: kills the far session; a gap begins
cut_session() {
	local pids
	pids=$(far_session) || fail "no session at the server"
	gap_from
	# shellcheck disable=SC2086 # a process each
	kill -KILL $pids
}

# cut_own: kills our session process; a gap begins
cut_own() {
	local pid
	pid=$(the sshdial-session)
	gap_from
	kill -KILL "$pid"
}

# identity_of HOST NIC: prints the interface's index, which changes if the interface
# is deleted and made again
identity_of() {
	cat "/proc/${HOST[$1]}/root/sys/class/net/$2/ifindex"
}

# routed_pair: far_pair with a host `router' between the two, which can drop all
# packets (forward router no). The far command ends the pppd of an older session,
# because the server does not notice that the path is cut.
routed_pair() {
	host client router server
	link client 10.1.0.1/24 router 10.1.0.254/24
	link router 10.2.0.254/24 server 10.2.0.2/24
	ip -n client route add default via 10.1.0.254
	ip -n server route add default via 10.2.0.254
	forward router yes
	far_setup 10.2.0.2
	install -m 755 "$REPO/scripts/sshdial-answer" /usr/local/bin
	far_command "/usr/local/bin/sshdial-answer ${FAR_SEED#* }"
	sshd_start server
}

# mode NAME LINE...: makes the peer NAME: far with these lines in addition
mode() {
	local name=$1
	shift
	{
		cat "/proc/${HOST[client]}/root/etc/sshdial/far.conf"
		printf '%s\n' "$@"
	} | peer client "$name"
}

# cut_path NAME LEAST MOST REGEX: the router drops all packets. The daemon NAME ends
# its session LEAST to MOST milliseconds later, for a reason that matches.
cut_path() {
	local before
	before=$(said "$1" 'next try in')
	forward router no
	session_ends "$before" "$@"
}

session_ends() { # COUNT-BEFORE NAME LEAST MOST REGEX
	wait_for $((($4 + 999) / 1000)) "$2: it is noticed" \
		says "$2" 'next try in' $(($1 + 1))
	like "$5" "$(grep 'next try in' "$OUT/$2.log" |
		sed -n "$(($1 + 1))p")" "the reason"
	((WAITED >= $3 && WAITED <= $4)) || fail "noticed after $WAITED ms"
}

# --- a stream of numbers ---

# stream_start FROM TO ADDRESS: sends 40 KB a second by TCP until stream_end. TO has
# ADDRESS by then.
stream_start() {
	rm -f /tmp/.stream.*
	# shellcheck disable=SC2016 # expanded over there
	daemon stream-to on "$2" sh -c 'exec nc -d -l 5100 >/tmp/.stream.got'
	wait_for 5 "$2 takes the stream" listens "$2" 5100
	# shellcheck disable=SC2016
	daemon stream-from on "$1" sh -c 'perl -e "
		\$| = 1;
		until (-e q(/tmp/.stream.end)) {
			print map { sprintf qq(%015d\n), \$n++ } 1 .. 256;
			select undef, undef, undef, 0.1;
		}
		print STDERR \$n * 16;" 2>/tmp/.stream.size |
		nc -N "$1" 5100' from "$3"
	wait_for 5 "the stream flows" stream_beyond 4096
}

stream_beyond() { # BYTES
	(($(stat -c %s /tmp/.stream.got 2>/dev/null) > $1))
}

# stream_flows: succeeds when more of the stream arrives
stream_flows() { # SECONDS
	wait_for "$1" "the stream flows" \
		stream_beyond "$(stat -c %s /tmp/.stream.got)"
}

# stream_end: all that was sent has arrived, in order
stream_end() {
	local sent
	: >/tmp/.stream.end
	ended_within stream-from 30
	is 0 "$STATUS" "the sender's status"
	ended_within stream-to 30
	sent=$(</tmp/.stream.size)
	seq -f %015.0f 0 $((sent / 16 - 1)) >/tmp/.stream.sent
	same_file /tmp/.stream.sent /tmp/.stream.got
	note "the stream: $sent bytes, all in order"
}

# --- gaps ---
# No process is started while a gap lasts: in a guest, that would slow down what is
# measured.

# pings_start HOST ADDRESS [SECONDS-BETWEEN]
pings_start() {
	: >/tmp/.pings
	# shellcheck disable=SC2016
	daemon pings on "$1" sh -c 'exec ping -D -n -i "$2" "$1" \
		>>/tmp/.pings 2>/dev/null' pings "$2" "${3:-0.1}"
}

# gap_from: the gap begins now; sets BROKEN and forgets earlier pings
gap_from() {
	BROKEN=$((${EPOCHREALTIME/./} / 1000))
	: >/tmp/.pings
}

# answered [COUNT]: succeeds if COUNT pings were answered after a gap that began with
# gap_from. Sets GAP to its milliseconds. For wait_for.
answered() {
	local lines line t last=$BROKEN longest=300 n=0
	mapfile -t lines </tmp/.pings
	for line in "${lines[@]}"; do
		[[ $line == *ttl=* ]] || continue
		t=${line:1:10}${line:12:3}
		if ((t - last > longest)); then
			longest=$((t - last)) GAP=$((t - BROKEN)) n=0
		fi
		last=$t
		((++n))
	done
	((longest > 300 && n >= ${1:-1}))
}

# answered_at_all: succeeds if a ping was answered since gap_from; for wait_for
answered_at_all() {
	[[ $(</tmp/.pings) == *ttl=* ]]
}

# heals SECONDS: the gap ends within that time, and the link lasts a second more
heals() {
	wait_for "$1" "pings are answered again" answered 11
	note "gap: $GAP ms"
}

# --- how busy the machine is ---

# Milliseconds that ssh(1) needs for a login in a guest where nothing else runs
readonly QUIET_LOGIN=600
LOGINS=()

# logins ADDRESS: measures three logins of ssh(1)
logins() {
	local i start
	[[ -d ~alice ]] || user_add alice
	authorize alice /root/.ssh/id_ed25519.pub
	for ((i = 0; i < 3; i++)); do
		start=${EPOCHREALTIME/./}
		QUIET=1 on client ssh -i /root/.ssh/id_ed25519 -o BatchMode=yes \
			-o UserKnownHostsFile=/etc/sshdial/known_hosts \
			"alice@$1" true
		LOGINS+=($(((${EPOCHREALTIME/./} - start) / 1000)))
	done
}

# allowed MILLISECONDS: prints what this limit for a quiet machine is on this one
allowed() {
	local took
	took=$(median "${LOGINS[@]}")
	note "a login of ssh(1): ${LOGINS[*]} ms, quiet $QUIET_LOGIN"
	echo $((took > QUIET_LOGIN ? $1 * took / QUIET_LOGIN : $1))
}

# --- tries ---

# tries: prints how many connections the server's sshd has seen
tries() {
	said sshd-server '^Connection from'
}

# tries_of NAME: prints how many sessions the daemon has begun
tries_of() {
	said "$1" ': resolve: '
}

# says NAME REGEX [COUNT]: succeeds if the daemon has printed COUNT such lines or
# more; for wait_for
says() {
	(($(said "$1" "$2") >= ${3:-1}))
}

# said NAME REGEX: prints how many such lines the daemon has printed
said() {
	grep -cE -e "$2" "$OUT/$1.log" || true
}

# cpu_ms PID: prints the processor time of the process and its ended children
cpu_ms() {
	local stat
	stat=$(<"/proc/$1/stat")
	# shellcheck disable=SC2086 # words are meant
	set -- ${stat##*) }
	echo $(((${12} + ${13} + ${14} + ${15}) * 1000 / $(getconf CLK_TCK)))
}
