#!/bin/bash
# Memory that an idle connection costs the silo. See README.md.
#   [QUICK=1] [COUNT=10000] [PEERS=1] bench/idle.sh
. "$(dirname "$0")/lib.sh"

if [ "${QUICK:-0}" = 1 ]; then COUNT=${COUNT:-2000}; fi
COUNT=${COUNT:-10000}
PEERS=${PEERS:-1}                 # spread over so many addresses, each of them a peer with its own grain
SETTLE=${SETTLE:-5}               # seconds before the memory is read

hold() { # MESSAGES: opens COUNT connections and leaves RSS_BEFORE, RSS_OPEN, RSS_CLOSED
  local line
  RSS_BEFORE=$(memory_of "$SILO_PID" VmRSS)
  coproc HOLDER { exec timeout --foreground "$RUN_LIMIT" python3 "$HERE/hold.py" "127.0.0.1:$PORT" "$COUNT" "$PEERS" "$1"; }
  CLIENTS=$HOLDER_PID
  local output=${HOLDER[0]} input=${HOLDER[1]} pid=$HOLDER_PID
  read -r -t "$RUN_LIMIT" line <&"$output" || { say "the connections were not opened"; line="0 failed"; }
  sleep "$SETTLE"
  RSS_OPEN=$(memory_of "$SILO_PID" VmRSS)
  SESSIONS=$(curl -sf -m 10 "http://127.0.0.1:$ADMIN_PORT/api/v1/status" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["sessions"]["active"])')
  exec {input}>&-
  wait "$pid"
  CLIENTS=
  sleep "$SETTLE"
  RSS_CLOSED=$(memory_of "$SILO_PID" VmRSS)
}

need curl awk python3
build_exists
make_scratch
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -gt $((COUNT + 500)) ] || die "ulimit -n is $(ulimit -n): too few for $COUNT connections"
FULL=$COUNT
SILO_OPTIONS="${SILO_OPTIONS:-} --Grid:Limits:MaxSessionsPerPeer=0 --Grid:Limits:MaxSessions=1000000"   # the connections come from few addresses
machine
echo
echo "| connections | peers | each has sent | RSS before MB | RSS open MB | KB a connection | RSS closed MB | sessions the silo counted |"
echo "|--:|--:|---|--:|--:|--:|--:|--:|"
for messages in 0 1; do
  # A new silo for each row, warmed by a few connections only: memory that an earlier row or a load left free would be
  # used again, and make a connection look cheaper than it is.
  silo_start
  COUNT=200
  hold 1
  COUNT=$FULL
  hold "$messages"
  awk -v n="$COUNT" -v peers="$PEERS" -v sent="$messages" -v a="$RSS_BEFORE" -v b="$RSS_OPEN" -v c="$RSS_CLOSED" -v s="${SESSIONS:-?}" 'BEGIN {
    printf "| %d | %d | %s | %.0f | %.0f | %.1f | %.0f | %s%s |\n", n, peers, sent ? "one message of 1 KB" : "nothing", a / 1024, b / 1024, (b - a) / n, c / 1024, s,
      s == n ? "" : " **no measurement**" }'
  silo_stop
done
