"""Functions: a screen each. More than 72 lines from brace to brace is reported; the style aims at 60.

A table-like function that would not gain from being cut stands in functions.allow, with the reason.
Usage: functions.py ROOT
"""
import os
import pathlib
import re
import sys

LINES_MAX = 72
FOLDERS = ("core", "feeds", "strategies", "ipc", "apps", "bench", "tests", "examples")
NAME = re.compile(r"\b([A-Za-z_]\w*)\s*\(")


def allowed():
    here = pathlib.Path(__file__).parent
    path = pathlib.Path(os.environ.get("FUNCTIONS_ALLOW", here / "functions.allow"))
    names = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split(None, 1)
        if words and not line.startswith("#"):
            if len(words) < 2:
                sys.exit(f"{path}: {words[0]}: no reason given")
            names.add(words[0])
    return names


def check_file(path, name, excused):
    """A function's body begins with a brace in the first column and ends with one: the format check sees to it."""
    found = []
    lines = path.read_text(encoding="utf-8").splitlines()
    begin = None
    for number, line in enumerate(lines, start=1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            length = number - begin + 1
            head = "\n".join(lines[max(0, begin - 6):begin - 1])
            head = re.split(r"\n(?:\}|\s*$|#[^\n]*|[^\n]*;)(?:\n|$)", head, flags=re.M)[-1]
            names = NAME.findall(re.sub(r"__attribute__\s*\(\(.*?\)\)", "", head, flags=re.S))
            function = names[0] if names else "?"
            if length > LINES_MAX and f"{name}:{function}" not in excused:
                found.append(f"{name}:{begin}: {function} has {length} lines; allowed: {LINES_MAX}")
            begin = None
    return found


def main(root):
    excused = allowed()
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.[ch]")):
            found += check_file(path, str(path.relative_to(root)), excused)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
