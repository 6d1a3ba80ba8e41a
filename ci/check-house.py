#!/usr/bin/env python3
"""Checks the walls of the house, which no compiler checks: no circle between the modules of a crate, no crate of Burn
below the core, and no public name that nothing outside of its crate uses.

Names are compared as words, so that a name that another crate uses for something else passes as well.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Folder of each crate, and whether Burn may be below it.
CRATES = {
    "backends/target": False,
    "backends/device": True,
    "harness/compare": False,
    "harness/core": False,
    "harness/report": False,
    "harness/torch": False,
    "harness/worker": True,
    "harness/explain": True,
    "harness/repro": True,
    "scenarios": True,
}
# What users name, and what tests alone use.
FOR_USERS = {"harness/repro", "harness/torch", "scenarios"}
BURN = re.compile(r"^(burn|burn-(?!repro)[\w-]+|cubecl[\w-]*) v", re.MULTILINE)
ITEM = re.compile(r"^\s*pub (?:const |async |unsafe )*(fn|struct|enum|trait|static|type|mod|const) (\w+)", re.MULTILINE)
TESTS = re.compile(r"^#\[cfg\(test\)\]\nmod \w+ \{.*", re.MULTILINE | re.DOTALL)


def code(path):
    """The source of a file without comments, strings of one line and its module of tests."""
    text = TESTS.sub("", path.read_text(encoding="utf-8"))
    text = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)
    return re.sub(r"//.*", "", text)


def said(path):
    """Every word of a file but those of comments; serde names functions in strings."""
    return re.findall(r"\w+", re.sub(r"//.*", "", path.read_text(encoding="utf-8")))


def sources(crate):
    """The files of a crate that are compiled into its library, with the module at its root that each belongs to."""
    for path in sorted((ROOT / crate / "src").rglob("*.rs")):
        parts = path.relative_to(ROOT / crate / "src").parts
        if "template" not in parts and not any("tests" in part for part in parts):
            yield parts[0].removesuffix(".rs"), path


def names(group):
    """The names at the first level of what a `use` lists."""
    flat = group[1:] if group.startswith("{") else group
    while flat != (flat := re.sub(r"::\{[^{}]*\}", "", flat)):
        pass
    return re.findall(r"(?:^|,)\s*(\w+)", flat)


def exported(crate):
    """The modules behind the names that the root of a crate exports."""
    root = next((path for module, path in sources(crate) if module == "lib"), None)
    found = re.findall(r"^pub use (?:crate::|self::)?(\w+)::(\w+|\{[^;]*?\});", code(root), re.MULTILINE) if root else []
    return {name: module for module, group in found for name in names(group)}


def imports(text, exports):
    """The modules at the root of the crate that a source names."""
    for used in re.findall(r"\bcrate::(\w+|\{[^;]*?\};)", text, re.DOTALL):
        yield from (exports.get(name, name) for name in names(used))


def circle(graph):
    """A circle of a graph, or none: depth first."""
    done, path = set(), []

    def visit(module):
        if module in path:
            return path[path.index(module):] + [module]
        if module in done:
            return None
        path.append(module)
        found = next(filter(None, map(visit, sorted(graph.get(module, ())))), None)
        path.pop()
        done.add(module)
        return found

    return next(filter(None, map(visit, sorted(graph))), None)


def circles(crate):
    graph, exports = {}, exported(crate)
    for module, path in sources(crate):
        if module not in ("lib", "main"):
            graph.setdefault(module, set()).update(set(imports(code(path), exports)) - {module})
    found = circle({module: used & graph.keys() for module, used in graph.items()})
    return [f"{crate}: modules import each other: {' -> '.join(found)}"] if found else []


def burn_below(crate):
    """Crates of Burn that a crate which must do without it is built with."""
    name = re.search(r'^name = "(.*)"', (ROOT / crate / "Cargo.toml").read_text(), re.MULTILINE)[1]
    tree = ["cargo", "tree", "--locked", "-p", name, "-e", "normal,build,dev", "--prefix", "none"]
    listed = subprocess.run(tree, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [f"{crate}: is built with {burn}: nothing of Burn may be below it" for burn in sorted(set(BURN.findall(listed)))]


def unused(crate, words):
    """Public names of a crate that no other crate says. A type may be public for what a public name gives or takes."""
    others = set().union(*(used for other, used in words.items() if other != (crate, "src")))
    texts = {path: code(path) for _, path in sources(crate) if path.name != "fixtures.rs"}
    signatures = " ".join(re.findall(r"(?:\bpub |->|\btype |\bimpl |\(|: ).*", "\n".join(texts.values())))
    counts = {name: signatures.count(name) for name in set(re.findall(r"\w+", signatures))}
    for path, text in texts.items():
        for kind, name in ITEM.findall(text):
            given = kind in ("struct", "enum", "trait", "type") and counts.get(name, 0) > 1
            if name not in others and not given:
                place = path.relative_to(ROOT)
                yield f"{place}: `{name}` is public, and nothing outside of {crate} uses it: write `pub(crate)`"


def main():
    words = {}
    for crate in CRATES:
        for path in (ROOT / crate).rglob("*.rs"):
            folder = path.relative_to(ROOT / crate).parts[0]
            if folder != "target":
                words.setdefault((crate, folder), set()).update(said(path))
    faults = []
    for crate, burn in CRATES.items():
        faults += circles(crate)
        if not burn:
            faults += burn_below(crate)
        if crate not in FOR_USERS:
            faults += unused(crate, words)
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
