"""Memory orders: every explicit one has its label on the same line, and nothing relies on an implicit one.

    atomic_store_explicit(&ring->head, head, memory_order_release); /* edge R1 */
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);     /* relaxed: a statistic */

An acquire, release, acq_rel or seq_cst names an edge, and in a layer the edge is described ("R1: who publishes what to
whom") in a header of that folder or, if it is private to a file, in a comment of that file. Not allowed: the functions
without _explicit, operators on atomics, fences, and volatile (but in asm).
Usage: memory_order.py ROOT
"""
import pathlib
import re
import sys

FOLDERS = ("core", "feeds", "strategies", "ipc", "apps", "bench", "tests", "examples")
LAYERS = ("core", "feeds", "strategies", "ipc")
ORDER = re.compile(r"\bmemory_order_(relaxed|consume|acquire|release|acq_rel|seq_cst)\b")
EDGE = re.compile(r"/\*.*?\bedges?\s+([A-Z][A-Za-z0-9_]*)")
IMPLICIT = re.compile(
    r"\batomic_(load|store|exchange|compare_exchange_(?:strong|weak)|fetch_(?:add|sub|or|and|xor)"
    r"|flag_(?:test_and_set|clear))\s*\(")
FENCE = re.compile(r"\batomic_(thread|signal)_fence\b|\b__sync_|\b__atomic_")
VOLATILE = re.compile(r"(?<!asm )(?<!asm__ )\bvolatile\b(?!\s+sig_atomic_t)")
DECLARED = re.compile(
    r"(?:\b_Atomic\b(?:\s*\([^)]*\))?|\batomic_(?!load|store|fetch|exch|comp|init|flag_|thread)[a-z0-9_]+)"
    r"[^;(){}=]*?\b([a-z_][a-z0-9_]*)\s*(?:\[[^]]*\])?\s*(?:;|=)")


def code_only(text):
    """The text with comments and strings blanked out, lines and columns kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def operators_on(code):
    """What finds ++, += and the like on the code's atomics: members through -> or a dot, globals by their name."""
    members, names = set(), set()
    for match in DECLARED.finditer(code):
        line_start = code.rfind("\n", 0, match.start()) + 1
        (members if code[line_start:line_start + 1].isspace() else names).add(match.group(1))
    targets = []
    if members:
        targets.append(r"(?:\w+(?:\[[^]]*\])?(?:->|\.))+(?:%s)" % "|".join(members))
    if names:
        targets.append(r"(?<![.>\w])(?:%s)" % "|".join(names))
    if not targets:
        return None
    target = "(?:%s)" % "|".join(targets)
    return re.compile(r"(?:\+\+|--)%s\b|%s(?:\[[^]]*\])?\s*(?:\+\+|--|[-+|&^]=)" % (target, target))


def described_words(text):
    """Capitalised words in comments that say something: a bare label is no description."""
    words = set()
    for comment in re.findall(r"/\*.*?\*/", text, flags=re.S):
        if not re.fullmatch(r"/\*\s*edges? [\w ,]+\*/", comment):
            words.update(re.findall(r"[A-Z][A-Za-z0-9_]*", comment))
    return words


def check_file(root, path, edges):
    text = path.read_text(encoding="utf-8")
    code = code_only(text)
    name = path.relative_to(root)
    own_header = path.with_suffix(".h")
    declared_in = code + (code_only(own_header.read_text(encoding="utf-8")) if own_header.exists() else "")
    operator = operators_on(declared_in)
    described = edges(path.parent) | described_words(text)
    found = []
    for number, (line, bare) in enumerate(zip(text.splitlines(), code.splitlines()), start=1):
        def report(what):
            found.append(f"{name}:{number}: {what}")
        orders = set(ORDER.findall(bare))
        if "relaxed" in orders and not re.search(r"/\*.*\brelaxed: (?!\*/)\S", line):
            report("memory_order_relaxed without its reason on the line: /* relaxed: why */")
        if orders - {"relaxed"}:
            edge = EDGE.search(line)
            if not edge:
                report(f"memory_order_{min(orders - {'relaxed'})} without its label on the line: /* edge E1 */")
            elif path.relative_to(root).parts[0] in LAYERS and edge.group(1) not in described:
                folder = path.parent.relative_to(root)
                report(f"edge {edge.group(1)} is described neither in a header of {folder}/ nor here")
        if IMPLICIT.search(bare):
            report(f"{IMPLICIT.search(bare).group(0)}...) is seq_cst unsaid; use the _explicit function")
        if FENCE.search(bare):
            report("a bare fence or a compiler builtin; use C11 atomics with an order")
        if VOLATILE.search(bare):
            report("volatile is no synchronisation")
        if operator and operator.search(bare):
            report("an operator on an atomic is seq_cst unsaid; use an _explicit function")
    return found


def main(root):
    cache = {}

    def edges(folder):
        """Words in the comments of a folder's headers."""
        if folder not in cache:
            cache[folder] = set()
            for header in folder.glob("*.h"):
                cache[folder] |= described_words(header.read_text(encoding="utf-8"))
        return cache[folder]

    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.[ch]")):
            found += check_file(root, path, edges)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
