#!/bin/sh
# The simulations of the feeds at full length: a billion messages over two lossy lines, and the reactor's faults in
# their hundreds of thousands.
set -eu
export AFTERSHOCK_LONG=1
for test in feeds.arbiter_simulation feeds.reactor_stress; do
    "$AFTERSHOCK_BIN/tests/$test"
done
