"""Every labelled edge of the rings is needed, and ThreadSanitizer knows it.

core/ring.h and core/byte_ring.h label each release store and acquire load with its edge (E1, E2). This test compiles
ring_weakening.c against the header as it is, where ThreadSanitizer must find nothing, and then against one copy for
each labelled order with that order relaxed, where it must report a data race.

Exit status: 0 passed, 1 failed, 77 skipped because no compiler here links and runs -fsanitize=thread.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LABELLED = re.compile(r"memory_order_(acquire|release)(?=.*/\* edge (E\d+) \*/)")
RUNS_PER_COPY = 5  # a race that the scheduler did not show in one run gets another chance; one report is enough
RACE = "WARNING: ThreadSanitizer: data race"


def labelled_orders(text):
    """(line number, order, edge) of each labelled order."""
    found = []
    for number, line in enumerate(text.split("\n")):
        match = LABELLED.search(line)
        if match:
            found.append((number, match.group(1), match.group(2)))
    return found


def weakened(text, number):
    lines = text.split("\n")
    lines[number] = LABELLED.sub("memory_order_relaxed", lines[number])
    return "\n".join(lines)


class Bench:
    """A folder in which copies of one header are compiled and run."""

    def __init__(self, compiler, folder, noun):
        self.compiler, self.folder, self.noun = compiler, folder, noun
        os.makedirs(os.path.join(folder, "core"), exist_ok=True)

    def build(self, name, text):
        with open(os.path.join(self.folder, "core", self.noun + ".h"), "w", encoding="utf-8") as header:
            header.write(text)
        program = os.path.join(self.folder, name)
        command = [self.compiler, "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-g", "-fsanitize=thread", "-I", self.folder,
                   "-I", ROOT]
        if self.noun == "byte_ring":
            command.append("-DAST_BYTE_RING")
        # The header's own .c is compiled with the copy as well: both files are included by name, the copy comes first.
        command += [os.path.join(ROOT, "tests/stress/ring_weakening.c"), os.path.join(ROOT, "core", self.noun + ".c"),
                    os.path.join(ROOT, "core/error.c"), "-o", program, "-lpthread"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return program if done.returncode == 0 else None, done.stderr

    @staticmethod
    def run(program):
        """(exit status, standard error). Without address randomisation, which older runtimes cannot cope with."""
        environment = dict(os.environ, TSAN_OPTIONS="halt_on_error=1 exitcode=66")
        command = ["setarch", "-R", program] if shutil.which("setarch") else [program]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
        return done.returncode, done.stderr


def compiler_with_tsan(folder):
    """The first compiler whose ThreadSanitizer links and runs here."""
    source = os.path.join(folder, "probe.c")
    with open(source, "w", encoding="utf-8") as probe:
        probe.write("int main(void) { return 0; }\n")
    for candidate in [os.environ.get("CC"), "gcc", "clang", "cc"]:
        if not candidate or not shutil.which(candidate):
            continue
        program = os.path.join(folder, "probe")
        built = subprocess.run([candidate, "-fsanitize=thread", source, "-o", program], capture_output=True,
                               timeout=60, check=False)
        if built.returncode == 0 and Bench.run(program)[0] == 0:
            return candidate
    return None


def check(bench):
    """The number of failures for one header."""
    with open(os.path.join(ROOT, "core", bench.noun + ".h"), encoding="utf-8") as header:
        text = header.read()
    orders = labelled_orders(text)
    failures = 0
    for edge in ("E1", "E2"):
        ends = sorted(order for _, order, label in orders if label == edge)
        if ends != ["acquire", "release"]:
            print(f"core/{bench.noun}.h: edge {edge} has {ends}; expected one release and one acquire")
            failures += 1
    for line in (None, *orders):
        name = "unmodified" if line is None else f"line {line[0] + 1}: {line[2]} {line[1]} relaxed"
        program, message = bench.build("copy", text if line is None else weakened(text, line[0]))
        if program is None:
            print(f"core/{bench.noun}.h {name}: does not compile\n{message}")
            failures += 1
            continue
        runs = [bench.run(program)]
        while RACE not in runs[-1][1] and len(runs) < RUNS_PER_COPY:
            runs.append(bench.run(program))
        raced = RACE in runs[-1][1]
        passed = not raced and all(status == 0 for status, _ in runs) if line is None else raced
        print(f"core/{bench.noun}.h {name}: {'race' if raced else 'no race'} in {len(runs)} run(s)"
              f"{'' if passed else '   <-- FAILED'}")
        if not passed:
            print(runs[-1][1])
            failures += 1
    return failures


def main():
    with tempfile.TemporaryDirectory() as folder:
        compiler = compiler_with_tsan(folder)
        if compiler is None:
            print("skipped: no compiler with a working -fsanitize=thread")
            return 77
        failures = sum(check(Bench(compiler, os.path.join(folder, noun), noun)) for noun in ("ring", "byte_ring"))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
