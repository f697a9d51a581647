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

# The .pc file works from wherever it is installed.
pc=$(find "$AFTERSHOCK_BIN" -name aftershock-client.pc | head -n 1)
if [ -n "$pc" ] && command -v pkg-config >/dev/null; then
    moved=$(mktemp -d)
    trap 'rm -rf "$moved"' EXIT
    lib=$(sed -n 's/^libdir=${prefix}//p' "$pc")
    mkdir -p "$moved$lib/pkgconfig"
    cp "$pc" "$moved$lib/pkgconfig/"
    found=$(PKG_CONFIG_PATH=$moved$lib/pkgconfig pkg-config --variable=libdir aftershock-client)
    [ "$(cd "$found" && pwd)" = "$(cd "$moved$lib" && pwd)" ] || { echo "libdir is $found in $moved"; exit 1; }
fi

# One version for the daemon and its clients.
wanted=$(sed -n 's/^project(Aftershock VERSION \([0-9.]*\) .*/\1/p' "$AFTERSHOCK_ROOT/CMakeLists.txt")
clients=$AFTERSHOCK_ROOT/ipc/client
for found in "$(sed -n 's/^project(aftershock-client VERSION \([0-9.]*\) .*/\1/p' "$clients/c/CMakeLists.txt")" \
    "$(sed -n 's/^#define AS_CLIENT_VERSION "\(.*\)"/\1/p' "$clients/c/aftershock_client.h")" \
    "$(sed -n 's/^version = "\(.*\)"/\1/p' "$clients/python/pyproject.toml")" \
    "$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$clients/python/aftershock_client/__init__.py")" \
    "$(sed -n 's/^  "version": "\(.*\)",/\1/p' "$clients/node/package.json")"; do
    [ "$found" = "$wanted" ] || { echo "a client of version $found; the daemon is $wanted"; exit 1; }
done
