# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# A clean Debian as a folder to chroot into: 12 (bookworm), and 13 (trixie)
# with OpenSSH 10.
#
# The runner sources this and calls debian_make before tests that ask for
# bookworm_root or trixie_root start: a stage has no network. What mmdebstrap
# made is kept as ${XDG_CACHE_HOME:-~/.cache}/sshdial/SUITE-N.tar and made
# again when it is damaged or DEBIAN_DAYS old. Needs REPO.

# What a test does there has to be there already. bookworm is for the package:
# what it depends on, and what it is looked at with.
declare -rA DEBIAN_PACKAGES=(
	[bookworm]="adduser,iproute2,libcap-ng0,libnl-3-200,libnl-route-3-200,libseccomp2,libssh2-1,openssh-server,ppp,systemd"
	[trixie]="openssh-server,libfaketime,ppp,libssh2-1t64,libnl-3-200,libcap-ng0,libseccomp2"
)
readonly DEBIAN_DAYS=30 DEBIAN_LIMIT=240

# debian_folder SUITE: where its `root' is; 0700: it has programs that are
# setuid
debian_folder() {
	echo "$REPO/build/tests/$1"
}

# --- for the runner ---

# debian_make SUITE: makes its root, or says in `error' beside it why it cannot
debian_make() {
	local tar lock folder
	folder=$(debian_folder "$1")
	tar=${XDG_CACHE_HOME:-$HOME/.cache}/sshdial/$1-$(debian_version "$1").tar
	install -d -m 700 "$folder" "${tar%/*}"
	exec {lock}>"${tar%/*}/lock"
	flock "$lock" # one run of one checkout at a time
	rm -f "$folder/error"
	if ! debian_current "$tar" "$folder" &&
		! { debian_tar "$tar" "$1" && debian_unpack "$tar" "$folder"; } \
			2>"$folder/log"; then
		mv "$folder/log" "$folder/error"
	fi
	exec {lock}>&-
}

# Another list of packages is another tar.
debian_version() { # SUITE
	sha256sum <<<"${DEBIAN_PACKAGES[$1]}" | cut -c 1-12
}

# What lies there is of that tar, and the tar is young.
debian_current() { # TAR FOLDER
	debian_young "$1" && cmp -s "$1.sum" "$2/sum"
}

debian_young() { # TAR
	[[ -n $(find "$1" -mtime "-$DEBIAN_DAYS" 2>/dev/null) ]]
}

debian_tar() { # TAR SUITE
	local part=$1.part
	! debian_young "$1" || ! debian_whole "$1" || return 0
	command -v mmdebstrap >/dev/null || {
		echo "mmdebstrap is missing: run tests/setup" >&2
		return 1
	}
	echo "tests/run: making a Debian $2, once in $DEBIAN_DAYS days"
	rm -f "$1" "$1.sum" "$part"
	# its limit is for a network that does not answer
	if timeout --kill-after=10 "$DEBIAN_LIMIT" mmdebstrap --quiet \
		--variant=minbase --include="${DEBIAN_PACKAGES[$2]}" --format=tar \
		"$2" "$part" "deb [signed-by=$(debian_keys)] \
$(debian_uri) $2 main" >&2; then
		sha256sum <"$part" >"$1.sum"
		mv "$part" "$1"
	else
		rm -f "$part"
		echo "no Debian $2 could be made from $(debian_uri)" >&2
		return 1
	fi
}

debian_whole() { # TAR
	sha256sum --check --status "$1.sum" <"$1" 2>/dev/null
}

debian_keys() {
	echo /usr/share/keyrings/debian-archive-keyring.gpg
}

# Where the machine's own Debian comes from
debian_uri() {
	local codename uri
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # apt's
	uri=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' \
		2>/dev/null | sed -n "s/^$codename //p" | grep '/debian/*$' |
		head -n 1)
	echo "${uri:-http://deb.debian.org/debian}"
}

debian_unpack() { # TAR FOLDER
	rm -rf "$2/sum" "$2/root"
	install -d -m 755 "$2/root"
	tar -C "$2/root" --exclude='./dev/*' --numeric-owner -xf "$1" &&
		cp "$1.sum" "$2/sum"
}

# --- for tests ---

# trixie_root HOST: HOST's /trixie is that Debian, with /proc and /dev, and
# with /out and the host keys; what is written there ends with the stage.
# `in_trixie HOST CMD...` runs CMD there.
trixie_root() {
	debian_root "$1" trixie
}

in_trixie() { # HOST CMD...
	on "$1" chroot /trixie "${@:2}"
}

# bookworm_root HOST, in_bookworm HOST CMD...: the same with /bookworm
bookworm_root() {
	debian_root "$1" bookworm
}

in_bookworm() { # HOST CMD...
	on "$1" chroot /bookworm "${@:2}"
}

debian_root() { # HOST SUITE
	local made folder
	made=$(debian_folder "$2")
	[[ -d $made ]] || fail "the runner made no Debian $2"
	[[ ! -e $made/error ]] || fail "no Debian $2: $(cat "$made/error")"
	mkdir -p "/$2" "$made/root/out" "$made/root/run/sshd" "$made/root/keys"
	QUIET=1 on "$1" mount --bind "$made/root" "/$2"
	for folder in proc dev dev/pts; do
		QUIET=1 on "$1" mount --bind "/$folder" "/$2/$folder"
	done
	QUIET=1 on "$1" mount --bind "$OUT" "/$2/out"
	QUIET=1 on "$1" mount --bind "$HOST_KEYS" "/$2/keys"
}

# sshd10_start HOST [LINE...]: as sshd_start (ssh.sh), by the OpenSSH of
# trixie_root HOST. Port 22 only. SSHD10_ENV are words for env(1).
SSHD10_ENV=()
sshd10_start() {
	local host=$1
	shift
	{
		printf '%s\n' "$@"
		[[ "$*" == *HostKey\ * ]] ||
			printf 'HostKey /keys/ssh_host_%s_key\n' ed25519 ecdsa rsa
		printf '%s\n' 'UsePAM no' 'LogLevel VERBOSE' 'PidFile none' \
			'UseDNS no' 'PrintMotd no' 'Subsystem sftp internal-sftp'
	} | put "$host" /trixie/etc/ssh/test.conf 600
	daemon "sshd-$host" on "$host" chroot /trixie env "${SSHD10_ENV[@]}" \
		/usr/sbin/sshd -D -f /etc/ssh/test.conf -E "/out/sshd-$host.log"
	wait_for 10 "OpenSSH 10 listens" sshd_listens "sshd-$host" "$host" 22
}
