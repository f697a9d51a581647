#!/bin/sh
# Layers: core includes none of the others; feeds, strategies and ipc include core and themselves; nothing includes a
# program, a benchmark or a test. Own headers are included from the root, in quotes.
set -eu
cd "$1"
status=0

# forbid FOLDER REGEX WHY: no include in FOLDER may match REGEX
forbid() {
    [ -d "$1" ] || return 0
    found=$(grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]+$2" "$1" |
        grep -vE '^ipc/client/' | sed "s|\$|   <- $3|" || true)
    [ -n "$found" ] || return 0
    printf '%s\n' "$found"
    status=1
}

forbid core '"(feeds|strategies|ipc|apps|bench|tests|examples)/' 'core includes only core'
forbid feeds '"(strategies|ipc|apps|bench|tests|examples)/' 'feeds include only core and feeds'
forbid strategies '"(feeds|ipc|apps|bench|tests|examples)/' 'strategies include only core and strategies'
forbid ipc '"(feeds|strategies|apps|bench|tests|examples)/' 'ipc includes only core and ipc'
forbid apps '"(tests|examples)/' 'programs include no tests and no examples'
forbid bench '"(tests|examples)/' 'benchmarks include no tests and no examples'
forbid examples '"(feeds|ipc|apps|bench|tests)/' 'an example strategy includes strategies/strategy.h and core'
for folder in core feeds strategies ipc apps bench; do
    forbid "$folder" '"([^/"]+"|\.)' 'an include is written from the root'
    forbid "$folder" '<(core|feeds|strategies|ipc|apps|bench)/' 'own headers stand in quotes'
done
exit $status
