# Sourced by compare.sh: Postfix with its durable queue, in the private directory, taking mail over QMQP (qmqpd) and over SMTP (smtpd).
# Both are of one instance, which is started once. It delivers to discard:, and what it has not delivered yet is waited for between runs.
QMQPD_PORT=$((PORT + 3))
SMTPD_PORT=$((PORT + 5))
POSTFIX_PID=

qmqpd_lacks() { postfix_lacks qmqp-source; }
smtpd_lacks() { postfix_lacks smtp-source; }
qmqpd_begin() { postfix_begin qmqp-source "$QMQPD_PORT"; }
smtpd_begin() { postfix_begin smtp-source "$SMTPD_PORT"; }
qmqpd_measure() { postfix_measure qmqpd "$QMQPD_PORT" "$1" "$2" "$3" qmqp-source; }
# -d keeps a session's connection for its next message.
smtpd_measure() { postfix_measure smtpd "$SMTPD_PORT" "$1" "$2" "$3" smtp-source -d; }

postfix_lacks() { # CLIENT
  lacks postfix "$1"
  [ "$(id -u)" = 0 ] || echo "root, since Postfix takes no other start"
}

postfix_begin() { # CLIENT PORT: the instance, if it does not run yet, and a few messages
  [ -n "$POSTFIX_PID" ] || postfix_start
  timeout --foreground "$RUN_LIMIT" "$1" "${PEER_MAIL[@]}" -l 1024 -s 10 -m 300 "127.0.0.1:$2" >"$SCRATCH/peer-warm.out" 2>&1
  postfix_drain
}

postfix_start() {
  local home=$SCRATCH/postfix i
  mkdir -p "$home/etc" "$home/spool" "$home/data"
  chmod 755 "$home" "$home/etc" "$home/spool"
  chown postfix:postfix "$home/data"
  chmod 700 "$home/data"
  # Its queue is the durable one of every Postfix. Only what would slow it for no reason here is off: look-ups of the
  # client's name, the pause that lets a slow delivery catch up, and a limit on processes below 100.
  cat >"$home/etc/main.cf" <<CF
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
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = none
in_flow_delay = 0
default_process_limit = 100
max_use = 10000
CF
  cat >"$home/etc/master.cf" <<CF
127.0.0.1:$QMQPD_PORT inet n - n - - qmqpd
127.0.0.1:$SMTPD_PORT inet n - n - - smtpd
anvil     unix  - - n - 1 anvil
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
CF
  timeout 60 postfix -c "$home/etc" start >"$SCRATCH/postfix.log" 2>&1 || { cat "$SCRATCH/postfix.log" >&2; die "Postfix did not start"; }
  for ((i = 0; i < 100; i++)); do
    POSTFIX_PID=$(tr -d ' \n' <"$home/spool/pid/master.pid" 2>/dev/null)
    [ -z "$POSTFIX_PID" ] || break
    sleep 0.1
  done
  [ -n "$POSTFIX_PID" ] || die "Postfix left no pid within 10 s"
  SERVED_PIDS="$SERVED_PIDS$POSTFIX_PID "
  wait_port "$QMQPD_PORT" "$POSTFIX_PID" qmqpd
  wait_port "$SMTPD_PORT" "$POSTFIX_PID" smtpd
}

postfix_queued() { find "$SCRATCH/postfix/spool/"{maildrop,incoming,active,deferred} -type f 2>/dev/null | wc -l; }

# What it still delivers would be taken from the next run.
postfix_drain() {
  local i
  for ((i = 0; i < 600; i++)); do
    [ "$(postfix_queued)" -eq 0 ] && return 0
    sleep 0.1
  done
  say "Postfix still has $(postfix_queued) messages queued"
}

postfix_measure() { # SERVER PORT ROUND SIZE SESSIONS CLIENT…
  local server=$1 port=$2
  shift 2
  measure_source "$server" "$port" "$POSTFIX_PID" 700 "$@"
  postfix_drain
}
