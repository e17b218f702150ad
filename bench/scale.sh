#!/bin/bash
# How throughput, memory and latency go with cores, connections, peers and sizes, over two silos, and over time. See README.md.
#   [QUICK=1] [PARTS="cores connections peers sizes silos copies soak"] [ROUNDS=3] [DURATION=3] [SOAK=3600] bench/scale.sh
. "$(dirname "$0")/lib.sh"

PARTS=${PARTS:-"cores connections peers sizes silos copies"}
if [ "${QUICK:-0}" = 1 ]; then ROUNDS=${ROUNDS:-1} DURATION=${DURATION:-0.5} SOAK=${SOAK:-6} AGAIN=${AGAIN:-3} SLICE=${SLICE:-3} MOST=${MOST:-100} TRY=${TRY:-200000}; fi
ROUNDS=${ROUNDS:-3}
DURATION=${DURATION:-3}           # seconds that one run should take; the number of messages follows
SOAK=${SOAK:-3600}                # seconds
AGAIN=${AGAIN:-300}               # seconds more, on a silo that was started again
SLICE=${SLICE:-60}                # seconds of the soak to a row
SHARE=${SHARE:-70}                # per cent of the maximum, in the soak
TRY=${TRY:-3000000}               # messages by which the maximum is found
MOST=${MOST:-10000}               # connections, and peers
MAX_BYTES=${MAX_BYTES:-3000000000} # a run may put no more on the disk
SPARES=${SPARES:-56}              # segments free and written when a run begins
UNDER_WAY=${UNDER_WAY:-10000}     # packages that await their reply, over all connections
OPTIONS=${SILO_OPTIONS:-}
CLIENT=()                         # what runs the client, if not the shell

start() { # OPTION…
  SILO_OPTIONS="$OPTIONS --Grid:Spool:SpareSegments=$SPARES --Grid:Limits:MaxSessions=100000 --Grid:Limits:MaxSessionsPerPeer=0 $*" silo_start
  warm_up 1024 20000
}

# run LABEL SIZE CONNECTIONS WINDOW [LOAD-OPTION…]: a short run to guess the rate, then the one that counts; its row goes to the TSV.
run() {
  local label=$1 size=$2 connections=$3 window=$4 count=$((10 * $3)) seconds
  shift 4
  [ "$count" -ge 2000 ] || count=2000
  [ $((count * size)) -le $((MAX_BYTES / 20)) ] || count=$((MAX_BYTES / 20 / size))
  [ "$count" -gt 0 ] || count=1
  for seconds in 0.5 "$DURATION"; do
    "${CLIENT[@]}" timeout "$RUN_LIMIT" "$ECGRID" load --to "127.0.0.1:$LOAD_PORT" --json --size "$size" --count "$count" --connections "$connections" --window "$window" "$@" \
      >"$SCRATCH/try.json" 2>"$SCRATCH/try.err" || say "client: $(tail -1 "$SCRATCH/try.err")"
    count=$(awk -v r="$(field "$SCRATCH/try.json" messagesPerSecond)" -v d="$seconds" -v z="$size" -v bytes="$MAX_BYTES" -v least="$connections" \
      'BEGIN { n = r * d; if (n > 6000000) n = 6000000; if (n < least) n = least; if (n * z > bytes) n = bytes / z; if (n < 8) n = 8; printf "%d", n }')
  done
  spares_written
  run_client "$PIDS" "${CLIENT[@]}" "$ECGRID" load --to "127.0.0.1:$LOAD_PORT" --json --size "$size" --count "$count" --connections "$connections" --window "$window" "$@"
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$label" "$(field "$SCRATCH/client.out" messagesPerSecond)" \
    "$(awk -v c="$SERVER_CPU" -v n="$count" 'BEGIN { printf "%.4f", c * 10000 / n }')" "$(field "$SCRATCH/client.out" p50Milliseconds)" \
    "$(field "$SCRATCH/client.out" p99Milliseconds)" "$(memory_of "$PIDS" VmRSS)" "$FOREIGN" "$RC" | tee -a "$TSV" >&2
}

