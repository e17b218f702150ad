#!/usr/bin/env bash
# Installs what the tests talk to: Postfix's qmqp-source, qmqp-sink and qmqpd, nullmailer's qmqp client, openssl, Azurite.
# Debian and Ubuntu; run as root. Without them those tests are skipped with a reason.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

if ! command -v qmqp-source >/dev/null || ! command -v qmqp-sink >/dev/null; then
    apt-get update -q
    echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
    apt-get install -q -y --no-install-recommends postfix
fi

# ss, which shows how sockets are set up.
if ! command -v ss >/dev/null; then
    apt-get update -q
    apt-get install -q -y --no-install-recommends iproute2
fi

# s_client, a client of TLS that is not ours.
if ! command -v openssl >/dev/null; then
    apt-get update -q
    apt-get install -q -y --no-install-recommends openssl
fi

# nullmailer is a mail server of its own and conflicts with Postfix: its client is taken out of the package, nothing is installed.
nullmailer=${NULLMAILER_DIR:-/opt/nullmailer}
if [ ! -x "$nullmailer/usr/lib/nullmailer/qmqp" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    (cd "$work" && { apt-get download -q nullmailer || { apt-get update -q && apt-get download -q nullmailer; }; })
    mkdir -p "$nullmailer"
    dpkg -x "$work"/nullmailer_*.deb "$nullmailer"
    # libraries that only nullmailer needs
    apt-get install -q -y --no-install-recommends libgnutls30 libgcc-s1 libstdc++6 >/dev/null
fi

# Azurite, the emulator of Azure Storage, in a directory of its own. 3.35.0 is the newest for Node 20.
azurite=${AZURITE_DIR:-/opt/azurite}
if [ "$("$azurite/node_modules/.bin/azurite-table" --version 2>/dev/null)" != 3.35.0 ]; then
    if ! command -v npm >/dev/null; then
        apt-get update -q
        apt-get install -q -y --no-install-recommends nodejs npm
    fi
    mkdir -p "$azurite"
    # Where no registry of npm can be reached, the tests that need it are skipped and say so; the others are worth running.
    npm install --prefix "$azurite" --no-save --no-audit --no-fund --omit=dev --loglevel=error azurite@3.35.0 \
        || echo "Azurite could not be installed: its tests will be skipped."
fi
