#!/bin/sh
# Makes sure that programs of Debian packages are there: ensure-packages.sh program=package …
# Installs the missing ones when root on a Debian system; otherwise says in one line what to install.
set -eu

missing=''
for pair in "$@"; do
  program=${pair%%=*}
  command -v "$program" >/dev/null 2>&1 || [ -x "$program" ] || missing="$missing ${pair#*=}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Missing programs. Install these packages, then run the command again:$missing" >&2
  exit 1
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=300 update
# shellcheck disable=SC2086 # a list of package names
apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing >/dev/null
