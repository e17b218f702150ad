# Sourced by the scripts beside it: a private directory, a silo of our own, and what a run cost.
# Everything is on loopback, bounded in count and time, and gone at the end.
set -u

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$HERE")
SILO=${SILO:-$ROOT/src/Silo/bin/Release/net10.0/EcStreamOrleans.Silo}
ECGRID=${ECGRID:-$ROOT/src/Cli/bin/Release/net10.0/ecgrid}
EDGE=${EDGE:-$ROOT/src/Edge/bin/Release/net10.0/EcStreamOrleans.Edge}
SILO_RUN=("$SILO")                # what silo_start starts; something else takes the same arguments
PORT=${PORT:-18250}               # ours; the next ones up are the admin listener, the silo port, a peer, the gateway, three more peers; separate edges from PORT + 10 on
ADMIN_PORT=$((PORT + 1))
SILO_PORT=$((PORT + 2))
GATEWAY_PORT=$((PORT + 4))
RUN_LIMIT=${RUN_LIMIT:-60}        # seconds after which a client is stopped, whatever it does
FOREIGN_LIMIT=0.5                 # cores; with more taken by others a run says nothing
TICKS=$(getconf CLK_TCK)
SILO_PID=
SCRATCH=

say() { echo "$*" >&2; }
die() { say "$*"; exit 2; }

need() {
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || die "$tool is needed and not installed"; done
}

# A directory on the disk that is measured. A file system in memory would make every flush free.
make_scratch() {
  SCRATCH=$(mktemp -d "${BENCH_DIR:-/var/tmp}/ecstream-bench.XXXXXX") || exit 2
  chmod 711 "$SCRATCH"            # Postfix's own user has to pass through
  case $(stat -f -c %T "$SCRATCH") in
    tmpfs | ramfs) die "$SCRATCH is in memory; set BENCH_DIR to a directory on a disk" ;;
  esac
  [ "$(df -Pk "$SCRATCH" | awk 'NR == 2 { print $4 }')" -gt 12000000 ] || die "$SCRATCH has less than 12 GB free"
}