table() { # WHAT: medians of the rows that count
  python3 "$HERE/report.py" scale "$FOREIGN_LIMIT" "$TSV" "$1"
  # shellcheck disable=SC2059
  printf "$HEAD" >"$TSV"
}

cores_part() {
  local round
  [ "$(nproc)" -ge 2 ] || { say "cores: one is all there is"; return; }
  for ((round = 0; round < ROUNDS; round++)); do
    # The client has the last core to itself, so that what is compared is the server's first with its first and its half of the last.
    CLIENT=(taskset -c "$(($(nproc) - 1))")
    local first="0-$(($(nproc) - 2))"
    local cores
    for cores in "$first" "0-$(($(nproc) - 1))"; do
      SILO_RUN=(taskset -c "$cores" "$SILO")
      start && PIDS=$SILO_PID
      run "on CPUs $cores, client on $(($(nproc) - 1))" 1024 10 1000
      silo_stop
    done
  done
  CLIENT=() SILO_RUN=("$SILO")
  table "1 KB, 10 connections, full window"
}

connections_part() {
  local round connections window
  for ((round = 0; round < ROUNDS; round++)); do
    start && PIDS=$SILO_PID
    for ((connections = 1; connections <= MOST; connections *= 10)); do
      window=$((UNDER_WAY / connections))
      run "$connections" 1024 "$connections" "$((window > 0 ? window : 1))"
    done
    silo_stop
  done
  table "connections of one peer, 1 KB, $UNDER_WAY packages under way in all"
}

peers_part() {
  local round peers
  for ((round = 0; round < ROUNDS; round++)); do
    start && PIDS=$SILO_PID
    for ((peers = 1; peers <= MOST; peers *= 10)); do
      run "$peers" 1024 "$MOST" "$((UNDER_WAY / MOST > 0 ? UNDER_WAY / MOST : 1))" --bind 127.1.0.1 --peers "$peers"
    done
    silo_stop
  done
  table "peers, over $MOST connections, 1 KB, $UNDER_WAY packages under way in all"
}

sizes_part() {
  local round size
  for ((round = 0; round < ROUNDS; round++)); do
    # A silo each: nothing delivers, and what all of them send is more than a spool holds.
    for size in 1024 10240 102400 1048576 10485760 31457280; do
      start && PIDS=$SILO_PID
      run "$size" "$size" 10 "$((size > 1000000 ? 4 : 1000))"
      silo_stop
    done
  done
  table "bytes, 10 connections, full window (from 1 MB on: 4)"
}

# Two silos on the store in Azurite, the second twenty ports above the first; leaves their pids in PIDS.
cluster_start() { # NAME OPTION…
  local silo name=$1
  shift
  PIDS=
  for silo in 0 1; do
    SCRATCH=$ALL/$silo PORT=$((FIRST + 20 * silo)) ADMIN_PORT=$((FIRST + 20 * silo + 1)) SILO_PORT=$((FIRST + 20 * silo + 2)) GATEWAY_PORT=0
    mkdir -p "$SCRATCH"
    SILO_OPTIONS="$OPTIONS $STORE --Grid:ClusterId=$name --Grid:Spool:SpareSegments=$((SPARES / 2)) $*" silo_start
    PIDS="$PIDS $SILO_PID" CLIENTS="$SILO_PID $CLIENTS" SILO_PID='' SCRATCH=$ALL
  done
  PORT=$FIRST LOAD_PORT=$FIRST
}

cluster_stop() {
  local pid
  for pid in $PIDS; do
    stop "$pid"
    wait "$pid" 2>/dev/null
    CLIENTS=${CLIENTS/$pid/}
  done
  rm -rf "$ALL/0" "$ALL/1"
  ADMIN_PORT=$((FIRST + 1)) SILO_PORT=$((FIRST + 2)) GATEWAY_PORT=$((FIRST + 4))
}

