#!/bin/bash
# Brings a Debian 12 machine with git, make and Node 20 to the point where everything builds: installs the missing
# packages of scripts/packages.txt and the npm packages of package-lock.json. Called by the Makefile; does nothing twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'set-up: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

debian_stamp=build/stamps/debian
npm_stamp=build/stamps/npm

check_node() {
  command -v node >/dev/null || fail "Node.js is missing; install version 20 or later (https://nodejs.org)."
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || fail "Node.js $(node --version) is too old; install version 20 or later."
  command -v npm >/dev/null || fail "npm is missing; install the npm that belongs to your Node.js."
}

missing_packages() {
  local name
  while read -r name; do
    case $name in '' | '#'*) continue ;; esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
  done <scripts/packages.txt
}

# clang-19 is in Debian 12 itself (bookworm). Runs apt-get as root, by sudo where that is needed and possible.
install_packages() {
  local -a missing privileged=()
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    fail "these programs are missing and there is no apt-get to install them: ${missing[*]}. Use Debian 12, or install them yourself."
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these Debian packages are missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}"
    privileged=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log=build/stamps/apt.log
  DEBIAN_FRONTEND=noninteractive "${privileged[@]}" apt-get -q update >"$log" 2>&1 ||
    { tail -n 5 "$log" >&2; fail "apt-get update failed (whole log: $log); check the network and /etc/apt/sources.list."; }
  say "package lists are up to date; downloading and unpacking (some minutes)"
  "${privileged[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" 2>&1 |
    tee -a "$log" | grep --line-buffered -E '^(Need to get|Unpacking|Setting up|E:)' | sed -u 's/^/set-up:   /' >&2 || true
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -eq 0 ] || { tail -n 5 "$log" >&2; fail "apt-get could not install: ${missing[*]} (whole log: $log)."; }
}

install_npm_packages() {
  say "installing npm packages (npm ci)"
  local log=build/stamps/npm.log
  npm ci --no-audit --no-fund >"$log" 2>&1 ||
    { tail -n 5 "$log" >&2; fail "npm ci failed (whole log: $log); check the network or the npm registry setting."; }
}

# A stamp holds the hash of what it was made from: equal hash, nothing to do.
mkdir -p build/stamps
debian_hash=$(sha256sum scripts/packages.txt)
npm_hash=$(sha256sum package-lock.json package.json)
if [ "$(cat "$debian_stamp" 2>/dev/null)" != "$debian_hash" ]; then
  check_node
  install_packages
  echo "$debian_hash" >"$debian_stamp"
fi
if [ ! -d node_modules ] || [ "$(cat "$npm_stamp" 2>/dev/null)" != "$npm_hash" ]; then
  check_node
  install_npm_packages
  echo "$npm_hash" >"$npm_stamp"
fi
