# Sourced by ./test and ./demo: what must be on the machine, and how it gets there.
# shellcheck shell=bash

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# Runs a command as root; fails when there is no way to.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# need COMMAND PACKAGE… : installs the packages where Debian's apt-get can be used, else says what to install.
need() {
  local command=$1
  shift
  if command -v "$command" >/dev/null; then return 0; fi
  if ! command -v apt-get >/dev/null; then
    say "$command is missing; install it with your system's packages (Debian calls them: $*)"
    return 1
  fi
  say "$command is missing; installing $*"
  if as_root apt-get -qq update && as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y "$@" >/dev/null; then
    command -v "$command" >/dev/null && return 0
  fi
  say "$command is still missing; as root: apt-get install $*"
  return 1
}

# Rust, Node.js, npm and Python are the reader's to choose: they are asked for, never installed.
need_toolchains() {
  local missing=0 pair
  for pair in "cargo:Rust (https://rustup.rs)" "node:Node.js 20.11 or newer (https://nodejs.org)" "npm:npm (comes with Node.js)" "python3:Python 3.11 or newer"; do
    command -v "${pair%%:*}" >/dev/null || { say "${pair%%:*} is missing; install ${pair#*:}"; missing=1; }
  done
  return "$missing"
}
