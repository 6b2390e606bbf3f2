#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   stage: a clone of the repository, and a machine without git
#
# test: make dist gives the same bytes for the same commit, in any folder; its
# test: files build, install and make the Debian package without git, all with
# test: the version of the release; between releases the version sorts
. "$REPO/tests/lib/lib.sh"

git config --global user.name test
git config --global user.email test@sshdial.invalid
git config --global safe.directory '*'
readonly ONE=/tmp/one TWO=/tmp/elsewhere/two
git clone -q "$REPO" "$ONE"
# what is not committed yet is tested as well
(cd "$REPO" && git diff --binary HEAD) | git -C "$ONE" apply --allow-empty
(cd "$REPO" && git ls-files -o --exclude-standard -z) |
	(cd "$REPO" && xargs -0r cp --parents -t "$ONE")
git -C "$ONE" add -A
git -C "$ONE" commit -q --allow-empty -m 'tests: a commit'
git -C "$ONE" tag -l | xargs -r git -C "$ONE" tag -d >/dev/null
git clone -q "$ONE" "$TWO"
release=$(sed -n 's/^VERSION *:= *//p' "$REPO/Makefile")
version() { # FOLDER
	"$1/scripts/version" "$release"
}

note "--- versions"
like '^[0-9]+\.[0-9]+$' "$release" "the release"
is "sshdial $release" "$(sed -n '/^sshdial [0-9]/{p;q}' "$REPO/docs/NEWS")" \
	"the first entry of NEWS"
before=$(version "$ONE")
like "^$release~[0-9]+\.g[0-9a-f]+\$" "$before" "before the release"
echo >>"$ONE/docs/NEWS"
is "$before+changed" "$(version "$ONE")" "with a change"
git -C "$ONE" checkout -q docs/NEWS
git -C "$ONE" tag "v$release"
is "$release" "$(version "$ONE")" "the release"
git -C "$ONE" commit -q --allow-empty -m 'tests: one more'
after=$(version "$ONE")
like "^$release\+1\.g[0-9a-f]+\$" "$after" "after it"
git -C "$ONE" reset -q --hard "v$release"
ok dpkg --compare-versions "$before" lt "$release"
ok dpkg --compare-versions "$release" lt "$after"

note "--- the same bytes"
tar=$(make -s -C "$ONE" dist B=/tmp/b1)
is "/tmp/b1/sshdial-$release.tar.gz" "$tar" "its name"
git config --global tar.umask 0077
other=$(umask 077 && TZ=Asia/Tokyo make -s -C "$TWO" dist B=/tmp/b2)
ok cmp "$tar" "$other"
is "sshdial-$release/" "$(tar -tzf "$tar" | sed 's|/.*|/|' | sort -u)" \
	"its folder"

note "--- built without git, inside somebody's repository"
rm /usr/bin/git
mkdir -p /tmp/theirs/.git
tar -C /tmp/theirs -xzf "$tar"
cd "/tmp/theirs/sshdial-$release"
ok make -s -j2 install PREFIX=/usr DESTDIR=/tmp/root >/dev/null
is "sshdial $release" "$(/tmp/root/usr/sbin/sshdial --version)" "its version"
for page in /tmp/root/usr/share/man/man*/*; do
	like "^sshdial $release " "$(mandoc "$page" | tail -n 1)" "${page##*/}"
done
fails_with 2 make dist >/tmp/said 2>&1
like 'a release is made from a commit' "$(</tmp/said)" "make dist without git"
