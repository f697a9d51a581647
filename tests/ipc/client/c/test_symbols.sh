#!/bin/sh
# The shared client library gives away as_client_* and nothing else, says its version, and needs nothing of the daemon.
set -eu
library=$AFTERSHOCK_BIN/libaftershock-client.so.0
[ -f "$library" ] || { echo "$library was not built"; exit 77; }
command -v nm >/dev/null && command -v readelf >/dev/null || exit 77
others=$(nm -D --defined-only "$library" |
    awk '$3 !~ /^as_client_/ && $3 !~ /^(__|_init|_fini|_edata|_end)/ { print $3 }')
[ -z "$others" ] || { echo "exported: $others"; exit 1; }
given=$(nm -D --defined-only "$library" | awk '$3 ~ /^as_client_/ { print $3 }' | sort)
declared=$(grep -o 'as_client_[a-z_]*(' "$AFTERSHOCK_ROOT/ipc/client/c/aftershock_client.h" | tr -d '(' | sort -u)
for name in $given; do
    printf '%s\n' "$declared" | grep -qx "$name" || { echo "$name is exported and not declared"; exit 1; }
done
[ "$(printf '%s\n' "$given" | grep -c .)" -ge 19 ] || { echo "functions are missing: $given"; exit 1; }
readelf -d "$library" | grep -q 'SONAME.*libaftershock-client\.so\.0\]' || { echo "no soname"; exit 1; }
if grep -nE '#include "(core|feeds|strategies|apps|bench|ipc)/' "$AFTERSHOCK_ROOT"/ipc/client/c/*.[ch]; then
    echo "the client includes a file of the daemon"
    exit 1
fi
