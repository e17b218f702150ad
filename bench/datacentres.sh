#!/bin/bash
# How long a change of policy in one datacentre takes to an open session in another: two clusters of a silo each on one store, Azurite. See README.md.
#   [CHANGES=100] [AZURITE_DIR=/opt/azurite] bench/datacentres.sh
. "$(dirname "$0")/lib.sh"

CHANGES=${CHANGES:-100}           # suspensions and their ends, in turns, each waited for
RUN_LIMIT=${RUN_LIMIT_DATACENTRES:-600}
WEST=$PORT
EAST=$((PORT + 20))

datacentre() { # NAME PORT: a cluster of its own; its silo is stopped with the clients
  SCRATCH=$ALL/$1 PORT=$2 ADMIN_PORT=$(($2 + 1)) SILO_PORT=$(($2 + 2)) GATEWAY_PORT=$(($2 + 4))
  mkdir -p "$SCRATCH"
  SILO_OPTIONS="$STORE --Grid:ClusterId=$1 --Grid:Clustering:TablePrefix=$1"
  silo_start
  CLIENTS="$SILO_PID $CLIENTS" SILO_PID='' SCRATCH=$ALL
}

need curl python3 openssl
build_exists
make_scratch
ALL=$SCRATCH
trap 'SCRATCH=$ALL; clean_up' EXIT
machine
store_start $((PORT + 9))
datacentre west "$WEST"
datacentre east "$EAST"
echo
echo "| from a change in one datacentre to its effect on an open session in another | p50 ms | p99 ms |"
echo "|---|--:|--:|"
timeout --foreground "$RUN_LIMIT" python3 "$HERE/policy.py" across "$EAST" $((WEST + 1)) "$CHANGES" || say "policy.py across: rc $?"
