#!/bin/sh
# Ends what a stack started when the stack itself is gone, however it went (kill -9 included): the stack holds the other end of
# this script's standard input; at its end every process group still listed gets its own stop signal, then SIGKILL.
# Lines read:  add <process group> <signal>  |  remove <process group>
trap '' INT TERM HUP
GRACE_SECONDS=10
listed=""
while read -r operation group signal; do
  case "$operation" in
    add) listed="$listed $group:$signal" ;;
    remove)
      kept=""
      for entry in $listed; do
        [ "${entry%%:*}" = "$group" ] || kept="$kept $entry"
      done
      listed="$kept"
      ;;
  esac
done
for entry in $listed; do kill -s "${entry##*:}" -- "-${entry%%:*}" 2>/dev/null; done
waited=0
while [ "$waited" -lt "$GRACE_SECONDS" ]; do
  alive=""
  for entry in $listed; do
    kill -s 0 -- "-${entry%%:*}" 2>/dev/null && alive="$alive $entry"
  done
  [ -n "$alive" ] || exit 0
  sleep 1
  waited=$((waited + 1))
done
for entry in $alive; do kill -s KILL -- "-${entry%%:*}" 2>/dev/null; done
