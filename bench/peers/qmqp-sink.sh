# Sourced by compare.sh: Postfix's qmqp-sink, a small server in C that reads a message a connection and throws it away.
QMQP_SINK_PORT=$((PORT + 6))
QMQP_SINK_PID=

qmqp_sink_lacks() { lacks qmqp-sink qmqp-source; }

qmqp_sink_begin() {
  serve "$QMQP_SINK_PORT" qmqp-sink "127.0.0.1:$QMQP_SINK_PORT" 512
  QMQP_SINK_PID=$SERVED
}

qmqp_sink_measure() { measure_source qmqp-sink "$QMQP_SINK_PORT" "$QMQP_SINK_PID" 8000 "$1" "$2" "$3" qmqp-source; }
