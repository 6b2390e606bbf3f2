# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Part of sshdial-server: the checks of `sshdial-server check'.
#
# shellcheck disable=SC2015,SC2034,SC2154 # it is a part of sshdial-server

# --- checks ---

problems=0
good() { # WHAT TEXT
	printf 'ok    %-9s %s\n' "$1" "$2"
}

bad() { # WHAT TEXT...
	what=$1
	shift
	printf 'FAIL  %-9s %s\n' "$what" "$*"
	problems=$((problems + 1))
}

check_pppd() {
	[ -x "$PPPD" ] || {
		bad pppd "there is no $PPPD; apt-get install ppp"
		return
	}
	version=$("$PPPD" --version 2>&1 | sed -n 's/.*version \([0-9.]*\).*/\1/p')
	case $version in
	2.4.[0-8] | 2.[0-3].* | 1.* | '')
		bad pppd "version '$version'; 2.4.9 or newer is needed"
		;;
	*) good pppd "$PPPD $version" ;;
	esac
	case $(stat -c '%A %U' "$PPPD") in
	???s*root) good setuid "$(stat -c '%A %U %G' "$PPPD")" ;;
	*) bad setuid "$PPPD is not setuid root; run dpkg-statoverride --update" \
		"--add root dip 4754 $PPPD" ;;
	esac
	if as_account test -x "$PPPD"; then
		good account "$user may run pppd"
	else
		bad account "$user may not run pppd; run" \
			"usermod -aG $(stat -c %G "$PPPD") $user"
	fi
	[ -e /dev/ppp ] || modprobe -qn ppp_async 2>/dev/null ||
		bad kernel "no /dev/ppp, and no module ppp_async"
}

check_account() {
	case $(getent shadow "$user" | cut -d: -f2) in
	!*) bad account "$user is locked, and sshd refuses it; run" \
		"usermod -p '*' $user" ;;
	esac
	case $shell in
	*/nologin | */false | '') bad account "the shell of $user, ${shell:-none}," \
		"runs no command; run chsh -s /bin/sh $user" ;;
	esac
	case $(stat -c %A "$home" 2>/dev/null) in
	'') bad account "there is no $home" ;;
	?????w???? | ????????w?) bad account "$home can be written by others, and" \
		"sshd then takes no key; run chmod go-w $home" ;;
	esac
	as_account test -w "$home/.sshdial" || [ "$(stat -c %u "$home")" = "$uid" ] ||
		bad account "$home/.sshdial is not ${user}'s; sshdial-answer needs it"
}

# listed KEY WORD...: sshd's list KEY matches one of the WORDs, patterns included
listed() (
	list=$(sshd_says "$1" | sed 's/@.*//')
	shift
	set -f
	for pattern in $list; do
		for word; do
			# shellcheck disable=SC2254 # a pattern is meant
			case $word in $pattern) exit 0 ;; esac
		done
	done
	exit 1
)

check_sshd() {
	before=$problems
	groups=$(id -Gn "$user")
	[ "$(sshd_says pubkeyauthentication)" = yes ] ||
		bad sshd "PubkeyAuthentication is not yes"
	case " $(sshd_says authenticationmethods) " in
	*' any '* | *' publickey '*) ;;
	*) bad sshd "AuthenticationMethods wants more than a key" ;;
	esac
	[ "$(sshd_says forcecommand)" = none ] ||
		bad sshd "ForceCommand is set and overrides the key's command"
	[ "$(sshd_says chrootdirectory)" = none ] ||
		bad sshd "ChrootDirectory is set, and there is no pppd in it"
	[ -z "$(sshd_says allowusers)" ] || listed allowusers "$user" ||
		bad sshd "AllowUsers does not let $user in"
	! listed denyusers "$user" || bad sshd "DenyUsers keeps $user out"
	# shellcheck disable=SC2086 # words are meant
	[ -z "$(sshd_says allowgroups)" ] || listed allowgroups $groups ||
		bad sshd "AllowGroups lets no group of $user in ($groups)"
	# shellcheck disable=SC2086 # words are meant
	! listed denygroups $groups || bad sshd "DenyGroups keeps $user out"
	[ "$problems" -gt "$before" ] || good sshd "lets $user in by a key of $keys"
}

check_pool() {
	for at in $(ip -4 -o addr show 2>/dev/null |
		awk '$2 !~ /^ppp/ { print $4 }'); do
		len=${at#*/}
		[ "$len" -lt "${pool#*/}" ] || len=${pool#*/}
		[ $(($(ipv4 "${at%/*}") >> (32 - len))) -ne $((net >> (32 - len))) ] ||
			bad pool "$at of this machine is in $pool; init --pool takes another"
	done
	good pool "$pool${pool6:+ and $pool6}"
}

check_client() { # NAME
	before=$problems
	file=$CLIENTS/$1
	[ "$(stat -c %u "$file")" = 0 ] && [ -z "$(find "$file" -perm /022)" ] ||
		bad "$1" "$file can be written by others than root"
	[ -n "$(address_of "$1")" ] || bad "$1" "$file has no address pair"
	case $(grep -c "^[0-9]* $1 " "$CONTENT") in
	1) ;;
	0) bad "$1" "has no key; add or remove it again" ;;
	*) bad "$1" "has more than one line in $keys" ;;
	esac
	! grep -qx require-pap "$file" || [ -n "$(secret_line "$1")" ] ||
		bad "$1" "has no line in $SECRETS; add or remove it again"
	as_account "$PPPD" notty nodetach nologfd call "sshdial-server.d/$1" dryrun \
		>/dev/null 2>"$KEY" </dev/null
	case $? in
	0 | 3 | 4) ;;
	*) bad "$1" "pppd rejects its file: $(shown "$(cat "$KEY")")" ;;
	esac
	[ "$problems" -gt "$before" ] || good "$1" "$(address_of "$1")"
}

# ours_in N: prints word N of each line that keys_ours has left in CONTENT
ours_in() {
	cut -d ' ' -f "$1" "$CONTENT" | sort -u
}

check_clients() {
	keys_read
	keys_ours >"$CONTENT"
	for name in $(clients); do check_client "$name"; done
	for name in $(ours_in 2); do
		[ -e "$CLIENTS/$name" ] || bad "$name" "$CLIENTS/$name is missing; add" \
			"or remove it again"
	done
	for answer in $(ours_in 5); do
		as_account test -x "$answer" || bad answer "$user cannot run $answer"
	done
	for twice in $({ taken address_of; taken address6_of; } | sort | uniq -d); do
		bad pool "two clients have $twice"
	done
}

check_all() {
	check_pppd
	check_account
	check_sshd
	check_pool
	check_clients
	for folder in $HOOKS; do
		[ ! -d "$folder" ] || [ -x "$folder/sshdial-server" ] ||
			bad hooks "$folder/sshdial-server is missing; run init"
	done
	[ "$problems" -eq 0 ]
}

verb_check() {
	[ $# -eq 0 ] || usage_error "check takes no arguments"
	load
	sshd_load
	lock
	check_all
}
