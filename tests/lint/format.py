"""Formatting: clang-format's opinion, less what it cannot know about tables.

    format.py FILE...        print where a file differs, exit 1 if one does
    format.py --fix FILE...  write the formatted text

Some things are kept as the author aligned them, because they are tables: the distance of a trailing comment, the
column of a macro's backslash, a struct, union or enum on one line, and a case with its statements on one line.
clang-format does not touch comments; the prose in them is wrapped here when a line is too wide.
"""
import difflib
import pathlib
import re
import subprocess
import sys
import textwrap

COLUMNS_MAX = 120
WRAP_COLUMNS = 116

ONE_LINE = re.compile(
    r"\s*(typedef )?(struct|union|enum) (\w+ )?\{ .*\} \w+(\[\w+\])?;\s*(/\*.*\*/)?$"  # struct { int a, b; } c;
    r"|\s*(case .*|default):( .*;)?\s*(/\*.*\*/)?$")  # case 'a': b = 1; break;


def same_but_for_alignment(old, new):
    def squeeze(line):
        return re.sub(r"\s*(/\*|\\$)", r" \1", line.rstrip()) if line.strip() else ""
    return squeeze(old) == squeeze(new)


def without_blanks(text):
    return re.sub(r"\s+", "", text)


def merge_block(mine, theirs):
    """A block that differs: the author's lines as long as they are tables, then clang-format's."""
    result = []
    at = 0
    for line in mine:
        if at < len(theirs) and same_but_for_alignment(line, theirs[at]):
            result.append(line)
            at += 1
            continue
        end = at
        joined = ""
        wanted = without_blanks(line)
        if ONE_LINE.match(line):
            while end < len(theirs) and len(joined) < len(wanted):
                joined += without_blanks(theirs[end])
                end += 1
        if joined != wanted:
            break
        result.append(line)
        at = end
    return result + theirs[at:]


def merge(old, new):
    """The formatted lines, but the author's where they differ only in a table's alignment."""
    result = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        mine, theirs = old[i1:i2], new[j1:j2]
        if len(mine) == len(theirs):
            result += [a if same_but_for_alignment(a, b) else b for a, b in zip(mine, theirs)]
        else:
            result += merge_block(mine, theirs)
    return result


def wrap(indent, text):
    lines = textwrap.wrap(text, WRAP_COLUMNS - len(indent) - 3, break_on_hyphens=False, break_long_words=False)
    return [f"{indent} * {line}\n" for line in lines]


def wrap_comments(lines):
    """Comments that stand alone and are too wide, wrapped again; lists, tables and drawings are left to the author."""
    result = []
    at = 0
    while at < len(lines):
        alone = re.match(r"(\s*)/\* (.*) \*/$", lines[at])
        prose = re.match(r"(\s*) \* (\w(?:(?!  |\*/).)*)$", lines[at])
        if alone and len(lines[at]) - 1 > COLUMNS_MAX:
            indent, text = alone.groups()
            result += [f"{indent}/*\n", *wrap(indent, text), f"{indent} */\n"]
            at += 1
        elif prose:
            indent, end = prose.group(1), at
            while end < len(lines) and re.match(re.escape(indent) + r" \* [^\s*|+\-/](?:(?!  |\*/).)*$", lines[end]):
                end += 1
            paragraph = lines[at:end]
            if max(map(len, paragraph)) - 1 > COLUMNS_MAX:
                paragraph = wrap(indent, " ".join(line.strip()[2:] for line in paragraph))
            result += paragraph
            at = end
        else:
            result.append(lines[at])
            at += 1
    return result


def formatted(path):
    run = subprocess.run(["clang-format", "--style=file", str(path)], capture_output=True, text=True, check=True)
    return run.stdout.splitlines(keepends=True)


def main(arguments):
    fix = arguments[:1] == ["--fix"]
    status = 0
    for path in map(pathlib.Path, arguments[1:] if fix else arguments):
        old = path.read_text(encoding="utf-8").splitlines(keepends=True)
        new = wrap_comments(merge(old, formatted(path)))
        if old == new:
            continue
        if fix:
            path.write_text("".join(new), encoding="utf-8")
            print(f"formatted {path}")
        else:
            status = 1
            sys.stdout.writelines(difflib.unified_diff(old, new, str(path), f"{path} (formatted)", n=0))
    return status


sys.exit(main(sys.argv[1:]))
