#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317  # the phases are called by name
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source=cmake/debian-packages.sh
source cmake/debian-packages.sh
# shellcheck source=cmake/packages/flags.sh
source cmake/packages/flags.sh

# Objects of one phase serve another, in whichever directory it builds.
export CCACHE_NOHASHDIR=1

phases=(
  "setup      install the Debian packages that are missing"
  "dev        debug build; every test that asan does not run"
  "asan       AddressSanitizer, UndefinedBehaviorSanitizer; unit, integration, surface"
  "fuzz       every parser of foreign bytes, 10 s each; tests/fuzz/run.sh for more"
  "format     clang-format on every C and C++ file"
  "scripts    shellcheck on every script"
  "tidy       clang-tidy on include/, src/ and examples/"
  "armhf      32-bit ARM Linux; unit tests and the command line under qemu-arm"
  "arm64      64-bit ARM Linux; unit tests and the command line under qemu-aarch64"
  "packages   Debian packages and archives of each target, in build/packages"
  "footprint  bare-metal Cortex-M4: build, sizes, what it may not link"
  "firmware   a Cortex-M4 image with lwIP and mbedTLS under QEMU: power cuts, wrong certificates"
)
jobs=2

usage() {
  echo "Usage: tests/run.sh [PHASE...]"
  echo
  echo "Runs the phases given, or all, in the order below. A single phase expects"
  echo "that 'setup' has run at some time. Logs are in build/run-logs."
  echo
  list
}

list() { printf '  %s\n' "${phases[@]}"; }

tracked() { # GLOB...: files of the project, also those not yet committed
  git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "$@" | sort -u |
    while IFS= read -r file; do
      [[ ! -f ${file} ]] || printf '%s\n' "${file}"
    done
}

configure_and_build() { # PRESET [FOLDER-OF-TESTS...]; library, programs and these tests
  cmake --preset "$1" || return
  local folders targets
  folders=$(IFS='|' && echo "src|examples${2+|tests/(${*:2})}")
  mapfile -t targets < <(ninja -C "build/$1" -t targets all | grep -oE "^(${folders})(/[^:/]+)*/all")
  cmake --build --preset "$1" -j"${jobs}" --target "${targets[@]}"
}

run_ctest() { # PRESET ARGUMENT...
  # Many tests wait for something most of the time.
  ctest --preset "$1" -j"$((jobs * 2))" --no-tests=error "${@:2}"
}

# Tests bear the name of their folder.
build_and_test() { # PRESET FOLDER-OF-TESTS...
  local preset=$1 labels
  shift
  labels=$(IFS='|' && echo "$*")
  configure_and_build "${preset}" "$@" && run_ctest "${preset}" --label-regex "^(${labels})\$"
}

phase_setup() {
  install_debian_packages "${packages_build[@]}" "${packages_emulator[@]}" "${packages_demo[@]}" \
    "${packages_test[@]}" "${packages_fuzz[@]}" "${packages_lint[@]}" "${packages_arm_linux[@]}" \
    "${packages_cortex_m[@]}" "${packages_firmware[@]}" "${packages_packaging[@]}" && echo "All packages are there."
}

under_sanitizers=(unit integration surface)

