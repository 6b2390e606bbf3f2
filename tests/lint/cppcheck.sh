#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: cppcheck finds nothing: another eye than clang's, and a quick one
set -euo pipefail

read -r _ flags <build/flags
eval "flags=($flags)"
defines=()
for flag in "${flags[@]}"; do
	[[ $flag != -[DI]* || $flag == *FORTIFY* ]] || defines+=("$flag")
done
# variableScope: a function's variables stand at its top.
# unusedStructMember: cppcheck 2.10 does not see that a union is read by its
# other member, nor what the kernel reads.
# normalCheckLevelMaxBranches: no finding, cppcheck 2.17 says what it left out.
cppcheck --quiet --error-exitcode=1 --std=c11 -j "$(nproc)" \
	--enable=warning,performance,portability,style \
	--suppress=variableScope --suppress=missingIncludeSystem \
	--suppress=unusedStructMember \
	--suppress=normalCheckLevelMaxBranches \
	"${defines[@]}" src
