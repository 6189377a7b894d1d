#!/usr/bin/env python3
"""Checks what comes into the tree: licences, sources and bans as deny.toml says, and a reason in the README.

It reads the part of deny.toml that it needs, so that both it and `cargo deny` hold the same list.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def is_allowed(expression, allowed):
    """Does an SPDX expression leave a choice of which every licence is allowed?

    >>> is_allowed("MIT OR GPL-3.0", {"MIT"})
    True
    >>> is_allowed("MIT AND GPL-3.0", {"MIT"})
    False
    >>> is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0", {"MIT", "Unicode-3.0"})
    True
    >>> is_allowed("Apache-2.0 WITH LLVM-exception OR Zlib", {"Apache-2.0 WITH LLVM-exception"})
    True
    >>> is_allowed("MIT/Apache-2.0", {"Apache-2.0"})
    True
    >>> is_allowed("", {"MIT"})
    False
    """
    words = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def peek():
        return words[position] if position < len(words) else None

    def take():
        nonlocal position
        position += 1
        return words[position - 1]

    def either():
        result = both()
        while peek() == "OR":
            take()
            result = both() or result
        return result

    def both():
        result = one()
        while peek() == "AND":
            take()
            result = one() and result
        return result

    def one():
        if peek() is None:
            return False
        name = take()
        if name == "(":
            result = either()
            if peek() == ")":
                take()
            return result
        if peek() == "WITH":
            take()
            name = f"{name} WITH {take()}"
        return name in allowed

    return either() and position == len(words)


def metadata(*more):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", *more]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def section(text, heading):
    """The part of a Markdown text below a heading, until the next of its rank.

    >>> section("## A\\none\\n### B\\ntwo\\n## C\\n", "A")
    'one\\n### B\\ntwo\\n'
    """
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def main():
    problems = []
    deny = tomllib.loads((ROOT / "deny.toml").read_text())
    allowed = set(deny["licenses"]["allow"])
    exceptions = {row["crate"]: set(row["allow"]) for row in deny["licenses"].get("exceptions", [])}
    banned = {row["crate"]: row.get("reason", "") for row in deny["bans"].get("deny", [])}
    targets = [word for target in deny["graph"]["targets"] for word in ("--filter-platform", target)]
    graph = metadata(*targets)
    used = {node["id"] for node in graph["resolve"]["nodes"]}
    packages = [package for package in graph["packages"] if package["id"] in used and package["source"]]
    for package in packages:
        name = f"{package['name']} {package['version']}"
        if package["source"] != CRATES_IO:
            problems.append(f"{name} comes from {package['source']}, not from crates.io")
        if package["name"] in banned:
            problems.append(f"{name} is not wanted: {banned[package['name']]}")
        licence = package["license"] or ""
        if not is_allowed(licence, allowed | exceptions.get(package["name"], set())):
            problems.append(f"{name} has the licence \"{licence}\", which deny.toml does not allow")

    parts = section((ROOT / "README.md").read_text(), "Parts")
    root = next(package for package in graph["packages"] if not package["source"])
    direct = {dependency["name"] for dependency in root["dependencies"]}
    for file in ("js/package.json", "tests/browser/package.json"):
        listed = json.loads((ROOT / file).read_text())
        direct |= set(listed.get("dependencies", {})) | set(listed.get("devDependencies", {}))
    for name in sorted(direct):
        if f"`{name}`" not in parts:
            problems.append(f"`{name}` is a direct dependency and has no reason in README.md under Parts")

    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        return 1
    names = [package["name"] for package in packages]
    twice = sorted({name for name in names if names.count(name) > 1})
    print(f"{len(packages)} crates, all licences, sources and reasons known; in two versions: {', '.join(twice) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
