# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Part of sshdial-server: clients and their files.
#
# shellcheck disable=SC2015,SC2034,SC2154 # it is a part of sshdial-server

# --- clients ---

# clients: prints the names of all clients
clients() {
	for file in "$CLIENTS"/*; do
		[ -f "$file" ] && valid_name "${file##*/}" && echo "${file##*/}"
	done
}

# address_of NAME: prints its address, or nothing if its file is damaged
address_of() {
	while read -r pair; do
		case $pair in
		*[!0-9.:]* | *:*:*) ;;
		*.*:*.*) echo "${pair#*:}" ;;
		esac
	done <"$CLIENTS/$1"
} 2>/dev/null

address6_of() {
	setting address6 "$CLIENTS/$1"
}

# taken CMD: prints what CMD prints for each client
taken() {
	for client in $(clients); do
		"$1" "$client"
	done
}

# first_free LOW HIGH: prints the first number that is not in standard input
first_free() {
	awk -v n="$1" -v high="$2" '{ used[$1] = 1 } END {
		while (n <= high && (n in used))
			n++
		if (n > high)
			exit 1
		print n
	}'
}

address_choose() {
	hosts=$(for a in $(taken address_of); do
		echo $(($(ipv4 "$a") - net))
	done)
	if [ -n "$address" ]; then
		value=$(ipv4 "$address") || usage_error "--address: '$(shown \
			"$address")' is not an IPv4 address"
		[ "$address" != "$own" ] ||
			die "$address is the server's own address of the links"
		! echo "$hosts" | grep -qx -e "$((value - net))" ||
			die "$address is another client's"
		! ip -4 -o addr show 2>/dev/null | grep -qF "inet $address/" ||
			die "$address is an address of this machine"
		return 0
	fi
	free=$(echo "$hosts" | first_free 2 $((size - 2))) ||
		die "the pool $pool is full"
	address=$(dotted $((net + free)))
}

address6_choose() {
	if [ -n "$address6" ]; then
		[ -n "$pool6" ] || die "--address6 wants init --pool6 first"
		digits=$(ipv6 "$address6") || usage_error "--address6: '$(shown \
			"$address6")' is not an IPv6 address"
		address6=$(text6 "$digits")
		[ "$address6" != "$own6" ] ||
			die "$address6 is the server's own address of the links"
		! taken address6_of | grep -qxF -e "$address6" ||
			die "$address6 is another client's"
	elif [ -n "$pool6" ]; then
		head=$(numbered6 0)
		free=$(for a in $(taken address6_of); do
			digits=$(ipv6 "$a")
			[ "${digits%????}0000" != "$head" ] ||
				echo $((0x${digits#????????????????????????????}))
		done | first_free 2 65534) || die "the pool $pool6 is full"
		address6=$(text6 "$(numbered6 "$free")")
	fi
}

# client_file: prints pppd's options for a client
client_file() {
	cat <<-EOF &&
	# Options of pppd for a client; written by sshdial-server(8), which reads
	# the lines with #: as well. Lines may be added.
	file $COMMON
	linkname sshdial-$name
	ipparam sshdial-server:$name
	$own:$address
	EOF
	if [ -n "$pap" ]; then
		printf '%s\n' require-pap "remotename $name"
	else
		echo noauth
	fi && if [ -n "$address6" ]; then
		printf '%s\n' "#: address6 $address6" "#: own6 $own6"
	fi && for route in $routes; do
		echo "#: route $route"
	done
}

# client_same: fails if the options given differ from the client's file
client_same() {
	file=$CLIENTS/$name
	[ -n "$(address_of "$name")" ] || die "$file is damaged: no address pair;" \
		"run sshdial-server remove $name"
	{ [ -z "$address" ] || [ "$address" = "$(address_of "$name")" ]; } &&
		{ [ -z "$address6" ] || [ "$(ipv6 "$address6")" = \
			"$(ipv6 "$(address6_of "$name")")" ]; } &&
		{ [ -z "$pap" ] || grep -qx require-pap "$file"; } ||
		die "$name exists with other addresses or options; remove it first"
	for route in $routes; do
		setting route "$file" | grep -qxF -e "$route" ||
			die "$name exists without the route $route; remove it first"
	done
	address=$(address_of "$name")
	address6=$(address6_of "$name")
	! grep -qx require-pap "$file" || pap=1
}

# secret_line NAME: prints our line of pap-secrets
secret_line() {
	grep -a "^$(echo "$1" | sed 's/\./\\./g') \* [0-9a-f]* [0-9.]* # sshdial-server\$" \
		"$SECRETS" 2>/dev/null
}

secrets_check() {
	[ ! -L "$SECRETS" ] || die "$SECRETS is a symbolic link"
	[ ! -e "$SECRETS" ] || [ -f "$SECRETS" ] ||
		die "$SECRETS is not a regular file"
}

secrets_with() {
	if [ -e "$SECRETS" ]; then
		cat "$SECRETS" && if [ -n "$(tail -c 1 "$SECRETS")" ]; then
			echo
		fi
	fi && printf '%s * %s %s # sshdial-server\n' "$name" "$secret" "$address"
}

# secret_free: fails if a line of pap-secrets that is not ours has the name
secret_free() {
	secrets_check
	[ -n "$(secret_line "$name")" ] || ! awk -v name="$name" '{ gsub(/"/, "", $1) } $1 == name { found = 1 }
		END { exit !found }' "$SECRETS" 2>/dev/null ||
		die "$SECRETS has a line for $name that is not ours; remove it first"
}

secret_add() {
	[ -z "$(secret_line "$name")" ] || return 0
	secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	[ ${#secret} -eq 32 ] || die "/dev/urandom gives nothing"
	content secrets_with
	put "$SECRETS" 600
}

secrets_without() {
	number=$(awk -v line="$1" '$0 == line { printf "%dd;", NR }' "$SECRETS") &&
		sed "$number" "$SECRETS"
}

secret_remove() {
	secrets_check
	line=$(secret_line "$1") || return 0
	content secrets_without "$line"
	put "$SECRETS" 600
}
