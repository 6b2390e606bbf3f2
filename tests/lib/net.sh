# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Hosts, the links between them, and programs that run on them.

declare -A HOST=()   # name: the process id that holds the host's namespaces
declare -A NICS=()   # name: number of ethernet interfaces so far
NIC_INDEX=100        # of the last wire
declare -A DAEMON=() # name: process id

# host NAME...: makes hosts. Each has a network, a host name, /run, /etc/ppp,
# /etc/ssh and /etc/sshdial of its own; they share everything else. ip(8) knows
# each as the namespace NAME. Its syslog is OUT/NAME.syslog.log.
host() {
	local name fd pid
	for name; do
		exec {fd}< <(exec unshare --mount --net --uts \
			--propagation private "$REPO/tests/lib/host" "$name" \
			"$OUT/$name.syslog.log")
		read -r pid <&"$fd" || fail "host $name did not start"
		exec {fd}<&-
		HOST[$name]=$pid NICS[$name]=0
		ip netns attach "$name" "$pid"
	done
}

# on HOST CMD...: runs CMD on HOST, in /, and shows it in the log
on() {
	local pid=${HOST[$1]:?no such host}
	[[ -n ${QUIET:-} ]] || printf '[%s] %s\n' "$1" "${*:2}" >&"$TRACE"
	shift
	nsenter -t "$pid" -m -n -u -- "$@" {TRACE}>&- {NAP}>&-
}

# cubic HOST: HOST uses Debian's congestion control for TCP. A machine may have
# bbr instead, which waits for its own clock on links without a delay.
cubic() {
	local route
	while read -r route; do
		# shellcheck disable=SC2086 # words are meant
		ip -n "$1" route change $route congctl cubic
	done < <(ip -n "$1" route show proto kernel
		ip -n "$1" route show table local type local dev lo |
			sed 's/^/table local dev lo /')
}

# put HOST FILE [MODE [OWNER[:GROUP]]]: writes standard input to FILE on HOST
put() {
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on "$1" sh -c 'mkdir -p "${1%/*}" && cat >"$1" &&
		chmod "$2" "$1" && { [ -z "$3" ] || chown "$3" "$1"; }' \
		put "$2" "${3:-644}" "${4:-}"
}

# link A[:NIC] ADDRESSES B[:NIC] ADDRESSES: connects two hosts by a veth pair.
# ADDRESSES are IPv4 and IPv6, with prefix length and joined by commas, or - for
# none. NIC is ethN by default. The addresses can be used when it returns.
link() {
	local a=${1%%:*} b=${3%%:*} nic_a nic_b
	nic_a=$(nic_of "$1") nic_b=$(nic_of "$3")
	NICS[$a]=$((NICS[$a] + 1))
	NICS[$b]=$((NICS[$b] + 1))
	# the kernel sees the carrier late if both ends have the same index
	NIC_INDEX=$((NIC_INDEX + 2))
	ip link add name "$nic_a" index "$NIC_INDEX" netns "$a" type veth \
		peer name "$nic_b" index $((NIC_INDEX + 1)) netns "$b"
	nic_up "$a" "$nic_a" "$2"
	nic_up "$b" "$nic_b" "$4"
	wait_for 5 "$a $nic_a $2 is wired to $b $nic_b $4" \
		both_ready "$a" "$nic_a" "$b" "$nic_b"
}

# chain HOST...: makes these hosts and links each to the next one: 10.1.0.1 and
# 10.1.0.2, then 10.2.0.1 and 10.2.0.2, and so on. None of them routes.
chain() {
	local n
	host "$@"
	for ((n = 1; n < $#; n++)); do
		link "${!n}" "10.$n.0.1/24" "${@:n+1:1}" "10.$n.0.2/24"
	done
}

# The kernel makes the link-local address when it sees the carrier. IPv6 packets
# that are sent before are delayed by a second.
both_ready() { # A NIC_A B NIC_B
	nic_ready "$1" "$2" && nic_ready "$3" "$4"
}

nic_ready() { # HOST NIC
	grep -q "^fe80.* $2\$" "/proc/${HOST[$1]}/net/if_inet6"
}

nic_of() { # HOST[:NIC]
	if [[ $1 == *:* ]]; then echo "${1#*:}"; else echo "eth${NICS[$1]}"; fi
}

nic_up() { # HOST NIC ADDRESSES
	local address
	for address in ${3//,/ }; do
		case $address in
		-) ;;
		*:*) ip -n "$1" addr add "$address" dev "$2" nodad ;;
		*) ip -n "$1" addr add "$address" dev "$2" ;;
		esac
	done
	ip -n "$1" link set "$2" up
}

# forward HOST yes|no: HOST forwards packets, or does not. `no` cuts a path
# silently: both ends keep carrier and addresses, but no packet arrives.
forward() {
	local value=0
	[[ $2 == no ]] || value=1
	on "$1" sysctl -qw "net.ipv4.ip_forward=$value" \
		"net.ipv6.conf.all.forwarding=$value"
}

# daemon NAME [on HOST] CMD...: runs CMD in the background, in a session of its
# own and with default signal handling. Its output goes to OUT/NAME.log.
daemon() {
	local name=$1 enter=()
	shift
	if [[ $1 == on ]]; then
		enter=(nsenter -t "${HOST[$2]:?no such host}" -m -n -u --)
		shift 2
	fi
	note "daemon $name: $*"
	setsid env --default-signal "${enter[@]}" "$@" >>"$OUT/$name.log" \
		2>&1 </dev/null {TRACE}>&- {NAP}>&- &
	DAEMON[$name]=$!
}

# pid_of NAME: prints the process id of a daemon; alive NAME: it still runs
pid_of() {
	echo "${DAEMON[$1]:?no such daemon}"
}

alive() {
	kill -0 "${DAEMON[$1]:?no such daemon}"
}

# stop NAME [SIGNAL [SECONDS]]: ends a daemon and waits for it. If it needs more
# than 5 s, it is killed and the test fails. Sets STATUS to its exit status.
stop() {
	local pid=${DAEMON[$1]:?no such daemon}
	kill -s "${2:-TERM}" "$pid" || true
	ended_within "$1" "${3:-5}"
}

# ended_within NAME SECONDS: waits for a daemon to end by itself; sets STATUS
ended_within() {
	local pid=${DAEMON[$1]:?no such daemon}
	wait_for "$2" "$1 has ended" is_gone "$pid"
	# shellcheck disable=SC2034 # for the caller
	STATUS=0
	# shellcheck disable=SC2034
	wait "$pid" || STATUS=$?
	unset "DAEMON[$1]"
}

is_gone() { # PID: ended, if not waited for
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	[[ ${stat##*) } == Z* ]]
}

# At the end of the test: the stage ends whatever is left.
stop_all() {
	local name
	for name in "${!DAEMON[@]}"; do
		kill "${DAEMON[$name]}" 2>/dev/null
	done
}
