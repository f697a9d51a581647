"""Which lines and branches the tests reached: by folder, and the files of feeds/, from gcov's counts.

usage: report.py BUILD_DIR      after the tests have run in a build of the preset `coverage`
"""

import collections
import json
import os
import subprocess
import sys

LAYERS = ("core", "feeds", "strategies", "ipc", "apps")


def counted(build):
    """{file: {line: [hit, {branch: hit}]}} over all objects of the layers; a line counts if any object reached it."""
    files = collections.defaultdict(dict)
    root = os.getcwd()
    notes = [os.path.join(folder, name) for folder, _, names in os.walk(build) for name in names
             if name.endswith(".gcda") and "/test." not in folder]
    for start in range(0, len(notes), 40):
        command = ["gcov", "--json-format", "--stdout", "--branch-probabilities", *notes[start:start + 40]]
        output = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        for answer in filter(None, output.splitlines()):
            for source in json.loads(answer)["files"]:
                path = os.path.relpath(os.path.join(root, source["file"]), root)
                if path.split("/")[0] not in LAYERS:
                    continue
                for line in source["lines"]:
                    mine = files[path].setdefault(line["line_number"], [False, {}])
                    mine[0] |= line["count"] > 0
                    for i, branch in enumerate(line["branches"]):
                        if not branch.get("throw"):
                            mine[1][i] = mine[1].get(i, False) or branch["count"] > 0
    return files


def share(part, whole):
    return f"{100 * part / whole:6.1f} %" if whole else "     -  "


def sums(lines):
    branches = [hit for line in lines for hit in line[1].values()]
    return sum(line[0] for line in lines), len(lines), sum(branches), len(branches)


def row(name, lines):
    reached, all_lines, taken, all_branches = sums(lines)
    print(f"{name:<34} {share(reached, all_lines)} of {all_lines:>6} lines   "
          f"{share(taken, all_branches)} of {all_branches:>6} branches")


def main():
    files = counted(sys.argv[1])
    if not files:
        print("no counts: run the tests of the preset coverage first", file=sys.stderr)
        return 1
    folders = collections.defaultdict(list)
    for path, lines in files.items():
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            folders["/".join(parts[:depth]) + "/"].extend(lines.values())
    for name in sorted(folders):
        row(name, folders[name])
    print()
    for path in sorted(p for p in files if p.startswith("feeds/") and p.endswith(".c")):
        row(path, files[path].values())
    return 0


if __name__ == "__main__":
    sys.exit(main())