# The trap of every script. At most the silo, its edges, the clients listed in CLIENTS and the servers of others are running.
CLIENTS=
EDGE_PIDS=
SERVED_PIDS=" "
clean_up() {
  local pid
  trap - EXIT INT TERM
  for pid in $CLIENTS $EDGE_PIDS $SERVED_PIDS; do stop "$pid"; done
  silo_stop
  [ -z "$SCRATCH" ] || rm -rf "$SCRATCH"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

stop() { # PID: asks, waits, insists
  local i
  [ -n "$1" ] && kill "$1" 2>/dev/null || return 0
  for ((i = 0; i < 150; i++)); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 "$1" 2>/dev/null
}

build_exists() {
  [ -x "$SILO" ] && [ -x "$EDGE" ] && [ -x "$ECGRID" ] || die "not built: dotnet build -c Release"
}

# silo_start [LINE-OF-CONFIGURATION]: a silo with empty data and no Gateway, so that what it accepts is held in the spool.
silo_start() {
  rm -rf "$SCRATCH/data"
  silo_resume "$@"
}

# The same, with the data that is there.
silo_resume() {
  cat >"$SCRATCH/grid.conf" <<X
${1:-}
ECStream_Listener {
  Listen "127.0.0.1:$PORT" {
  }
}
X
  # shellcheck disable=SC2086
  Logging__LogLevel__Default=Warning DOTNET_gcServer=0 "${SILO_RUN[@]}" --conf "$SCRATCH/grid.conf" --data "$SCRATCH/data" \
    --admin "http://127.0.0.1:$ADMIN_PORT" --Grid:SiloPort="$SILO_PORT" --Grid:GatewayPort="$GATEWAY_PORT" ${SILO_OPTIONS:-} >"$SCRATCH/silo.log" 2>&1 &
  SILO_PID=$!
  local i
  for ((i = 0; i < 300; i++)); do
    kill -0 "$SILO_PID" 2>/dev/null || { cat "$SCRATCH/silo.log" >&2; SILO_PID=; die "the silo ended at its start"; }
    curl -sf -m 2 -o "$SCRATCH/ready" "http://127.0.0.1:$ADMIN_PORT/healthz/ready" && return 0
    sleep 0.1
  done
  die "the silo was not ready within 30 s"
}

# edges_start COUNT [LINE-OF-CONFIGURATION]: separate edges, clients of the silo that runs; the first listens on PORT + 10, its health is one above.
edges_start() {
  local i port
  for ((i = 0; i < $1; i++)); do
    port=$((PORT + 10 + 2 * i))
    sed "s/:$PORT\"/:$port\"/" "$SCRATCH/grid.conf" >"$SCRATCH/edge$i.conf"
    # shellcheck disable=SC2086
    Logging__LogLevel__Default=Warning "$EDGE" --conf "$SCRATCH/edge$i.conf" --health "http://127.0.0.1:$((port + 1))" \
      --Grid:GatewayPort="$GATEWAY_PORT" ${EDGE_OPTIONS:-} >"$SCRATCH/edge$i.log" 2>&1 &
    EDGE_PIDS="$EDGE_PIDS $!"
  done
  for ((i = 0; i < 300; i++)); do
    for ((port = PORT + 11; port < PORT + 11 + 2 * $1; port += 2)); do
      curl -sf -m 2 -o "$SCRATCH/ready" "http://127.0.0.1:$port/healthz/ready" || { sleep 0.1; continue 2; }
    done
    return 0
  done
  die "the edges were not ready within 30 s: $(tail -1 "$SCRATCH/edge0.log")"
}

edges_stop() {
  local pid
  for pid in $EDGE_PIDS; do stop "$pid"; done
  EDGE_PIDS=
}

# Until the spool has written what it wants to have free: it does while it has nothing better to do, and stands still when it has it.
spares_written() {
  local i before=-1 now
  for ((i = 0; i < 60; i++)); do
    sleep 0.5
    now=$(du -sc "$SCRATCH"/data "$SCRATCH"/?/data 2>/dev/null | tail -1)
    [ "$now" != "$before" ] || return 0
    before=$now
  done
  die "the spool wrote segments in advance for more than 30 s"
}

silo_stop() {
  silo_pause
  rm -rf "$SCRATCH/data"
}

silo_pause() {
  [ -n "$SILO_PID" ] || return 0
  stop "$SILO_PID"
  wait "$SILO_PID" 2>/dev/null
  SILO_PID=
}

wait_port() { # PORT PID WHAT
  local i
  for ((i = 0; i < 100; i++)); do
    kill -0 "$2" 2>/dev/null || break
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.1
  done
  [ ! -f "$SCRATCH/served.log" ] || tail -5 "$SCRATCH/served.log" >&2
  die "$3 did not listen within 10 s"
}

# serve PORT COMMAND…: a server that is no silo; leaves its pid in SERVED.
serve() {
  local port=$1
  shift
  "$@" >"$SCRATCH/served.log" 2>&1 &
  SERVED=$!
  SERVED_PIDS="$SERVED_PIDS$SERVED "
  wait_port "$port" "$SERVED" "$1"
}

unserve() { # PID
  stop "$1"
  wait "$1" 2>/dev/null
  SERVED_PIDS=${SERVED_PIDS/ $1 / }
}

# In the foreground, here and below, so that an interrupt at the terminal reaches the client and not only the script.
LOAD_PORT=$PORT
load() { timeout --foreground "$RUN_LIMIT" "$ECGRID" load --to "127.0.0.1:$LOAD_PORT" --json "$@"; }

# Until the compiler has seen the code at work, one measures the compiler: two bursts with time between for its second pass.
warm_up() { # SIZE MESSAGES
  local burst
  for burst in 1 2; do
    load --size "$1" --count "$2" --connections 4 --window 500 >"$SCRATCH/warm.json" 2>"$SCRATCH/warm.err" || say "warm-up: $(tail -1 "$SCRATCH/warm.err")"
    sleep 0.5
  done
}

field() { # FILE NAME: a number of the summary that load --json prints
  sed -n "s/.*\"$2\":\([0-9.eE+-]*\).*/\1/p" "$1" | head -1
}

family() { # PID…: they and all processes under them
  local pid
  for pid in "$@"; do
    [ -d "/proc/$pid" ] || continue
    echo "$pid"
    # shellcheck disable=SC2046
    family $(cat "/proc/$pid/task"/*/children 2>/dev/null)
  done
}

# Clock ticks that the family has used, with those of children that have ended.
cpu_of() { # "PID…"
  local pid
  for pid in $(family $1); do cat "/proc/$pid/stat" 2>/dev/null; done |
    awk '{ sub(/^.*\) /, ""); ticks += $12 + $13 + $14 + $15 } END { print ticks + 0 }'
}

memory_of() { # "PID…" VmHWM|VmRSS: kB, summed over the family
  local pid
  for pid in $(family $1); do cat "/proc/$pid/status" 2>/dev/null; done | awk -v key="$2:" '$1 == key { kb += $2 } END { print kb + 0 }'
}

# What the whole machine has worked: user, nice, system, interrupts. Waiting and stolen time are not work.
machine_busy() { awk '$1 == "cpu" { print $2 + $3 + $4 + $7 + $8 }' /proc/stat; }

# run_client "SERVER-PID…" COMMAND…: runs it, and leaves SECONDS_TAKEN, SERVER_CPU, CLIENT_CPU, FOREIGN and RC. Its output is in client.out.
# BESIDE is the pid of a second client of ours that runs meanwhile, if there is one.
BESIDE=
run_client() {
  local server=$1 busy server_before beside_before beside began ended
  shift
  beside_before=$(cpu_of "${BESIDE:-none}")
  server_before=$(cpu_of "$server")
  busy=$(machine_busy)
  began=$(date +%s.%N)
  local TIMEFORMAT='%U %S'
  { time timeout --foreground "$RUN_LIMIT" "$@" >"$SCRATCH/client.out" 2>"$SCRATCH/client.err"; } 2>"$SCRATCH/client.time"
  RC=$?
  ended=$(date +%s.%N)
  SERVER_CPU=$(awk -v a="$server_before" -v b="$(cpu_of "$server")" -v t="$TICKS" 'BEGIN { printf "%.2f", (b - a) / t }')
  beside=$(($(cpu_of "${BESIDE:-none}") - beside_before))
  CLIENT_CPU=$(awk -v b="$beside" -v t="$TICKS" '{ printf "%.2f", $1 + $2 + b / t }' "$SCRATCH/client.time")
  SECONDS_TAKEN=$(awk -v a="$began" -v b="$ended" 'BEGIN { printf "%.3f", b - a }')
  FOREIGN=$(awk -v a="$busy" -v b="$(machine_busy)" -v t="$TICKS" -v own="$SERVER_CPU" -v client="$CLIENT_CPU" -v s="$SECONDS_TAKEN" \
    'BEGIN { f = ((b - a) / t - own - client) / s; printf "%.2f", f < 0 ? 0 : f }')
  local pid
  for pid in $server; do
    kill -0 "$pid" 2>/dev/null && continue
    RC=99
    say "the server ended during the run"
    tail -n 20 "$SCRATCH/silo.log" "$SCRATCH/served.log" >&2 2>/dev/null
  done
  [ "$RC" -eq "${EXPECTED_RC:-0}" ] || say "client: rc $RC $(tail -1 "$SCRATCH/client.err")"
}

machine() { # one line for the head of a report: a figure without its machine is none
  echo "$(nproc) CPUs ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), kernel $(uname -r), $(stat -f -c %T "$SCRATCH") on $(df -P "$SCRATCH" | awk 'NR == 2 { print $1 }'), $(date -u +%Y-%m-%d), $(git -C "$ROOT" rev-parse --short HEAD 2>/dev/null || echo 'no commit')"
}

AZURITE=${AZURITE_DIR:-/opt/azurite}/node_modules/.bin/azurite-table

# A store of tables for several silos; leaves what they are told of it in STORE.
store_start() { # PORT
  [ -x "$AZURITE" ] || die "azurite is missing at $AZURITE: set AZURITE_DIR"
  local key i
  key=$(openssl rand -base64 48)
  AZURITE_ACCOUNTS="grid:$key" "$AZURITE" --location "$SCRATCH" --tablePort "$1" --silent --skipApiVersionCheck --disableTelemetry >"$SCRATCH/azurite.log" 2>&1 &
  CLIENTS="$! $CLIENTS"
  export DOTNET_ENVIRONMENT=Development   # connection strings are taken there only
  STORE="--Grid:Storage:Kind=AzureTables --Grid:Clustering:Kind=AzureTables --Grid:Clustering:AdvertisedAddress=127.0.0.1"
  STORE="$STORE --Grid:Storage:ConnectionString=DefaultEndpointsProtocol=http;AccountName=grid;AccountKey=$key;TableEndpoint=http://127.0.0.1:$1/grid"
  for ((i = 0; i < 100; i++)); do
    curl -s -m 1 -o "$SCRATCH/store" "http://127.0.0.1:$1/grid" && return 0
    sleep 0.1
  done
  die "the store did not answer within 10 s"
}
