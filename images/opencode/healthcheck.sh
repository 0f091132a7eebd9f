#!/bin/sh
# Healthy: sessiond answers, opencode answers sessiond, and the conversation is there. The key goes over stdin, where no list
# of processes shows it.
set -eu
printf 'Authorization: Bearer %s\n' "$(cat "$SESSION_KEY_FILE")" |
  curl -fsS -m 5 -H @- "http://${SESSIOND_BIND:-127.0.0.1}:$SESSIOND_PORT/status" |
  jq -e '.opencode.healthy and .readyAt != null' >/dev/null
