# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# The queue of the tests of one run, shared by the runner's workers and by the
# guests. Everything is a file below RUN. A guest sees RUN through hostfs, and
# takes tests as the workers do:
#
#   list            one line for each test: NAME KIND LIMIT PATH
#   waiting         of these, the tests that hardly use a processor
#   claim/NAME/     a worker makes it to take the test (mkdir is atomic)
#   NAME/           what the test wrote to OUT, and
#   NAME/log        what it printed
#   NAME/status     written when it has ended: EXIT-STATUS SECONDS
#   keep            exists if the files of passed tests are to be kept
#
# Needs REPO and RUN.

VALGRIND=(valgrind --quiet --error-exitcode=99 --leak-check=full
	"--errors-for-leak-kinds=definite,possible")

# claim NAME: succeeds for one caller only, who then runs the test
claim() {
	mkdir "$RUN/claim/${1//\//%}" 2>/dev/null
}

# record NAME STATUS MILLISECONDS: writes the result, atomically
record() {
	local out=$RUN/$1
	printf '%s %d.%d\n' "$2" $(($3 / 1000)) $(($3 % 1000 / 100)) \
		>"$out/status.new"
	mv "$out/status.new" "$out/status"
}

# fuzz PROGRAM OUT: the seed is always the same, so a failure can be repeated. An
# input that fails is kept in OUT.
fuzz() {
	mkdir -p "$2/corpus"
	CMD=("$1" -seed=1 "-max_total_time=$FUZZ_SECONDS" -max_len=4096
		-timeout=20 "-artifact_prefix=$2/" "$2/corpus"
		"$REPO/tests/fuzz/${1##*/}")
}

# command_of KIND PATH OUT: sets CMD to the command that runs the test. FEWER
# asks tests with many random inputs to use fewer; unit and unit-asan use all.
# Lints and valgrind only compute: tests that measure time go first.
command_of() {
	case $1 in
	unit | unit-asan) CMD=("$2") ;;
	fuzz) fuzz "$2" "$3" ;;
	unit-valgrind) CMD=(nice env FEWER=1 "${VALGRIND[@]}" "$2") ;;
	lint) CMD=(nice bash "$2") ;;
	*) CMD=("$REPO/tests/lib/stage" "$3" bash "$2") ;;
	esac
}

# limited SECONDS CMD...: ends CMD after that time with SIGTERM, and five seconds
# later with SIGKILL. CHILD is its process, to which a caller may pass signals
# on. Status 124 or 137 means that it took too long.
CHILD=
limited() {
	local limit=$1 rc=0
	shift
	timeout --kill-after=5 "$limit" "$@" &
	CHILD=$!
	wait "$CHILD" || rc=$?
	CHILD=
	return "$rc"
}

# run_test NAME KIND LIMIT PATH: runs a claimed test and records its result. If
# SCRATCH is set, the test writes to a folder there, which is then copied to RUN:
# hostfs garbles a file that is appended to.
run_test() {
	local name=$1 out=${SCRATCH:-$RUN}/$1 rc=0 start
	local CMD
	mkdir -p "$out"
	command_of "$2" "$4" "$out"
	start=${EPOCHREALTIME/./}
	{
		TEST=$name OUT=$out TMPDIR=$out limited "$3" "${CMD[@]}" || rc=$?
		((rc != 124 && rc != 137)) ||
			echo "it was ended after its limit of $3 s"
	} >"$out/log" 2>&1 </dev/null
	[[ -z ${SCRATCH:-} ]] || save "$out" "$RUN/$name" "$rc"
	record "$name" "$rc" $(((${EPOCHREALTIME/./} - start) / 1000))
}

save() { # FROM TO STATUS
	if [[ $3 != 0 || -e $RUN/keep ]]; then
		cp -r "$1/." "$2/"
	else
		cp "$1/log" "$2/"
	fi
	rm -rf "$1"
}

# run_queue PATTERN LIST [BEFORE]: runs each unclaimed test of RUN/LIST whose kind
# matches. BEFORE is called with NAME and LIMIT when a test has been claimed.
run_queue() {
	local name kind limit path
	while read -r name kind limit path; do
		# shellcheck disable=SC2053 # a pattern is meant
		[[ $kind == $1 ]] || continue
		claim "$name" || continue
		[[ -z ${3:-} ]] || "$3" "$name" "$limit"
		run_test "$name" "$kind" "$limit" "$path"
	done <"$RUN/$2"
}

# Host keys are made once; tests use copies in the stage.
make_keys() {
	local type keys=$REPO/build/tests/keys
	mkdir -p "$keys"
	for type in ed25519 ecdsa rsa; do
		[[ ! -e $keys/ssh_host_${type}_key ]] || continue
		ssh-keygen -q -t "$type" -N '' -C "$type" \
			-f "$keys/new.$$" || {
				echo "ssh-keygen is missing: run make setup" >&2
				return 1
			}
		mv "$keys/new.$$.pub" "$keys/ssh_host_${type}_key.pub"
		mv "$keys/new.$$" "$keys/ssh_host_${type}_key"
	done
}
