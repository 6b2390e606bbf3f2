# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Accounts, keys and a real sshd.

readonly HOST_KEYS=$REPO/build/tests/keys # made once, by the runner

# user_add NAME [GROUP]: makes an account with a home and a shell. It is not
# locked, but has no password. GROUP is its primary group.
user_add() {
	useradd --create-home --shell /bin/bash --password '*' \
		${2:+--gid "$2"} "$1"
}

# password_set NAME PASSWORD
password_set() {
	chpasswd <<<"$1:$2"
}

# key_make FILE [TYPE [ssh-keygen's options...]]: makes FILE and FILE.pub
key_make() {
	mkdir -p "${1%/*}"
	ssh-keygen -q -t "${2:-ed25519}" -N '' -C "${1##*/}" -f "$1" "${@:3}"
}

# authorize USER FILE.pub [OPTIONS]: adds a line to USER's authorized_keys
authorize() {
	local home line
	home=$(getent passwd "$1" | cut -d: -f6)
	line=$(<"$2")
	install -d -m 700 -o "$1" -g "$(id -g "$1")" "$home/.ssh"
	printf '%s\n' "${3:+$3 }$line" >>"$home/.ssh/authorized_keys"
	chown "$1:" "$home/.ssh/authorized_keys"
}

# known_hosts NAMES [TYPE...]: prints known_hosts lines with the keys that sshd_start
# uses. NAMES are joined by commas; [NAME]:PORT stands for another port than 22.
known_hosts() {
	local type
	for type in "${@:2}" $( (($# > 1)) || echo ed25519 ecdsa rsa); do
		printf '%s %s\n' "$1" "$(cut -d' ' -f1,2 \
			"$HOST_KEYS/ssh_host_${type}_key.pub")"
	done
}

# sshd_start HOST [LINE...]: starts a real sshd on HOST. LINEs of sshd_config come
# first, and so override the usual ones: three host keys, no PAM, LogLevel VERBOSE,
# port 22. The daemon is sshd-HOST, or sshd-HOST-PORT if the port is another, and
# its log OUT/DAEMON.log, to which a second start appends. Returns when it
# listens.
sshd_start() {
	local host=$1 name port conf
	shift
	port=$(printf '%s\n' "$@" | sed -n 's/^Port *//p' | head -n 1)
	name=sshd-$host${port:+-$port}
	conf=/etc/ssh/$name.conf
	{
		printf '%s\n' "$@"
		[[ "$*" == *HostKey\ * ]] ||
			printf 'HostKey "%s"\n' "$HOST_KEYS"/ssh_host_{ed25519,ecdsa,rsa}_key
		printf '%s\n' 'UsePAM no' 'LogLevel VERBOSE' 'PidFile none' \
			'UseDNS no' 'PrintMotd no' 'Subsystem sftp internal-sftp'
	} | put "$host" "$conf" 600
	daemon "$name" on "$host" /usr/sbin/sshd -D -f "$conf" \
		-E "$OUT/$name.log"
	wait_for 10 "$name listens" sshd_listens "$name" "$host" "${port:-22}"
}

sshd_listens() { # NAME HOST PORT
	alive "$1" || fail "$1 ended: $(cat "$OUT/$1.log")"
	listens "$2" "$3"
}

# no_session USER: succeeds if no sshd has a session of USER; for wait_for
no_session() {
	! pgrep -f "^sshd: $1"
}

# listens HOST PORT: succeeds if something listens on that TCP port. It reads the
# kernel's tables and starts no process, because it is called often.
listens() {
	listens_in "$1" "$2" '' || listens_in "$1" "$2" 6
}

# shellcheck disable=SC2153 # HOST is net.sh's
listens_in() { # HOST PORT TABLE
	local hex line
	printf -v hex ':%04X' "$2"
	while read -r line; do
		[[ $line != *"$hex "*" 0A "* ]] || return 0
	done <"/proc/${HOST[$1]}/net/tcp$3"
	return 1
}
