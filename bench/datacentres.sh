#!/bin/bash
# How long a change of policy in one datacentre takes to an open session in another: two clusters of a silo each on one store, Azurite. See README.md.
#   [CHANGES=100] [AZURITE_DIR=/opt/azurite] bench/datacentres.sh
. "$(dirname "$0")/lib.sh"

CHANGES=${CHANGES:-100}           # suspensions and their ends, in turns, each waited for
RUN_LIMIT=${RUN_LIMIT_DATACENTRES:-600}
AZURITE=${AZURITE_DIR:-/opt/azurite}/node_modules/.bin/azurite-table
STORE_PORT=$((PORT + 9))
WEST=$PORT
EAST=$((PORT + 20))

datacentre() { # NAME PORT: a cluster of its own; its silo is stopped with the clients
  SCRATCH=$ALL/$1 PORT=$2 ADMIN_PORT=$(($2 + 1)) SILO_PORT=$(($2 + 2)) GATEWAY_PORT=$(($2 + 4))
  mkdir -p "$SCRATCH"
  SILO_OPTIONS="$SHARED --Grid:ClusterId=$1 --Grid:Clustering:TablePrefix=$1"
  silo_start
  CLIENTS="$SILO_PID $CLIENTS" SILO_PID='' SCRATCH=$ALL
}

need curl python3 openssl
[ -x "$AZURITE" ] || die "azurite is missing at $AZURITE: set AZURITE_DIR"
build_exists
make_scratch
ALL=$SCRATCH
trap 'SCRATCH=$ALL; clean_up' EXIT
machine
key=$(openssl rand -base64 48)
AZURITE_ACCOUNTS="grid:$key" "$AZURITE" --location "$SCRATCH" --tablePort "$STORE_PORT" --silent --skipApiVersionCheck --disableTelemetry >"$SCRATCH/azurite.log" 2>&1 &
CLIENTS=$!
export DOTNET_ENVIRONMENT=Development   # connection strings are taken there only
SHARED="--Grid:Storage:Kind=AzureTables --Grid:Clustering:Kind=AzureTables --Grid:Clustering:AdvertisedAddress=127.0.0.1"
SHARED="$SHARED --Grid:Storage:ConnectionString=DefaultEndpointsProtocol=http;AccountName=grid;AccountKey=$key;TableEndpoint=http://127.0.0.1:$STORE_PORT/grid"
for ((i = 0; i < 100; i++)); do
  curl -s -m 1 -o "$SCRATCH/store" "http://127.0.0.1:$STORE_PORT/grid" && break
  sleep 0.1
done
datacentre west "$WEST"
datacentre east "$EAST"
echo
echo "| from a change in one datacentre to its effect on an open session in another | p50 ms | p99 ms |"
echo "|---|--:|--:|"
timeout --foreground "$RUN_LIMIT" python3 "$HERE/policy.py" across "$EAST" $((WEST + 1)) "$CHANGES" || say "policy.py across: rc $?"
