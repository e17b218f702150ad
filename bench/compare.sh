#!/bin/bash
# Our node beside what the machine itself allows and beside servers of others, on the same disk and in turns. See README.md.
#   [QUICK=1] [BARS=1] [SERVERS="ours qmqpd …"] [ROUNDS=3] [DURATION=3] [SIZES="1024 …"] [CONNECTIONS="1 …"] [WINDOWS="1 1000"] [PLOTS=DIR]
#   bench/compare.sh [FILE.tsv]
# Must run as root for Postfix: it takes no other start.
. "$(dirname "$0")/lib.sh"

BARS=${BARS:-0}
if [ "${QUICK:-0}" = 1 ]; then
  ROUNDS=${ROUNDS:-1} DURATION=${DURATION:-1} SIZES=${SIZES:-1024} CONNECTIONS=${CONNECTIONS:-10} WARM=${WARM:-4000} REDIS_DEPTHS=${REDIS_DEPTHS:-128}
fi
if [ "$BARS" = 1 ]; then
  ROUNDS=${ROUNDS:-5} SIZES=${SIZES:-"1024 10240"} CONNECTIONS=${CONNECTIONS:-10} WINDOWS=${WINDOWS:-1000}
fi
ROUNDS=${ROUNDS:-3}
DURATION=${DURATION:-3}           # seconds that one run should take; the number of messages follows
SIZES=${SIZES:-"1024 10240 102400"}
CONNECTIONS=${CONNECTIONS:-"1 10 50"}
WINDOWS=${WINDOWS:-"1 1000"}
WARM=${WARM:-20000}
MAX_MESSAGES=${MAX_MESSAGES:-8000000}
MAX_BYTES=${MAX_BYTES:-3000000000} # a run may put no more on the disk
SPARES=${SPARES:-56}              # segments that ours and the baseline have free and written when a run begins, as a spool that has run for a while has
SERVERS=${SERVERS:-"ours two spool null frames redis qmqpd smtpd qmqp-sink"}
BASELINES=${BASELINES:-$ROOT/bench/Baselines/bin/Release/net10.0/EcStreamOrleans.Baselines}
PEER_MAIL=(-f load@ecgrid.invalid -t sink@ecgrid.invalid)
OPTIONS=${SILO_OPTIONS:-}
declare -A RATES=()

lacks() { # TOOL…: names those that are not installed
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || echo "$tool"; done
}

scaled() { # RATE SIZE SECONDS: as many messages as take so long, within bounds
  awk -v r="${1:-0}" -v d="$3" -v z="$2" -v most="$MAX_MESSAGES" -v bytes="$MAX_BYTES" \
    'BEGIN { n = r * d; if (n > most) n = most; if (n * z > bytes) n = bytes / z; if (n < 500) n = 500; printf "%d", n }'
}

row() { # SERVER ROUND SIZE CONNECTIONS WINDOW MESSAGES SECONDS P50 P99 HWM ALLOCATED: leaves ROW
  ROW=$(awk -v OFS='\t' -v cpu="$SERVER_CPU" -v n="${6:-0}" -v s="$7" -v client="$CLIENT_CPU" -v foreign="$FOREIGN" -v rc="$RC" \
    -v head="$1	$2	$3	$4	$5" -v p50="$8" -v p99="$9" -v hwm="${10}" -v allocated="${11}" \
    'BEGIN { m = n > 0 ? n : 1; print head, n, s, sprintf("%.0f", n / s), sprintf("%.4f", cpu * 10000 / m), sprintf("%.4f", client * 10000 / m), p50, p99, hwm,
      allocated == "-" ? "-" : sprintf("%.2f", allocated / m), foreign, rc }')
}

record() { echo "$ROW" | tee -a "$TSV" >&2; }

# Servers of ours: start leaves their pids in PIDS, and listens where LOAD_PORT says.
ours_start() { SILO_OPTIONS="$OPTIONS --Grid:Spool:SpareSegments=$SPARES" silo_start && PIDS=$SILO_PID; }
two_start() { ours_start && edges_start 1 && PIDS="$SILO_PID $EDGE_PIDS" LOAD_PORT=$((PORT + 10)); }
null_start() { SILO_RUN=("$BASELINES" null) && silo_start "${1:-}" && PIDS=$SILO_PID; }
# A batch a message, all of one peer: how many batches go through its grain.
batches_start() { null_start "ECStream_Max_Batch_Size = 1"; }
frames_start() { serve "$PORT" "$BASELINES" frames "$PORT" && PIDS=$SERVED; }
spool_start() { serve "$PORT" "$BASELINES" spool "$PORT" "$SCRATCH/data" "$SPARES" && PIDS=$SERVED; }

stop_ours() {
  edges_stop
  silo_stop
  [ -z "$SERVED" ] || unserve "$SERVED"
  rm -rf "$SCRATCH/data"
}

# What the silo has allocated since its start; nothing if the server is none.
allocated() {
  [ -n "$SILO_PID" ] && curl -sf -m 10 "http://127.0.0.1:$ADMIN_PORT/metrics" |
    awk '/^dotnet_gc_heap_total_allocated_bytes_total[ {]/ { sub(/^[^ ]*({[^}]*})? /, ""); sum += $1; seen = 1 } END { if (seen) printf "%.0f", sum }'
}

