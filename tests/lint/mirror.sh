#!/bin/sh
# Mirrored tests: x.c of a layer has tests/<same path>/test_x.c, and a test there names a file that exists
# (test_x.c or test_x_more.c for x.c or x.h). Exceptions with their reason: mirror.allow.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
allow=${MIRROR_ALLOW:-$here/mirror.allow}
cd "$1"

allowed() { grep -qE "^$(printf '%s' "$1" | sed 's/\./\\./g')[[:space:]]+[^[:space:]]" "$allow"; }

# x.c without a test
sources() {
    for folder in core feeds strategies ipc; do
        [ -d "$folder" ] || continue
        find "$folder" -name '*.c' ! -path 'ipc/client/*' ! -path 'strategies/examples/*'
    done | sort | while IFS= read -r source; do
        test="tests/${source%/*}/test_${source##*/}"
        if [ -f "$test" ]; then
            if allowed "$source"; then echo "$source: has a test: remove its line from tests/lint/mirror.allow"; fi
        elif ! allowed "$source"; then
            echo "$source: has no $test, and no line with a reason in tests/lint/mirror.allow"
        fi
    done
}

# test_x.c without x
tests() {
    for folder in core feeds strategies ipc; do
        [ -d "tests/$folder" ] || continue
        find "tests/$folder" -name 'test_*.c'
    done | sort | while IFS= read -r test; do
        noun=${test##*/test_}
        noun=${noun%.c}
        folder=${test#tests/}
        folder=${folder%/*}
        while [ ! -f "$folder/$noun.c" ] && [ ! -f "$folder/$noun.h" ]; do
            case $noun in
            *_*) noun=${noun%_*} ;;
            *)
                allowed "$test" || echo "$test: tests no file of $folder/"
                break
                ;;
            esac
        done
    done
}

# an exception for a file that is gone, or one without a reason
exceptions() {
    grep -vE '^(#|[[:space:]]*$)' "$allow" | while read -r path reason; do
        [ -n "$reason" ] || echo "tests/lint/mirror.allow: $path: no reason given"
        [ -f "$path" ] || echo "tests/lint/mirror.allow: $path: no such file"
    done
}

# scripts that ctest runs are called test_*; another one must be a part of such a script
scripts() {
    for script in tests/system/*.py tests/system/*.sh; do
        [ -f "$script" ] || continue
        name=${script##*/}
        case $name in test_*) continue ;; esac
        grep -rlwE "${name%.*}" tests/system | grep -qvxF "$script" ||
            echo "$script: is neither test_* nor used by one: ctest never runs it"
    done
}

found=$(sources && tests && exceptions && scripts)
[ -z "$found" ] || {
    printf '%s\n' "$found"
    exit 1
}
