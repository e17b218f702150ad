#!/bin/bash
# How fast a change of policy is, what it costs the mail, and what a long log costs a start. See README.md.
#   [QUICK=1] [EDGES=3] [SESSIONS=1000] [CHANGES=500] [GRAINS=10000] [RATE=100] [ROUNDS=5] [SECONDS_EACH=5] [ENTRIES=100000] bench/policy.sh
. "$(dirname "$0")/lib.sh"

if [ "${QUICK:-0}" = 1 ]; then
  SESSIONS=${SESSIONS:-100} CHANGES=${CHANGES:-50} GRAINS=${GRAINS:-500} ROUNDS=${ROUNDS:-1} SECONDS_EACH=${SECONDS_EACH:-2} ENTRIES=${ENTRIES:-5000}
fi
EDGES=${EDGES:-3}                 # separate edges that the sessions are on
SESSIONS=${SESSIONS:-1000}        # open while overrides are set one after the other, each of another peer
CHANGES=${CHANGES:-500}
GRAINS=${GRAINS:-10000}           # peers that send mail in turns while overrides are set at a rate
RATE=${RATE:-100}                 # overrides a second
ROUNDS=${ROUNDS:-5}               # pairs: without, with
SECONDS_EACH=${SECONDS_EACH:-5}
ENTRIES=${ENTRIES:-100000}        # of the log that a silo starts with
RUN_LIMIT=${RUN_LIMIT_POLICY:-240}
SILO_OPTIONS="${SILO_OPTIONS:-} --Grid:Limits:MaxSessions=1000000"

policy() { timeout --foreground "$RUN_LIMIT" python3 "$HERE/policy.py" "$@" || say "policy.py $1: rc $?"; }

need curl awk python3
build_exists
make_scratch
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -gt $((GRAINS + 500)) ] || die "ulimit -n is $(ulimit -n): too few for $GRAINS connections"
machine
echo
echo "| changes one after the other | p50 ms | p99 ms |"
echo "|---|--:|--:|"
silo_start
edges_start "$EDGES"
PORTS=$(seq -s, $((PORT + 10)) 2 $((PORT + 8 + 2 * EDGES)))
warm_up 1024 4000
policy serial "$PORTS" "$ADMIN_PORT" 20 50 "warm-up" >"$SCRATCH/warm.out"
policy serial "$PORTS" "$ADMIN_PORT" "$SESSIONS" "$CHANGES" "quiet, $EDGES edges"
for edge in ${PORTS//,/ }; do
  timeout --foreground -s INT "$RUN_LIMIT" "$ECGRID" load --to "127.0.0.1:$edge" --json --bind 127.0.0.1 --size 1024 --count 50000000 --connections 2 --window 10 \
    >"$SCRATCH/load$edge.out" 2>&1 &
  CLIENTS="$CLIENTS $!"
done
policy serial "$PORTS" "$ADMIN_PORT" "$SESSIONS" "$CHANGES" "under load, $EDGES edges"
# shellcheck disable=SC2086
kill -INT $CLIENTS
# shellcheck disable=SC2086
wait $CLIENTS 2>/dev/null
CLIENTS=
for edge in ${PORTS//,/ }; do echo; echo "The load through $edge meanwhile: $(field "$SCRATCH/load$edge.out" accepted) messages accepted, $(field "$SCRATCH/load$edge.out" deferred) deferred."; done
edges_stop
silo_stop

echo
echo "| peers sending in turns | overrides/s | mail p50 ms | p99 ms | with overrides p50 | p99 | p50 ratio | p99 ratio |"
echo "|--:|--:|--:|--:|--:|--:|--:|--:|"
silo_start
warm_up 1024 4000
policy beside "$PORT" "$ADMIN_PORT" "$GRAINS" "$RATE" "$ROUNDS" "$SECONDS_EACH" "and nothing else"
timeout --foreground -s INT "$RUN_LIMIT" "$ECGRID" load --to "127.0.0.1:$PORT" --json --bind 127.255.0.1 --size 1024 --count 50000000 --connections 4 --window 10 \
  >"$SCRATCH/load.out" 2>&1 &
CLIENTS=$!
policy beside "$PORT" "$ADMIN_PORT" "$GRAINS" "$RATE" "$ROUNDS" "$SECONDS_EACH" "beside a load"
kill -INT "$CLIENTS"
wait "$CLIENTS" 2>/dev/null
CLIENTS=
echo
echo "The load meanwhile: $(field "$SCRATCH/load.out" accepted) messages accepted, $(field "$SCRATCH/load.out" deferred) deferred."
silo_stop

echo
echo "| entries in the log | s until ready | RSS MB |"
echo "|--:|--:|--:|"
silo_start
policy one "$ADMIN_PORT"
for entries in 1 "$ENTRIES"; do
  silo_pause
  policy fill "$SCRATCH/data/state.db" "$entries"
  began=$(date +%s.%N)
  silo_resume
  awk -v n="$entries" -v a="$began" -v b="$(date +%s.%N)" -v kb="$(memory_of "$SILO_PID" VmRSS)" 'BEGIN { printf "| %d | %.1f | %.0f |\n", n, b - a, kb / 1024 }'
  policy loaded "$ADMIN_PORT" "$entries"
done
