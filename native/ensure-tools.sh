#!/usr/bin/env bash
# Makes sure that the programs the build calls are there. As root on Debian (or Ubuntu) it installs what is missing;
# elsewhere it names each missing program and how to get it, and fails. It changes nothing when all are there.
set -euo pipefail

missing_programs=""
missing_packages=""

# needs <program> <debian package> <check command...>
needs() {
  local program=$1 package=$2
  shift 2
  if ! "$@" >/dev/null 2>&1; then
    missing_programs="$missing_programs $program"
    missing_packages="$missing_packages $package"
  fi
}

check_all() {
  missing_programs=""
  missing_packages=""
  needs cmake cmake command -v cmake
  needs ninja ninja-build command -v ninja
  needs ccache ccache command -v ccache
  needs c++ g++ command -v c++
  needs git git command -v git
  needs npm npm command -v npm
  needs python3 python3 command -v python3
  needs python3-venv python3-venv python3 -c 'import ensurepip'
  needs python3-pip python3-pip python3 -m pip --version
}

how_to_get() {
  case "$(uname -s)" in
    Darwin) echo "brew install cmake ninja ccache git node python3 (and xcode-select --install for the compiler)" ;;
    *) echo "on Debian or Ubuntu, as root: apt-get install --no-install-recommends$missing_packages" ;;
  esac
}

check_all
if [ -z "$missing_programs" ]; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "native: the build needs programs that are not here:$missing_programs" >&2
  echo "native: get them by: $(how_to_get)" >&2
  exit 1
fi

echo "native: installing$missing_packages (this machine lacks$missing_programs)"
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
# shellcheck disable=SC2086 # one word a package
apt-get -q install -y --no-install-recommends $missing_packages
check_all
if [ -n "$missing_programs" ]; then
  echo "native: still missing after apt-get:$missing_programs" >&2
  exit 1
fi
