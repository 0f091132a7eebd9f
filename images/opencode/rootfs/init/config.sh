#!/bin/sh
# Writes the managed part of opencode's configuration: baked defaults, models, operator overrides; later wins. And who the
# session's owner is, for git.
#
# Environment:
#   BAKED_CONFIG      defaults, must be valid; beside it may be the folders agents and skills
#   MODELS_CONFIG     models (optional; a file that is not there is no layer)
#   OVERRIDES_CONFIG  operator's overrides (optional, the same)
#   CONFIG_DIR        opencode's global configuration, default $HOME/.config/opencode
#   OPENCODE_ROUTER_PORT_URL
#                     public URL of a dev server, with {port} in the place of its port (optional); also written to
#                     opencode-router/urls.json beside CONFIG_DIR, as {"port": …}
#   GIT_USER_NAME, GIT_USER_EMAIL
#                     the owner, in whose name git commits (optional); written to opencode-router/gitconfig beside CONFIG_DIR,
#                     which git's system-wide configuration includes: what a person sets in ~/.gitconfig wins
#   SESSIOND_GITHUB_ORIGIN
#                     another GitHub than https://github.com (optional): git asks there as GIT_CONFIG_SYSTEM says for that one;
#                     written to the same file
#   HOME, PATH        PATH has jq and git
# The values are those of the image or of a local session's folder: nothing here knows which of both it is.
#
# opencode reads config.json, opencode.json and opencode.jsonc there, later wins. config.json is ours and written again on
# every start; the other two belong to the person and are never changed, so their edits survive and outrank ours. In the same
# way the folders agents/opencode-router and skills/opencode-router are ours, and everything beside them is the person's.
#
# Exit codes: 0 written (perhaps from the defaults alone: then a line on stderr names the bad file)
#             64 a variable is missing   65 the defaults are not valid JSON   74 cannot write
set -eu

say() { printf 'config: %s\n' "$1" >&2; }
fail() { say "$2"; exit "$1"; }

[ -n "${BAKED_CONFIG:-}" ] || fail 64 "BAKED_CONFIG is not set"
[ -n "${CONFIG_DIR:-${HOME:-}}" ] || fail 64 "neither CONFIG_DIR nor HOME is set"
dir=${CONFIG_DIR:-$HOME/.config/opencode}
next=$dir/.config.json.next

mkdir -p -- "$dir" || fail 74 "cannot create $dir"

set -- "$BAKED_CONFIG"
[ ! -e "${MODELS_CONFIG:-}" ] || set -- "$@" "$MODELS_CONFIG"
[ ! -e "${OVERRIDES_CONFIG:-}" ] || set -- "$@" "$OVERRIDES_CONFIG"

# Exactly one object per file, else nothing is merged.
merge='reduce inputs as $layer ({from: [], merged: {}};
    if ($layer | type) == "object" then {from: (.from + [input_filename]), merged: (.merged * $layer)} else error("not an object") end)
  | if (.from | length) == $layers and (.from | unique | length) == $layers then .merged else error("not one object") end'

# merge_to FILE LAYER...: what goes wrong is left in $problem.
merge_to() {
  target=$1
  shift
  problem=$(jq -n --argjson layers "$#" "$merge" "$@" 2>&1 >"$target") || return 1
}

if ! merge_to "$next" "$@"; then
  for layer in "$@"; do
    merge_to /dev/null "$layer" && continue
    say "$layer is not a valid JSON object: $(printf '%s' "$problem" | head -n 1 | cut -c 1-200)"
    [ "$layer" != "$BAKED_CONFIG" ] || fail 65 "the defaults cannot be used"
  done
  say "only the defaults are used: $BAKED_CONFIG"
  merge_to "$next" "$BAKED_CONFIG" || fail 74 "cannot write $next: $problem"
fi
mv -f -- "$next" "$dir/config.json" || fail 74 "cannot write $dir/config.json"

# Changes that are made in opencode's settings go to the first of these files that exists: not to ours.
if [ ! -e "$dir/opencode.jsonc" ] && [ ! -e "$dir/opencode.json" ]; then
  printf '{\n  "$schema": "https://opencode.ai/config.json"\n}\n' >"$dir/opencode.jsonc" || fail 74 "cannot write $dir/opencode.jsonc"
