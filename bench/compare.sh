#!/bin/bash
# Our single node beside Postfix's qmqpd with its real queue, on the same disk and in turns. See README.md.
#   [QUICK=1] [ROUNDS=3] [DURATION=3] [SIZES="1024 10240"] [CONNECTIONS="1 10 50"] [WINDOWS="1 1000"] bench/compare.sh [FILE.tsv]
# Must run as root: Postfix takes no other start.
. "$(dirname "$0")/lib.sh"

if [ "${QUICK:-0}" = 1 ]; then
  ROUNDS=${ROUNDS:-1} DURATION=${DURATION:-1} SIZES=${SIZES:-1024} CONNECTIONS=${CONNECTIONS:-"1 10"} WARM=${WARM:-4000}
fi
ROUNDS=${ROUNDS:-3}
DURATION=${DURATION:-3}           # seconds that one run should take; the number of messages follows
SIZES=${SIZES:-"1024 10240"}
CONNECTIONS=${CONNECTIONS:-"1 10 50"}
WINDOWS=${WINDOWS:-"1 1000"}
WARM=${WARM:-20000}
MAX_MESSAGES=${MAX_MESSAGES:-2000000}
MAX_BYTES=${MAX_BYTES:-3000000000} # a run may put no more on the disk
PEER_PORT=$((PORT + 3))
PEER_PID=
PEER_CLIENT=(qmqp-source -f load@ecgrid.invalid -t sink@ecgrid.invalid)

peer_start() {
  local home=$SCRATCH/postfix
  mkdir -p "$home/etc" "$home/spool" "$home/data"
  chmod 755 "$home" "$home/etc" "$home/spool"
  chown postfix:postfix "$home/data"
  chmod 700 "$home/data"
  # Its queue is the durable one of every Postfix. Only what would slow it for no reason here is off: look-ups of the
  # client's name, the pause that lets a slow delivery catch up, and a limit on processes below 100.
  cat >"$home/etc/main.cf" <<X
compatibility_level = 3.6
queue_directory = $home/spool
data_directory = $home/data
maillog_file = $home/maillog
maillog_file_prefixes = $home
myhostname = peer.bench.test
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
default_transport = discard:
relay_transport = discard:
qmqpd_authorized_clients = 127.0.0.1
in_flow_delay = 0
default_process_limit = 100
max_use = 10000
X
  cat >"$home/etc/master.cf" <<X
127.0.0.1:$PEER_PORT inet n - n - - qmqpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
postlog   unix-dgram n - n - 1 postlogd
X
  timeout 60 postfix -c "$home/etc" start >"$SCRATCH/peer.log" 2>&1 || { cat "$SCRATCH/peer.log" >&2; die "Postfix did not start"; }
  local i
  for ((i = 0; i < 100; i++)); do
    PEER_PID=$(tr -d ' \n' <"$home/spool/pid/master.pid" 2>/dev/null)
    [ -n "$PEER_PID" ] && (exec 3<>"/dev/tcp/127.0.0.1/$PEER_PORT") 2>/dev/null && return 0
    sleep 0.1
  done
  die "qmqpd did not listen within 10 s"
}

peer_stop() {
  stop "$PEER_PID"
  PEER_PID=
}

peer_queued() { find "$SCRATCH/postfix/spool/"{maildrop,incoming,active,deferred} -type f 2>/dev/null | wc -l; }

# What the peer still delivers would be taken from our next run.
peer_drain() {
  local i
  for ((i = 0; i < 600; i++)); do
    [ "$(peer_queued)" -eq 0 ] && return 0
    sleep 0.1
  done
  say "qmqpd still has $(peer_queued) messages queued"
}

scaled() { # RATE SIZE SECONDS: as many messages as take so long, within bounds
  awk -v r="${1:-0}" -v d="$3" -v z="$2" -v most="$MAX_MESSAGES" -v bytes="$MAX_BYTES" \
    'BEGIN { n = r * d; if (n > most) n = most; if (n * z > bytes) n = bytes / z; if (n < 500) n = 500; printf "%d", n }'
}