# One silo on the first CPU, then two on the same: what the second costs is what a node of two has less than one alone.
silos_part() {
  local round warm
  [ -n "${STORE:-}" ] || store_start $((FIRST + 9))
  CLIENT=(taskset -c "$(($(nproc) - 1))") SILO_RUN=(taskset -c 0 "$SILO")
  for ((round = 0; round < ROUNDS; round++)); do
    start && PIDS=$SILO_PID LOAD_PORT=$FIRST
    run "one silo" 1024 8 1000
    silo_stop
    cluster_start "silos-$round"
    # Four connections to each silo; all of one peer, so that its grain is at one of them and half of its mail enters at the other.
    for warm in 1 2 3; do both warm "$FIRST" $((FIRST + 20)); done
    spares_written
    both "two silos, one peer, half of its mail at each" "$FIRST" $((FIRST + 20))
    cluster_stop
  done
  CLIENT=() SILO_RUN=("$SILO")
  table "all silos on one CPU, the clients on another; 1 KB, full window"
}

# The same two silos with one copy and with two; all mail enters at one of them.
copies_part() {
  local round copies
  [ -n "${STORE:-}" ] || store_start $((FIRST + 9))
  for ((round = 0; round < ROUNDS; round++)); do
    for copies in 1 2; do
      cluster_start "copies-$copies-$round" --Grid:Spool:Copies="$copies" --Grid:Spool:WhenAlone=GoOn
      warm_up 1024 20000
      run "$copies, 1 KB, full window" 1024 10 1000
      run "$copies, 10 KB, full window" 10240 10 1000
      run "$copies, 1 KB, one connection, one at a time" 1024 1 1
      cluster_stop
    done
  done
  table "copies; two silos, mail enters at one"
}

# A run of two clients at once, one for each silo; the rate is that of both.
both() { # LABEL PORT PORT
  local count=$(($(awk -v d="$DURATION" 'BEGIN { printf "%d", d * 300000 }'))) side
  "${CLIENT[@]}" timeout "$RUN_LIMIT" "$ECGRID" load --to "127.0.0.1:$3" --json --size 1024 --count "$count" --connections 4 --window 1000 >"$SCRATCH/other.out" 2>"$SCRATCH/other.err" &
  side=$!
  BESIDE=$side run_client "$PIDS" "${CLIENT[@]}" "$ECGRID" load --to "127.0.0.1:$2" --json --size 1024 --count "$count" --connections 4 --window 1000
  wait "$side" || RC=$?
  awk -v a="$(field "$SCRATCH/client.out" messagesPerSecond)" -v b="$(field "$SCRATCH/other.out" messagesPerSecond)" -v sa="$(field "$SCRATCH/client.out" seconds)" -v sb="$(field "$SCRATCH/other.out" seconds)" \
    -v n="$count" -v cpu="$SERVER_CPU" -v label="$1" -v p50="$(field "$SCRATCH/client.out" p50Milliseconds)" -v p99="$(field "$SCRATCH/client.out" p99Milliseconds)" \
    -v rss="$(memory_of "$PIDS" VmRSS)" -v foreign="$FOREIGN" -v rc="$RC" -v OFS='\t' \
    'BEGIN { s = sa > sb ? sa : sb; print label, sprintf("%.0f", 2 * n / s), sprintf("%.4f", cpu * 10000 / (2 * n)), p50, p99, rss, foreign, rc }' >"$SCRATCH/both"
  [ "$1" = warm ] || tee -a "$TSV" <"$SCRATCH/both" >&2
}

waiting() { curl -sf -m 10 "http://127.0.0.1:$ADMIN_PORT/metrics" | awk '/^ecstream_spool_messages_waiting[ {]/ { print $2; exit }'; }

delivered() { # waits until nothing waits
  local tries
  for ((tries = 0; tries < 5 * RUN_LIMIT; tries++)); do
    [ "$(waiting)" != 0 ] || return 0
    sleep 0.2
  done
  die "after $RUN_LIMIT s $(waiting) messages still wait to be delivered"
}

