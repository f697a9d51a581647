#!/bin/sh
# Run one check: tests/lint/run.sh NAME [ROOT]. A check prints "path:line: what is wrong" and exits 1 if it finds
# something. ROOT is the tree to look at (default: this one); selftest gives trees with planted violations.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=$1
root=${2:-$(cd "$here/../.." && pwd)}
if [ -f "$here/$name.py" ]; then
    exec "${AFTERSHOCK_PYTHON:-python3}" "$here/$name.py" "$root"
fi
exec sh "$here/$name.sh" "$root"