row() { # SERVER ROUND SIZE CONNECTIONS WINDOW MESSAGES SECONDS P50 P99 HWM
  awk -v OFS='\t' -v cpu="$SERVER_CPU" -v n="${6:-0}" -v s="$7" -v client="$CLIENT_CPU" -v foreign="$FOREIGN" -v rc="$RC" \
    -v head="$1	$2	$3	$4	$5" -v p50="$8" -v p99="$9" -v hwm="${10}" \
    'BEGIN { m = n > 0 ? n : 1; print head, n, s, sprintf("%.0f", n / s), sprintf("%.4f", cpu * 10000 / m), sprintf("%.4f", client * 10000 / m), p50, p99, hwm, foreign, rc }' |
    tee -a "$TSV" >&2
}

run_ours() { # ROUND SIZE CONNECTIONS WINDOW
  local messages seconds
  silo_start
  warm_up "$2" "$WARM"
  # Twice, since the first guess is made while the compiler is still at work.
  messages=$(($3 * 200))
  [ "$4" = 1 ] || messages=$WARM
  for seconds in 0.7 "$DURATION"; do
    load --size "$2" --count "$messages" --connections "$3" --window "$4" >"$SCRATCH/try.json" 2>"$SCRATCH/try.err"
    messages=$(scaled "$(field "$SCRATCH/try.json" messagesPerSecond)" "$2" "$seconds")
  done
  run_client "$SILO_PID" "$ECGRID" load --to "127.0.0.1:$PORT" --json --size "$2" --count "$messages" --connections "$3" --window "$4"
  # The client's own seconds: those of the conversation, without its start.
  seconds=$(field "$SCRATCH/client.out" seconds)
  row ours "$1" "$2" "$3" "$4" "$(field "$SCRATCH/client.out" accepted)" "${seconds:-$SECONDS_TAKEN}" \
    "$(field "$SCRATCH/client.out" p50Milliseconds)" "$(field "$SCRATCH/client.out" p99Milliseconds)" "$(memory_of "$SILO_PID" VmHWM)"
  silo_stop
}

PEER_RATE=
run_peer() { # ROUND SIZE SESSIONS
  local messages
  messages=$(scaled "${PEER_RATE:-700}" "$2" "$DURATION")
  run_client "$PEER_PID" "${PEER_CLIENT[@]}" -l "$2" -s "$3" -m "$messages" "127.0.0.1:$PEER_PORT"
  row qmqpd "$1" "$2" "$3" - "$messages" "$SECONDS_TAKEN" - - "$(memory_of "$PEER_PID" VmHWM)"
  [ "$RC" -ne 0 ] || PEER_RATE=$(awk -v n="$messages" -v s="$SECONDS_TAKEN" 'BEGIN { print n / s }')
  peer_drain
}

need curl awk python3 postfix qmqp-source
[ "$(id -u)" = 0 ] || die "Postfix can only be started by root"
build_exists
make_scratch
TSV=${1:-$SCRATCH/compare.tsv}
printf 'server\tround\tsize\tconnections\twindow\tmessages\tseconds\trate\tcpu_10k\tclient_cpu_10k\tp50_ms\tp99_ms\thwm_kb\tforeign_cpu\trc\n' >"$TSV" || exit 2

peer_start
timeout --foreground "$RUN_LIMIT" "${PEER_CLIENT[@]}" -l 1024 -s 10 -m 300 "127.0.0.1:$PEER_PORT" >"$SCRATCH/peer-warm.out" 2>&1
peer_drain
for ((round = 1; round <= ROUNDS; round++)); do
  for size in $SIZES; do
    for connections in $CONNECTIONS; do
      # In turns, so that a minute in which the machine is slow is slow for both.
      first=1
      for window in $WINDOWS; do
        run_ours "$round" "$size" "$connections" "$window"
        [ "$first" = 1 ] && run_peer "$round" "$size" "$connections"
        first=0
      done
    done
  done
done
machine
python3 "$HERE/report.py" compare "$FOREIGN_LIMIT" "$TSV"