measure_load() { # SERVER ROUND SIZE CONNECTIONS WINDOW
  local messages seconds before after allocated=- MAX_BYTES=$MAX_BYTES
  case $1 in frames | null | batches) MAX_BYTES=100000000000 ;; esac   # they keep nothing
  SERVED= LOAD_PORT=$PORT SILO_RUN=("$SILO")
  "$1_start"
  warm_up "$3" "$WARM"
  # Three times, since the compiler is still at work while the first guesses are made; the last goes on for long enough to let it finish.
  messages=$(($4 * 200))
  [ "$5" = 1 ] || messages=$WARM
  for seconds in 0.7 "$DURATION" "$DURATION"; do
    load --size "$3" --count "$messages" --connections "$4" --window "$5" >"$SCRATCH/try.json" 2>"$SCRATCH/try.err"
    messages=$(scaled "$(field "$SCRATCH/try.json" messagesPerSecond)" "$3" "$seconds")
  done
  case $1 in ours | two | spool) spares_written ;; esac
  before=$(allocated)
  run_client "$PIDS" "$ECGRID" load --to "127.0.0.1:$LOAD_PORT" --json --size "$3" --count "$messages" --connections "$4" --window "$5"
  after=$(allocated)
  # Of two processes it would be half of the truth.
  [ "$1" = two ] || [ -z "$before" ] || [ -z "$after" ] || allocated=$((after - before))
  # The client's own seconds: those of the conversation, without its start.
  seconds=$(field "$SCRATCH/client.out" seconds)
  row "$1" "$2" "$3" "$4" "$5" "$(field "$SCRATCH/client.out" accepted)" "${seconds:-$SECONDS_TAKEN}" \
    "$(field "$SCRATCH/client.out" p50Milliseconds)" "$(field "$SCRATCH/client.out" p99Milliseconds)" "$(memory_of "$PIDS" VmHWM)" "$allocated"
  record
  stop_ours
}

# Servers that one of Postfix's clients feeds; these measure no latency.
measure_source() { # SERVER PORT PID FIRST-RATE ROUND SIZE SESSIONS CLIENT…
  local server=$1 port=$2 pid=$3 round=$5 size=$6 sessions=$7 messages key="$1 $6 $7"
  messages=$(scaled "${RATES[$key]:-$4}" "$size" "$DURATION")
  shift 7
  run_client "$pid" "$@" "${PEER_MAIL[@]}" -l "$size" -s "$sessions" -m "$messages" "127.0.0.1:$port"
  row "$server" "$round" "$size" "$sessions" - "$messages" "$SECONDS_TAKEN" - - "$(memory_of "$pid" VmHWM)" -
  record
  [ "$RC" -ne 0 ] || RATES[$key]=$(awk -v n="$messages" -v s="$SECONDS_TAKEN" 'BEGIN { print n / s }')
}

for peer in "$HERE"/peers/*.sh; do . "$peer"; done

need curl awk python3
build_exists
make_scratch
TSV=${1:-$SCRATCH/compare.tsv}
printf 'server\tround\tsize\tconnections\twindow\tmessages\tseconds\trate\tcpu_10k\tclient_cpu_10k\tp50_ms\tp99_ms\thwm_kb\tallocated\tforeign_cpu\trc\n' >"$TSV" || exit 2

PRESENT=
for server in $SERVERS; do
  name=${server//-/_}
  case $server in
    ours | two) lacking= ;;
    frames | spool | null) lacking=$(lacks "$BASELINES") ;;
    *) declare -F "${name}_measure" >/dev/null || die "SERVERS: there is no $server"; lacking=$("${name}_lacks") ;;
  esac
  if [ -n "$lacking" ]; then
    say "$server is left out: it needs ${lacking//$'\n'/, }"
  else
    PRESENT="$PRESENT $server"
    if declare -F "${name}_begin" >/dev/null; then "${name}_begin"; fi
  fi
done

for ((round = 1; round <= ROUNDS; round++)); do
  for size in $SIZES; do
    for connections in $CONNECTIONS; do
      # In turns, so that a minute in which the machine is slow is slow for all.
      windowless=1
      for window in $WINDOWS; do
        for server in $PRESENT; do
          case $server in
            ours | two | frames | spool | null) measure_load "$server" "$round" "$size" "$connections" "$window" ;;
            redis) redis_measure "$round" "$size" "$connections" "$window" ;;
            *) [ "$windowless" = 0 ] || "${server//-/_}_measure" "$round" "$size" "$connections" ;;
          esac
        done
        windowless=0
      done
    done
  done
  [ "$BARS" != 1 ] || [[ " $PRESENT " != *" null "* ]] || measure_load batches "$round" 1024 10 1000
done
machine
python3 "$HERE/report.py" compare "$FOREIGN_LIMIT" "$TSV"
[ "$BARS" != 1 ] || python3 "$HERE/report.py" bars "$FOREIGN_LIMIT" "$TSV"
[ -z "${PLOTS:-}" ] || python3 "$HERE/report.py" plots "$FOREIGN_LIMIT" "$TSV" "$PLOTS"
