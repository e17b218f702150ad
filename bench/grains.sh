#!/bin/bash
# What a hundred thousand peers cost a cluster: their first message and their second, memory a grain, and what is left of them when they are silent. See README.md.
#   [QUICK=1] [GRAINS=100000] [SILOS=2] [SILENCE=1080] [AZURITE_DIR=/opt/azurite] bench/grains.sh
. "$(dirname "$0")/lib.sh"

if [ "${QUICK:-0}" = 1 ]; then GRAINS=${GRAINS:-2000} SILENCE=${SILENCE:-5}; fi
GRAINS=${GRAINS:-100000}
SILOS=${SILOS:-2}
SILENCE=${SILENCE:-1080}          # seconds; Orleans collects what has had no call for 15 minutes, and looks once a minute
RUN_LIMIT=${RUN_LIMIT_GRAINS:-600}
FIRST=$PORT

grains() { timeout --foreground "$RUN_LIMIT" python3 "$HERE/grains.py" "$LISTENS" "$GRAINS" || say "grains.py: rc $?"; }

cluster_memory() {
  local pid kb=0
  for pid in $PIDS; do kb=$((kb + $(memory_of "$pid" VmRSS))); done
  echo "$kb"
}

active() { # peers' grains, over all silos
  local admin
  for admin in $ADMINS; do curl -sf -m 10 "http://127.0.0.1:$admin/metrics"; done |
    awk '/^orleans_catalog_activations\{/ && /grain_type="peer"/ { sum += $2 } END { print sum + 0 }'
}

row() { # WHAT SECONDS
  awk -v what="$1" -v s="$2" -v n="$GRAINS" -v active="$(active)" -v kb="$(cluster_memory)" -v before="$BEFORE" \
    'BEGIN { printf "| %s | %s | %d | %.0f | %s |\n", what, s == "" ? "" : sprintf("%.0f", n / s), active, kb / 1024, active ? sprintf("%.1f", (kb - before) / active) : "" }'
}

need curl python3 openssl awk
build_exists
make_scratch
ALL=$SCRATCH
trap 'SCRATCH=$ALL; clean_up' EXIT
machine
store_start $((PORT + 9))
SILO_OPTIONS=$STORE
LISTENS='' PIDS='' ADMINS=''
for ((silo = 0; silo < SILOS; silo++)); do
  SCRATCH=$ALL/$silo PORT=$((FIRST + 20 * silo)) ADMIN_PORT=$((FIRST + 20 * silo + 1)) SILO_PORT=$((FIRST + 20 * silo + 2)) GATEWAY_PORT=0
  mkdir -p "$SCRATCH"
  silo_start
  LISTENS="$LISTENS,$PORT" PIDS="$PIDS $SILO_PID" ADMINS="$ADMINS $ADMIN_PORT" CLIENTS="$SILO_PID $CLIENTS" SILO_PID='' SCRATCH=$ALL
done
LISTENS=${LISTENS#,}
timeout 60 python3 "$HERE/grains.py" "$LISTENS" 500 >"$SCRATCH/warm"
BEFORE=$(cluster_memory)
echo
echo "| $GRAINS peers, $SILOS silos | peers/s | grains active | RSS MB, all silos | KB a grain |"
echo "|---|--:|--:|--:|--:|"
row "before" ""
row "each has sent a message of 1 KB, the first that is heard of it, and closed" "$(grains)"
row "each has sent a second, and closed" "$(grains)"
sleep "$SILENCE"
row "all silent for $SILENCE s" ""
timeout 60 python3 "$HERE/grains.py" "$LISTENS" 20000 >"$SCRATCH/warm"
sleep 5
row "20,000 have come back" ""
