#!/bin/sh
# Healthy: sessiond answers, and opencode answers sessiond. The key goes over stdin, where no list of processes shows it.
set -eu
printf 'Authorization: Bearer %s\n' "$(cat "$SESSION_KEY_FILE")" |
  curl -fsS -m 5 -H @- "http://127.0.0.1:$SESSIOND_PORT/status" | jq -e .opencode.healthy >/dev/null
