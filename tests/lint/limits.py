"""Limits: docs/LIMITS.md has a row `NAME` | VALUE for every constant of core/limits.h, with the same value.

Usage: limits.py ROOT
"""
import pathlib
import re
import sys


def value_of(text):
    if not re.fullmatch(r"[0-9<> ()*+]+", text):
        sys.exit(f"core/limits.h: cannot read the value '{text}'")
    return eval(text)  # digits and operators only


def main(root):
    header = (root / "core/limits.h").read_text(encoding="utf-8")
    header = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    limits = {name: value_of(text.strip()) for name, text in re.findall(r"\b(AS_\w+)\s*=\s*([^,}]+)", header)}
    documented = {}
    found = []
    document = (root / "docs/LIMITS.md").read_text(encoding="utf-8")
    for number, line in enumerate(document.splitlines(), start=1):
        row = re.match(r"\|\s*`(AS_\w+)`\s*\|\s*([0-9,]+)\s*\|", line)
        if not row:
            continue
        name, value = row.group(1), int(row.group(2).replace(",", ""))
        documented[name] = value
        if name not in limits:
            found.append(f"docs/LIMITS.md:{number}: {name} is not in core/limits.h")
        elif limits[name] != value:
            found.append(f"docs/LIMITS.md:{number}: {name} is {value} here and {limits[name]} in core/limits.h")
    for name in limits.keys() - documented.keys():
        found.append(f"docs/LIMITS.md: no row for {name} = {limits[name]}")
    if not limits:
        found.append("core/limits.h: no limit found")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
