#!/bin/bash
# What a flood from one peer does to others that send one message at a time, by ECStream_Max_Batch_Size. See README.md.
#   [QUICK=1] [ROUNDS=3] [SECONDS_EACH=4] [PEERS=50] [RATE=500] [BATCHES="1 100 10000"] [FLOOD_CONNECTIONS=4] bench/fairness.sh [FILE.tsv]
. "$(dirname "$0")/lib.sh"

if [ "${QUICK:-0}" = 1 ]; then
  ROUNDS=${ROUNDS:-1} SECONDS_EACH=${SECONDS_EACH:-2} WARM=${WARM:-4000}
fi
ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-4}   # the small peers send for so long, alone and under the flood
PEERS=${PEERS:-50}
RATE=${RATE:-500}                 # messages a second, of all of them
BATCHES=${BATCHES:-"1 100 10000"}
SIZE=${SIZE:-1024}
WARM=${WARM:-20000}
FLOOD_CONNECTIONS=${FLOOD_CONNECTIONS:-4}
FLOOD_MESSAGES=${FLOOD_MESSAGES:-6000000}  # 6 GB at 1 KB: beyond what the seconds allow, and still bounded

# From other addresses: that makes them other peers to the silo.
small_peers() {
  run_client "$SILO_PID" timeout --foreground 120 python3 "$HERE/small.py" "$PORT" "$PEERS" "$RATE" "$SECONDS_EACH"
  cp "$SCRATCH/client.out" "$SCRATCH/$1.json"
  [ "$(field "$SCRATCH/$1.json" deferred)$(field "$SCRATCH/$1.json" rejected)" = 00 ] && [ "$(field "$SCRATCH/$1.json" accepted)" -gt 0 ]
}

need curl awk python3
build_exists
make_scratch
TSV=${1:-$SCRATCH/fairness.tsv}
printf 'round\tbatch\talone_rate\talone_p50\talone_p99\tflooded_rate\tflood_p50\tflood_p99\tflood_rate\tforeign_cpu\trc\n' >"$TSV" || exit 2
for ((round = 1; round <= ROUNDS; round++)); do
  for batch in $BATCHES; do
    rc=0
    silo_start "ECStream_Max_Batch_Size = $batch"
    warm_up "$SIZE" "$WARM"
    small_peers warm-small || rc=1
    small_peers alone || rc=1
    foreign=$FOREIGN
    # Its client gives way: it stands for another machine.
    nice -n 19 timeout --foreground -s INT "$RUN_LIMIT" "$ECGRID" load --to "127.0.0.1:$PORT" --json --bind 127.0.0.1 --size "$SIZE" \
      --count "$FLOOD_MESSAGES" --connections "$FLOOD_CONNECTIONS" --window 1000 >"$SCRATCH/flood.json" 2>"$SCRATCH/flood.err" &
    flood=$!
    CLIENTS=$flood
    BESIDE=$flood
    sleep 1
    small_peers flooded || rc=1
    kill -0 "$flood" 2>/dev/null || { say "the flood ended before the small peers had"; rc=1; }
    kill -INT "$flood" 2>/dev/null
    wait "$flood"
    CLIENTS=
    BESIDE=
    foreign=$(printf '%s\n' "$foreign" "$FOREIGN" | sort -g | tail -1)
    printf '%s\t' "$round" "$batch" >>"$TSV"
    for name in alone flooded; do
      for key in messagesPerSecond p50Milliseconds p99Milliseconds; do printf '%s\t' "$(field "$SCRATCH/$name.json" $key)" >>"$TSV"; done
    done
    printf '%s\t%s\t%s\n' "$(field "$SCRATCH/flood.json" messagesPerSecond)" "$foreign" "$rc" >>"$TSV"
    tail -1 "$TSV" >&2
    silo_stop
  done
done
machine
python3 "$HERE/report.py" fairness "$FOREIGN_LIMIT" "$TSV"
