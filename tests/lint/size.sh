#!/bin/sh
# Files of at most 800 lines, lines of at most 120 columns (the style asks for 100 where it can be had), no tabs and no
# blanks at the end of a line in C.
set -eu
cd "$1"
for folder in core feeds strategies ipc apps bench tests examples; do
    [ -d "$folder" ] || continue
    find "$folder" \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' \) ! -path '*/node_modules/*' ! -path '*/.venv/*'
done | sort | while IFS= read -r file; do
    # the columns are characters: a continuation byte of UTF-8 is none
    LC_ALL=C awk -v file="$file" -v c_file="$(case $file in *.[ch]) echo 1 ;; *) echo 0 ;; esac)" '
        { text = $0; gsub(/[\200-\277]/, "", text) }
        length(text) > 120 { printf "%s:%d: %d columns; allowed: 120\n", file, NR, length(text) }
        c_file && /\t/ { printf "%s:%d: a tab\n", file, NR }
        c_file && /[ \t]$/ { printf "%s:%d: a blank at the end of the line\n", file, NR }
        END { if (NR > 800) printf "%s:%d: the file has %d lines; allowed: 800\n", file, NR, NR }' "$file"
done | {
    if grep .; then exit 1; fi
}
