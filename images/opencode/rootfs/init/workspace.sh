#!/bin/sh
# Makes the workspace once: a clone on its branch, or an empty repository. Later starts leave it as it is.
#
# Environment:
#   WORKSPACE       absolute path of the repository's folder
#   STATE_DIR       folder for the marker
#   REPO_URL        what to clone; empty for a blank project
#   BRANCH          the session's branch: taken from the remote if it is there, else made from SOURCE_BRANCH
#   SOURCE_BRANCH   branch on the remote; needed when BRANCH is not there
#
# The clone grows beside the workspace and is moved there whole, then the marker is written: a kill at any line leaves either
# nothing, a folder that the next run throws away, or the finished workspace. With the marker there is no git command at
# all, so that neither an unreachable remote nor a dirty tree can block a start.
#
# Exit codes: 0 the workspace is there   64 a variable is missing or not usable   69 the clone failed (git's words are above)
#             66 the source branch is not on the remote   73 something else is where the workspace belongs
#             74 cannot write
set -eu

say() { printf 'workspace: %s\n' "$1" >&2; }
fail() { say "$2"; exit "$1"; }

case ${WORKSPACE:-} in /?*) ;; *) fail 64 "WORKSPACE is not an absolute path" ;; esac
case ${STATE_DIR:-} in /?*) ;; *) fail 64 "STATE_DIR is not an absolute path" ;; esac
marker=$STATE_DIR/workspace-v1
partial=$WORKSPACE.partial

mark() {
  mkdir -p -- "$STATE_DIR" && : >"$marker.next" && mv -f -- "$marker.next" "$marker" || fail 74 "cannot write $marker"
}

# Nothing of the session runs now, so a lock is what a killed git left, and would block the person's next command.
remove_stale_locks() {
  rm -f -- "${HOME:-$WORKSPACE}/.gitconfig.lock"
  [ -d "$WORKSPACE/.git" ] || return 0
  find "$WORKSPACE/.git" \( -name objects -o -name hooks -o -name lfs \) -prune -o -name '*.lock' -type f -exec rm -f -- {} +
}

if [ -e "$marker" ]; then
  mkdir -p -- "$WORKSPACE" || fail 74 "cannot create $WORKSPACE"
  remove_stale_locks
  exit 0
fi

# Never ask: there is nobody at a terminal.
export LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=/bin/false SSH_ASKPASS=/bin/false
export GIT_SSH_COMMAND="${GIT_SSH_COMMAND:-ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=20}"
export GIT_ALLOW_PROTOCOL="${GIT_ALLOW_PROTOCOL:-https:http:ssh:file}"
export GIT_HTTP_LOW_SPEED_LIMIT=1000 GIT_HTTP_LOW_SPEED_TIME=60
export GIT_ADVICE=0

rm -rf -- "$partial"
mkdir -p -- "$(dirname -- "$WORKSPACE")" || fail 74 "cannot create the folder of $WORKSPACE"

# A repository without the marker was moved there whole by a run that was killed before it wrote the marker.
if [ -d "$WORKSPACE/.git" ]; then
  remove_stale_locks
  mark
  exit 0
fi
if [ -e "$WORKSPACE" ]; then
  rmdir -- "$WORKSPACE" 2>/dev/null || fail 73 "$WORKSPACE is there and is not a repository of this session"
fi

if [ -z "${REPO_URL:-}" ]; then
  git -c init.defaultBranch=main init -q -- "$partial" || fail 69 "git init failed"
else
  [ -n "${BRANCH:-}" ] || fail 64 "BRANCH is not set"
  case $BRANCH in -*) fail 64 "BRANCH must not begin with a dash" ;; esac
  git clone -q --no-checkout --origin origin -- "$REPO_URL" "$partial" || fail 69 "git clone failed"
  if git -C "$partial" show-ref --verify --quiet "refs/remotes/origin/$BRANCH"; then
    git -C "$partial" checkout -q --track -B "$BRANCH" "refs/remotes/origin/$BRANCH" || fail 69 "git checkout failed"
  elif git -C "$partial" show-ref --verify --quiet "refs/remotes/origin/${SOURCE_BRANCH:-}"; then
    git -C "$partial" checkout -q --no-track -B "$BRANCH" "refs/remotes/origin/$SOURCE_BRANCH" || fail 69 "git checkout failed"
  else
    fail 66 "neither the branch nor its source branch is on the remote"
  fi
fi
mv -- "$partial" "$WORKSPACE" || fail 74 "cannot move $partial to $WORKSPACE"
mark
