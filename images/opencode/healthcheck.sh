#!/bin/sh
# Healthy: sessiond answers, opencode answers sessiond, and the conversation is there. The key goes over stdin, where no list
# of processes shows it.
set -eu
# On its own, so that its failure is one: jq 1.6 is content with no input at all.
status=$(printf 'Authorization: Bearer %s\n' "$(cat "$SESSION_KEY_FILE")" |
  curl -fsS -m 5 -H @- "http://${SESSIOND_BIND:-127.0.0.1}:$SESSIOND_PORT/status")
printf '%s' "$status" | jq -e '.opencode.healthy and .readyAt != null' >/dev/null
