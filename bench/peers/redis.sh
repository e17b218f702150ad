# Sourced by compare.sh: a Redis stream, its append-only file flushed before each answer (appendfsync always). Redis flushes once for all the
# commands that it found waiting, so that pipelining is its group commit: REDIS_DEPTHS are tried in each round, and the best one counts.
REDIS_PORT=$((PORT + 7))
REDIS_DEPTHS=${REDIS_DEPTHS:-"16 128 1000"}
REDIS_MAX_UNDER_WAY=268435456     # octets of all connections together; a depth beyond it would measure the copying of buffers

redis_lacks() { lacks redis-server redis-benchmark redis-cli; }

redis_measure() { # ROUND SIZE CONNECTIONS WINDOW
  local depth depths=$REDIS_DEPTHS best= best_rate=0
  [ "$4" != 1 ] || depths=1
  for depth in $depths; do
    [ $((depth * $2 * $3)) -le $REDIS_MAX_UNDER_WAY ] || continue
    redis_run "$depth" "$@"
    if [ -z "$best" ] || awk -v a="$REDIS_RATE" -v b="$best_rate" 'BEGIN { exit !(a > b) }'; then best=$ROW best_rate=$REDIS_RATE; fi
  done
  ROW=$best
  [ -z "$ROW" ] || record
}

redis_run() { # DEPTH ROUND SIZE CONNECTIONS WINDOW: on an empty server of its own; leaves ROW and REDIS_RATE
  local home=$SCRATCH/redis messages=$(($1 * $4 * 3)) try p50 p99
  rm -rf "$home"
  mkdir -p "$home"
  head -c "$3" /dev/zero | tr '\0' X >"$home/payload"
  serve "$REDIS_PORT" redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --dir "$home" --appendonly yes --appendfsync always --save '' \
    --auto-aof-rewrite-percentage 0
  [ "$messages" -gt 500 ] || messages=500
  # Twice: the first one finds out how many messages take so long.
  for try in 1 2; do
    # shellcheck disable=SC2016
    run_client "$SERVED" bash -c 'exec redis-benchmark -h 127.0.0.1 -p "$2" -c "$3" -P "$4" -n "$5" --csv -x XADD load "*" message <"$1"' \
      redis-benchmark "$home/payload" "$REDIS_PORT" "$4" "$1" "$messages"
    # From the end, since the first column is the whole command.
    read -r REDIS_RATE p50 p99 < <(awk -F '","' 'NF >= 8 { rate = $(NF - 6); p50 = $(NF - 3); p99 = $(NF - 1) } END { print rate + 0, p50 + 0, p99 + 0 }' "$SCRATCH/client.out")
    # It rounds up to whole pipelines.
    [ "$(redis-cli -p "$REDIS_PORT" XLEN load 2>/dev/null || echo 0)" -ge "$messages" ] && [ "$REDIS_RATE" != 0 ] || RC=1
    [ "$try" = 2 ] || { redis-cli -p "$REDIS_PORT" DEL load >/dev/null; messages=$(scaled "$REDIS_RATE" "$3" "$DURATION"); }
  done
  row redis "$2" "$3" "$4" "$5" "$messages" "$(awk -v n="$messages" -v r="$REDIS_RATE" 'BEGIN { print (r > 0 ? n / r : 1) }')" "$p50" "$p99" \
    "$(memory_of "$SERVED" VmHWM)" -
  unserve "$SERVED"
  rm -rf "$home"
}
