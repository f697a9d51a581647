#!/bin/sh
# What is shipped names no folder outside the project. Tests may: they skip what is not there.
set -eu
cd "$1"
if { git ls-files --cached --others --exclude-standard 2>/dev/null || find . -type f; } | sed 's|^\./||' |
    grep -vE '^(tests|build)/' | while IFS= read -r file; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done |
    xargs grep -nIE '\.\./shared|AFTERSHOCK_SHARED|/work/(main|shared)|/root/' /dev/null; then
    exit 1
fi
