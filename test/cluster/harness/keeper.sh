#!/bin/sh
# Ends what a test has left behind, when standard input closes: also when the test was killed and could not do it itself.
# Lines on standard input: `+ PID` and `- PID`, processes that have to end and that have ended; `folder PATH`, to be removed.
pids=' '
folders=$(mktemp)
while read -r verb what; do
  case $verb in
    +) pids="$pids$what " ;;
    -) pids="${pids%%" $what "*} ${pids#*" $what "}" ;;
    folder) printf '%s\n' "$what" >>"$folders" ;;
  esac
done
for pid in $pids; do kill -CONT "$pid"; kill -KILL "$pid"; done 2>/dev/null
while read -r folder; do rm -rf -- "$folder" || { sleep 1; rm -rf -- "$folder"; }; done <"$folders"
rm -f -- "$folders"