fi

# replace FOLDER WITH: moved there whole. A kill leaves at most a name with a dot, which opencode does not read. What the person
# put in the way keeps the folder out, not the session from starting.
replace() {
  rm -rf -- "${1%/*}/.opencode-router.next" "$1" && mkdir -p -- "${1%/*}" &&
    cp -R -- "$2" "${1%/*}/.opencode-router.next" && chmod -R u+rwX -- "${1%/*}/.opencode-router.next" &&
    mv -- "${1%/*}/.opencode-router.next" "$1" || say "cannot write $1: go on without it"
}
for kind in agents skills; do
  case $BAKED_CONFIG in */*) managed=${BAKED_CONFIG%/*}/$kind ;; *) managed=./$kind ;; esac
  if [ -d "$managed" ]; then
    replace "$dir/$kind/opencode-router" "$managed"
  else
    rm -rf -- "$dir/$kind/opencode-router" || say "cannot remove $dir/$kind/opencode-router"
  fi
done

case $dir in */*) ours=${dir%/*}/opencode-router ;; *) ours=./opencode-router ;; esac
if [ -n "${OPENCODE_ROUTER_PORT_URL:-}" ]; then
  mkdir -p -- "$ours" && jq -n '{port: env.OPENCODE_ROUTER_PORT_URL}' >"$ours/.urls.json.next" &&
    mv -f -- "$ours/.urls.json.next" "$ours/urls.json" || fail 74 "cannot write $ours/urls.json"
else
  rm -f -- "$ours/urls.json" || fail 74 "cannot remove $ours/urls.json"
fi

# git as it is without what is broken in the person's own files, or was written over ours.
plain_git() { GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null git "$@"; }
# set_git KEY VALUE: git itself quotes the value. An empty one is none.
set_git() { [ -z "$2" ] || plain_git config -f "$ours/.gitconfig.next" "$1" "$2"; }
helper=
case ${SESSIOND_GITHUB_ORIGIN:-https://github.com} in
https://github.com) ;;
*) helper=$(plain_git config -f "${GIT_CONFIG_SYSTEM:-/etc/gitconfig}" credential.https://github.com.helper) || : ;;
esac
if [ -n "${GIT_USER_NAME:-}${GIT_USER_EMAIL:-}$helper" ]; then
  mkdir -p -- "$ours" && rm -f -- "$ours/.gitconfig.next" "$ours/.gitconfig.next.lock" &&
    set_git user.name "${GIT_USER_NAME:-}" && set_git user.email "${GIT_USER_EMAIL:-}" &&
    set_git "credential.${SESSIOND_GITHUB_ORIGIN:-}.helper" "$helper" &&
    mv -f -- "$ours/.gitconfig.next" "$ours/gitconfig" || fail 74 "cannot write $ours/gitconfig"
else
  rm -f -- "$ours/gitconfig" || fail 74 "cannot remove $ours/gitconfig"
fi

# opencode installs @opencode-ai/plugin from the npm registry into a configuration folder unless it looks installed. Only
# plugins and tools of the person's own need it, so it looks installed until there are some.
own_plugins=
for folder in plugin plugins tool tools; do
  [ ! -d "$dir/$folder" ] || own_plugins=1
done
stub=$dir/.plugin-stub
if [ -n "$own_plugins" ]; then
  [ ! -e "$stub" ] || rm -f -- "$dir/package-lock.json" "$stub"
elif [ -e "$stub" ] || { [ ! -e "$dir/package.json" ] && [ ! -e "$dir/node_modules" ]; }; then
  dependencies='"dependencies": { "@opencode-ai/plugin": "*" }'
  : >"$stub"
  mkdir -p -- "$dir/node_modules"
  [ -s "$dir/package.json" ] || printf '{ %s }\n' "$dependencies" >"$dir/package.json"
  [ -s "$dir/package-lock.json" ] || printf '{ "lockfileVersion": 3, "packages": { "": { %s } } }\n' "$dependencies" >"$dir/package-lock.json"
fi
