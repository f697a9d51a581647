#!/bin/sh
# shellcheck disable=SC2016 # the backquotes are those of Markdown
# The checks can fail: each passes on a clean small tree and finds the violation that is planted into a copy of it.
# Usage: selftest.sh ROOT (the root is not looked at)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
box=$(mktemp -d)
trap 'rm -rf "$box"' EXIT
failures=0
count=0
export MIRROR_ALLOW="$box/mirror.allow" FUNCTIONS_ALLOW="$box/functions.allow"
echo '# none' >"$MIRROR_ALLOW"
echo '# none' >"$FUNCTIONS_ALLOW"

clean_tree() {
    rm -rf "$box/tree"
    mkdir -p "$box/tree/core" "$box/tree/feeds" "$box/tree/tests/core" "$box/tree/tests/feeds" "$box/tree/docs"
    cd "$box/tree"
    printf 'enum { AS_THING_MAX = 1 << 4 };\n' >core/limits.h
    printf '# Limits\n\n| `AS_THING_MAX` | 16 | things |\n' >docs/LIMITS.md
    cat >core/ring.h <<'EOF'
/* Edge R1: the producer publishes a slot to the consumer. */
#include <stdatomic.h>
struct ring {
    _Atomic unsigned long head;
};
EOF
    cat >core/ring.c <<'EOF'
#include "core/ring.h"

void publish(struct ring *ring, unsigned long head)
{
    atomic_store_explicit(&ring->head, head, memory_order_release); /* edge R1 */
}
EOF
    echo '#include "core/ring.h"' >feeds/source.c
    echo 'int main(void) { return 0; }' >tests/core/test_ring.c
    echo 'int main(void) { return 0; }' >tests/feeds/test_source.c
    git init -q . 2>/dev/null || true # the checks also work without git
}

# expect CHECK pass|fail WHAT: run a check on the tree
expect() {
    count=$((count + 1))
    if output=$(sh "$here/run.sh" "$1" "$box/tree" 2>&1); then result=pass; else result=fail; fi
    if [ "$result" != "$2" ]; then
        printf '%s: expected to %s: %s\n%s\n' "$1" "$2" "$3" "$output"
        failures=$((failures + 1))
    fi
}

# plant CHECK FILE LINE: a clean tree with a line appended to a file must fail
plant() {
    clean_tree
    printf '%b\n' "$3" >>"$2"
    expect "$1" fail "$3 in $2"
}

repeat() {
    awk -v n="$1" -v line="$2" 'BEGIN { for (i = 0; i < n; i++) print line }'
}

clean_tree
for check in layers memory_order mirror limits size functions private_paths; do
    expect "$check" pass 'a clean tree'
done

plant layers core/ring.c '#include "feeds/source.h"'
plant layers feeds/source.c '#include "ipc/codec.h"'
plant layers feeds/source.c '# include "tests/x.h"'
plant layers core/ring.c '#include "ring.h"'
plant layers core/ring.c '#include "../feeds/source.h"'
plant layers core/ring.c '#include <core/ring.h>'

plant memory_order core/ring.c 'x = atomic_load_explicit(&r->head, memory_order_acquire);'
plant memory_order core/ring.c 'x = atomic_load_explicit(&r->head, memory_order_acquire); /* edge R7 */'
plant memory_order core/ring.h 'y = atomic_load_explicit(&r->head, memory_order_acquire); /* edge R8, R9 */'
plant memory_order core/ring.c 'x = atomic_load_explicit(&r->head, memory_order_relaxed);'
plant memory_order core/ring.c 'x = atomic_load_explicit(&r->head, memory_order_relaxed); /* relaxed: */'
plant memory_order core/ring.c 'x = atomic_load(&r->head);'
plant memory_order core/ring.c '    r->head++;'
plant memory_order core/ring.c '    ring->head += 2;'
plant memory_order core/ring.c 'atomic_thread_fence(memory_order_release); /* edge R1 */'
plant memory_order core/ring.c 'static volatile int flag;'
plant memory_order tests/core/test_ring.c 'x = atomic_load(&r->head);'

plant mirror core/extra.c 'int x;'
plant mirror tests/core/test_nothing.c 'int x;'
plant mirror "$MIRROR_ALLOW" 'core/gone.c it has gone'
echo '# none' >"$MIRROR_ALLOW"
plant mirror "$MIRROR_ALLOW" 'core/ring.c'
echo 'core/extra.c tables only' >"$MIRROR_ALLOW"
clean_tree
echo 'int x;' >core/extra.c
expect mirror pass 'an exception with a reason'
echo '# none' >"$MIRROR_ALLOW"
mkdir -p "$box/tree/tests/system"
clean_tree
mkdir -p tests/system
echo 'pass' >tests/system/lonely.py
expect mirror fail 'a system test that ctest does not find'

plant limits core/limits.h 'enum { AS_OTHER_MAX = 3 };'
plant limits docs/LIMITS.md '| `AS_GONE_MAX` | 3 | gone |'
plant limits docs/LIMITS.md '| `AS_THING_MAX` | 17 | things |'

plant size core/ring.c "$(repeat 801 'int x;')"
plant size core/ring.c "/* $(repeat 60 'xx' | tr -d '\n') */"
plant size core/ring.c 'int x; '
plant size core/ring.c '\tint x;'

plant functions core/ring.c "int long_one(void)\n{\n$(repeat 71 '    x();')\n}"
echo 'core/ring.c:long_one a table' >"$FUNCTIONS_ALLOW"
expect functions pass 'an exception with a reason'
echo '# none' >"$FUNCTIONS_ALLOW"

plant private_paths core/ring.c '/* see ../shared/notes */'
plant private_paths docs/LIMITS.md '/work/main/core'
clean_tree
echo 'open("../shared/data")' >tests/core/data.py
expect private_paths pass 'tests may name it'

# the format check needs clang-format, which `./dev lint` installs
format_says() {
    count=$((count + 1))
    if "${AFTERSHOCK_PYTHON:-python3}" "$here/format.py" a.c >/dev/null 2>&1; then
        result=pass
    else
        result=fail
    fi
    [ "$result" = "$1" ] || {
        echo "format: expected to $1: $2"
        failures=$((failures + 1))
    }
}
if command -v clang-format >/dev/null; then
    clean_tree
    cp "$here/../../.clang-format" .
    cat >a.c <<'EOF'
#define LIST(X)                  \
    X(ONE)       /* the first */ \
    X(THREE)
union table {
    struct { int a, b; } pair; /* a table */
    int one;                   /* aligned */
};

static int sum(const int *value, int count)
{
    switch (count) {
    case 0: return 0;
    default: break;
    }
    return value[0];
}
EOF
    format_says pass 'tables as the author aligned them'
    sed 's/^    return value/  return value/' a.c >b.c && mv b.c a.c
    format_says fail 'a wrong indentation'
fi

if [ "$failures" -gt 0 ]; then
    echo "$failures of $count expectations not met"
    exit 1
fi
echo "$count expectations met"
