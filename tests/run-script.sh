#!/bin/sh
# Run one test script: tests/run-script.sh FILE [ARGUMENT...], with the environment that test scripts may rely on.
#
#   AFTERSHOCK_ROOT    the source tree, also the working directory
#   AFTERSHOCK_BIN     where the programs are (default build/dev)
#   AFTERSHOCK_PYTHON  a python3 that has zmq and msgpack
#   AFTERSHOCK_SHARED  recorded data that is not part of the project; a test that needs it exits 77 if it is not there
set -eu
AFTERSHOCK_ROOT=${AFTERSHOCK_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
AFTERSHOCK_BIN=${AFTERSHOCK_BIN:-$AFTERSHOCK_ROOT/build/dev}
AFTERSHOCK_PYTHON=${AFTERSHOCK_PYTHON:-python3}
AFTERSHOCK_SHARED=${AFTERSHOCK_SHARED:-../shared}
export AFTERSHOCK_ROOT AFTERSHOCK_BIN AFTERSHOCK_PYTHON AFTERSHOCK_SHARED
cd "$AFTERSHOCK_ROOT"
case $1 in
*.py) exec "$AFTERSHOCK_PYTHON" "$@" ;;
*)
    if head -n 1 "$1" | grep -q bash; then exec bash "$@"; fi
    exec sh "$@"
    ;;
esac