phase_dev() {
  local each others=()
  for each in tests/*/CMakeLists.txt; do
    each=$(basename "$(dirname "${each}")")
    [[ " ${under_sanitizers[*]} footprint fuzz " == *" ${each} "* ]] || others+=("${each}")
  done
  build_and_test dev "${others[@]}"
}

phase_asan() {
  UBSAN_OPTIONS=print_stacktrace=1 build_and_test asan "${under_sanitizers[@]}"
}

phase_fuzz() { tests/fuzz/run.sh 10; }

phase_format() {
  clang-format --version
  local files
  mapfile -t files < <(tracked '*.c' '*.cpp' '*.hpp' '*.h')
  clang-format --dry-run -Werror "${files[@]}" && echo "${#files[@]} files"
}

phase_scripts() {
  local files
  mapfile -t files < <(tracked '*.sh' '*.bash' 'cmake/packages/*.p*' .ci/run)
  shellcheck --external-sources "${files[@]}" && echo "${#files[@]} scripts"
}

phase_tidy() {
  clang-tidy --version | grep -i version
  # Generated sources must be there before they can be included.
  configure_and_build dev || return
  local files
  # What is for another processor is looked at where it is built.
  mapfile -t files < <(tracked 'src/*.cpp' 'examples/*.cpp' ':!examples/cortex_m')
  printf '%s\0' "${files[@]}" |
    xargs -0 -n1 -P"${jobs}" clang-tidy -p build/dev --quiet && echo "${#files[@]} files"
}

phase_arm_linux() { # PRESET
  toolchains/make-sysroot.sh "$1" || return
  # The emulator is this machine's.
  cmake --preset dev && cmake --build --preset dev -j"${jobs}" --target here-tracking-emulator || return
  # What is tested is what is packed.
  export_debian_flags "$1" || return
  cmake --preset "$1" -D HERE_TRACKING_EMULATOR_PROGRAM="${PWD}/build/dev/examples/emulator/here-tracking-emulator" &&
    cmake --build --preset "$1" -j"${jobs}" && run_ctest "$1"
}
phase_armhf() { phase_arm_linux armhf; }
phase_arm64() { phase_arm_linux arm64; }

phase_packages() {
  export CMAKE_ARGS=-DHERE_TRACKING_WERROR=ON
  cmake/packages/build.sh && tests/packaging/deb_test.sh
}

phase_footprint() { tests/footprint/run.sh; }

# As docs/porting.md says it: the templates, copied out of the tree, link.
port_links() {
  local board=build/my_board
  rm -rf "${board}" && cp -r examples/templates "${board}" &&
    cmake -S "${board}" -B "${board}/build" -G Ninja -D CMAKE_BUILD_TYPE=MinSizeRel \
      -D CMAKE_C_COMPILER_LAUNCHER=ccache -D CMAKE_CXX_COMPILER_LAUNCHER=ccache \
      --toolchain "${PWD}/toolchains/cortex-m4.cmake" -D HERE_TRACKING_DIR="${PWD}" \
      -D MBEDTLS_DIR="${PWD}/build/sysroot/firmware/mbedtls" &&
    cmake --build "${board}/build" -j"${jobs}"
}

phase_firmware() {
  examples/cortex_m/run.sh && port_links || return
  local files includes
  mapfile -t files < <(tracked 'examples/cortex_m/*.cpp')
  # Where the cross compiler has its headers, clang does not know.
  mapfile -t includes < <(arm-none-eabi-g++ -mcpu=cortex-m4 -mfloat-abi=hard -E -v -x c++ \
    /dev/null 2>&1 | sed -n '/^#include <\.\.\.>/,/^End/s/^ /--extra-arg=-isystem/p')
  printf '%s\0' "${files[@]}" |
    xargs -0 -n1 -P"${jobs}" clang-tidy -p build/firmware --quiet \
      --extra-arg-before=--target=arm-none-eabi "${includes[@]}" \
      --extra-arg=-fthreadsafe-statics --extra-arg=-Wno-unused-command-line-argument
}

# A function, so that all of this is read before it runs and the file may change meanwhile.
main() {
  local argument phase start status took word chosen=() names=() table=() passed=0 failed=0
  local logs=build/run-logs
  for phase in "${phases[@]}"; do
    names+=("${phase%% *}")
  done

  for argument in "$@"; do
    case ${argument} in
      -h | --help)
        usage
        exit 0
        ;;
      --list)
        list
        exit 0
        ;;
      *)
        [[ " ${names[*]} " == *" ${argument} "* ]] || {
          echo "tests/run.sh: '${argument}' is not a phase; the phases are ${names[*]}" >&2
          exit 2
        }
        chosen+=("${argument}")
        ;;
    esac
  done
  [[ ${#chosen[@]} -gt 0 ]] || chosen=("${names[@]}")

  mkdir -p "${logs}"
  for phase in "${names[@]}"; do
    [[ " ${chosen[*]} " == *" ${phase} "* ]] || continue
    printf '==> %s\n' "${phase}"
    start=${SECONDS}
    # A process of its own, so that nothing leaks from phase to phase.
    ("phase_${phase}") >"${logs}/${phase}.log" 2>&1 </dev/null
    status=$?
    took=$((SECONDS - start))
    if [[ ${status} -eq 0 ]]; then
      passed=$((passed + 1))
      word=passed
      case ${phase} in
        packages) grep -E '\.(deb|tar\.gz)$' "${logs}/${phase}.log" ;;
        setup) grep -E '^(Installing|All)' "${logs}/${phase}.log" ;;
        fuzz) grep 'inputs, no failure' "${logs}/${phase}.log" ;;
        footprint) sed -n '/^What each part adds/,$p' "${logs}/${phase}.log" ;;
        firmware) grep '^== ' "${logs}/${phase}.log" ;;
        dev | asan | arm*)
          grep -E 'tests passed|\*\*\*Skipped|an apt source could not' "${logs}/${phase}.log"
          ;;
        *) tail -n 1 "${logs}/${phase}.log" ;;
      esac | sed 's/^/    /'
    else
      failed=$((failed + 1))
      word=FAILED
      {
        grep -E -A 8 '^ *FAIL|error:|\*\*\*' "${logs}/${phase}.log" | head -n 60
        echo "..."
        tail -n 30 "${logs}/${phase}.log"
      } | sed 's/^/    /'
      echo "    The whole log: ${logs}/${phase}.log"
    fi
    printf '<== %s %s after %d s\n' "${phase}" "${word}" "${took}"
    table+=("$(printf '  %-10s %-7s %5d s' "${phase}" "${word}" "${took}")")
  done

  echo
  printf '%s\n' "${table[@]}"
  echo
  echo "${passed} passed, ${failed} failed"
  exit $((failed > 0))
}

main "$@"
