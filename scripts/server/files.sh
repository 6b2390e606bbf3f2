# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Part of sshdial-server: files, and the account's authorized_keys.
#
# shellcheck disable=SC2015,SC2034,SC2154 # it is a part of sshdial-server

# --- files ---

# Runs in the file's folder, as its owner, with the new content as standard input.
# The file is replaced as a whole, or not at all; an old file keeps its owner and
# mode.
# shellcheck disable=SC2016 # expanded over there
readonly PUT='umask 077
	new=.$1.new
	rm -f "$new" && if [ -e "$1" ]; then
		cp -p "$1" "$new" &&
			[ "$(stat -c %u "$1")" = "$(stat -c %u "$new")" ]
	else
		: >"$new" && chmod "$2" "$new"
	fi && cat >"$new" && sync "$new" && mv -f "$new" "$1" && sync . && exit
	rm -f "$new"
	exit 1'

# put FILE MODE: replaces FILE by CONTENT; a new file gets MODE
put() {
	(cd "${1%/*}" && sh -c "$PUT" put "${1##*/}" "$2") <"$CONTENT" ||
		die "$1 could not be written and is unchanged"
}

# content CMD...: writes the output of CMD to CONTENT
content() {
	"$@" >"$CONTENT" || die "$CONTENT could not be written"
}

# Only one sshdial-server runs at a time; the lock is held until this one exits.
lock() {
	[ -d "$CLIENTS" ] || die "there is no $CLIENTS; run sshdial-server init"
	exec 9<"$CLIENTS"
	flock -w 60 9 || die "another sshdial-server has been busy for a minute"
	trap 'rm -f "$CONTENT" "$KEYS" "$KEY"' EXIT
	trap 'exit 143' TERM INT HUP
	rm -f "$CLIENTS"/.*.new "$CONTENT" "$KEYS" "$KEY"
	umask 077
}

unlock() {
	rm -f "$CONTENT" "$KEYS" "$KEY"
	exec 9<&-
}

# setting KEY FILE: prints the values of the lines `#: KEY VALUE'
setting() {
	while read -r mark key value; do
		[ "$mark $key" != "#: $1" ] || echo "$value"
	done <"$2"
} 2>/dev/null

load() {
	user='' pool='' pool6=''
	[ -f "$COMMON" ] || die "there is no $COMMON; run sshdial-server init"
	while read -r mark key value; do
		case "$mark $key" in
		'#: user') user=$value ;;
		'#: pool') pool=$value ;;
		'#: pool6') pool6=$value ;;
		esac
	done <"$COMMON"
	valid_name "$user" && net=$(ipv4 "${pool%/*}") && number "${pool#*/}" 8 30 ||
		die "$COMMON was not written by sshdial-server, or is damaged"
	size=$((1 << (32 - ${pool#*/})))
	own=$(dotted $((net + 1)))
	own6=
	[ -z "$pool6" ] || own6=$(text6 "$(numbered6 1)")
	account_load || die "there is no account $user; run sshdial-server init"
}

# numbered6 N: the digits of the address number N of pool6
numbered6() {
	printf '%.28s%04x\n' "$(ipv6 "${pool6%/*}")" "$1"
}

account_load() {
	entry=$(getent passwd "$user") || return 1
	IFS=: read -r _ _ uid gid _ home shell <<-END
		$entry
	END
}

# as_account CMD...: runs CMD as the account
as_account() {
	setpriv --reuid "$uid" --regid "$gid" --init-groups "$@"
}

# --- the account's authorized_keys ---

# sshd_says KEY: prints sshd's setting for this account
sshd_says() {
	while read -r key value; do
		[ "$key" != "$1" ] || echo "$value"
	done <<-END
		$sshd_config
	END
}

sshd_load() {
	sshd_config=$(sshd -T -C "user=$user,host=localhost,addr=127.0.0.1" 2>&1) ||
		die "sshd -T fails: $(shown "$sshd_config")"
	keys=$(sshd_says authorizedkeysfile)
	keys=${keys%% *}
	case $keys in
	*%*) keys=$(echo "$keys" |
		sed "s|%h|$home|g; s|%u|$user|g; s|%U|$uid|g; s|%%|%|g") ;;
	esac
	case $keys in
	'' | none) die "AuthorizedKeysFile of sshd is none" ;;
	/*) folder=${keys%/*} ;;
	*)
		folder=$(cd -P -- "$home" 2>/dev/null && pwd -P) ||
			die "there is no $home, the home of $user"
		keys=$folder/$keys
		folder=${keys%/*}
		;;
	esac
}

# in_keys CMD...: runs CMD in the folder of the keys, as the owner of that folder.
# If the account owns it, it may change the folder meanwhile: CMD then has no more
# rights than the account.
in_keys() (
	cd -P -- "$folder" 2>/dev/null || die "there is no $folder"
	[ "$(pwd -P)" = "$folder" ] || die "$folder is a symbolic link"
	case $(stat -c '%A %u' .) in
	?????w*' '* | ????????w*' '*)
		die "$folder can be written by others; run chmod go-w $folder"
		;;
	*' 0') "$@" ;;
	*" $uid") as_account "$@" ;;
	*) die "$folder belongs to neither root nor $user" ;;
	esac
)

# keys_read: copies the keys to KEYS, which is empty if there are none
keys_read() {
	# shellcheck disable=SC2016 # expanded over there
	in_keys sh -c '[ ! -L "$1" ] || exit 3
		[ -e "$1" ] || exit 0
		[ -f "$1" ] || exit 3
		cat "$1"' keys "${keys##*/}" >"$KEYS"
	case $? in
	0) ;;
	3) die "$keys is a symbolic link, or not a regular file" ;;
	*) die "$keys could not be read" ;;
	esac
	[ "$(tr -dc '\000' <"$KEYS" | wc -c)" -eq 0 ] ||
		die "$keys has NUL bytes"
}

# keys_put: replaces the account's authorized_keys by CONTENT
keys_put() {
	in_keys sh -c "$PUT" put "${keys##*/}" 644 <"$CONTENT" ||
		die "$keys could not be written and is unchanged"
}

# keys_ours [NAME]: prints our lines as NUMBER NAME TYPE KEY ANSWER COMMENT...
keys_ours() {
	awk -F '"' -v name="${1-}" '
	$1 == "restrict,command=" && NF == 3 && $3 ~ /^ [a-z]/ {
		split($2, w, " ")
		if ($2 != w[1] " -n " w[3] " call sshdial-server.d/" w[3] ||
		    w[1] !~ /^\/.*\/sshdial-answer$/ || (name != "" && name != w[3]))
			next
		split($3, k, " ")
		rest = $3
		sub(/^ *[^ ]* *[^ ]* */, "", rest)
		print NR, w[3], k[1], k[2], w[1], rest
	}' "$KEYS"
}

# keys_without LINE...: prints KEYS without the lines of these numbers
keys_without() {
	script=
	for line; do script="$script${line}d;"; done
	sed "$script" "$KEYS"
}

# keys_with LINE WITHOUT...: prints KEYS without the lines of these numbers, then
# LINE. If the last line had no newline, it gets one.
keys_with() {
	line_new=$1
	shift
	keys_without "$@" && if [ -n "$(tail -c 1 "$KEYS")" ]; then
		echo
	fi && printf '%s\n' "$line_new"
}