soak_silo() { # GATEWAY-PORT
  SILO_OPTIONS="$OPTIONS" silo_start "Delivery_Method = \"ECSTREAM\"
Gateway = \"127.0.0.1:$1\"" && PIDS=$SILO_PID
  warm_up 1024 100000
  delivered
}

# What the machine's owner has taken from it since it started, in clock ticks: where that grows, a slow minute is not ours.
stolen() { awk '$1 == "cpu" { print $9 }' /proc/stat; }

# soak RATE FROM SECONDS: a row for each slice.
soak() {
  local rate=$1 began steal
  for ((began = $2; began < $2 + $3; began += SLICE)); do
    steal=$(stolen)
    RUN_LIMIT=$((SLICE + RUN_LIMIT)) run_client "$PIDS $SINK" "$ECGRID" load --to "127.0.0.1:$LOAD_PORT" --json --size 1024 --count "$((rate * SLICE))" --connections 10 --window 1000 --rate "$rate"
    printf '| %d | %.0f | %s | %s | %.2f | %s | %.1f | %.0f | %s | %.0f |\n' "$((began + SLICE))" "$(field "$SCRATCH/client.out" messagesPerSecond)" "$(field "$SCRATCH/client.out" p50Milliseconds)" \
      "$(field "$SCRATCH/client.out" p99Milliseconds)" "$(awk -v c="$SERVER_CPU" -v d="$CLIENT_CPU" -v s="$SECONDS_TAKEN" 'BEGIN { print (c + d) / s }')" "$FOREIGN" \
      "$(awk -v a="$steal" -v b="$(stolen)" -v t="$TICKS" -v s="$SECONDS_TAKEN" 'BEGIN { print 100 * (b - a) / t / s }')" \
      "$(awk -v kb="$(memory_of "$PIDS" VmRSS)" 'BEGIN { print kb / 1024 }')" "$(waiting)" "$(du -sk "$SCRATCH/data" | awk '{ print $1 / 1024 }')"
  done
}

# Mail that is delivered, to a gateway on the same machine, at a share of what it could be: is the last minute as the first?
# Then the same for a few minutes on a silo that was started again: where it is slower at the end and stays so, it is the machine that became slower.
soak_part() {
  local most rate began gateway=$((PORT + 5))
  "$ECGRID" sink --listen "127.0.0.1:$gateway" >"$SCRATCH/sink.out" 2>&1 &
  SINK=$!
  CLIENTS="$SINK $CLIENTS"
  soak_silo "$gateway"
  # What it takes is not what it can go on taking: the most is what it has delivered, too.
  began=$(date +%s.%N)
  load --size 1024 --count "$TRY" --connections 10 --window 1000 >"$SCRATCH/try.json"
  delivered
  most=$(awk -v n="$TRY" -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%d", n / (b - a) }')
  rate=$((most * SHARE / 100))
  echo
  echo "| s | of $rate messages/s, $SHARE % of the most | p50 ms | p99 ms | CPU, silo, client and gateway | foreign CPU | stolen % | RSS MB | messages waiting | spool on disk MB |"
  echo "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
  soak "$rate" 0 "$SOAK"
  silo_stop
  echo
  echo "The silo started again:"
  echo
  soak_silo "$gateway"
  soak "$rate" "$SOAK" "$AGAIN"
  silo_stop
}

need curl awk python3 taskset
build_exists
make_scratch
ALL=$SCRATCH FIRST=$PORT
trap 'SCRATCH=$ALL; clean_up' EXIT
ulimit -n "$(ulimit -Hn)"
TSV=$SCRATCH/scale.tsv
HEAD='label\trate\tcpu_10k\tp50_ms\tp99_ms\trss_kb\tforeign_cpu\trc\n'
# shellcheck disable=SC2059
printf "$HEAD" >"$TSV"
machine
for part in $PARTS; do
  declare -F "${part}_part" >/dev/null || die "PARTS: there is no $part"
  "${part}_part"
done
