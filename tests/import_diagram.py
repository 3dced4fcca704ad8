"""The diagram of docs/explanation/imports.md, from the imports as they are."""

from __future__ import annotations

import grimp

HEAD = """\
# 包之间的引用 / Imports between packages

由 `python -m tests.generated --write` 从代码生成。箭头：引用。经由其他包可达的直接引用略去；自底向上阅读。
Generated from the code. An arrow means *imports*; what is reachable through another package is left out.
What keeps the arrows this way is in `pyproject.toml`, `[tool.importlinter]`.

"""
ROOTS = ("telemed", "dicom_gateway")
# where programs start: an arrow from them to everything says nothing
LEFT_OUT = {"telemed.__main__", "telemed.bootstrap", "dicom_gateway.__main__"}


def diagram() -> str:
    """The page: a Mermaid graph of packages, transitively reduced."""
    edges = package_edges()
    nodes = sorted({one for edge in edges for one in edge})
    lines = ["```mermaid", "flowchart TD"]
    for root in ROOTS:
        lines.append(f"  subgraph {root}")
        lines += [f'    {_id(node)}["{node.partition(".")[2]}"]' for node in nodes if node.startswith(f"{root}.")]
        lines.append("  end")
    lines += [f"  {_id(one)} --> {_id(other)}" for one, other in sorted(reduced(edges))]
    return HEAD + "\n".join([*lines, "```"]) + "\n"


def package_edges() -> set[tuple[str, str]]:
    """Every import between the first-level packages of both roots."""
    graph = grimp.build_graph(*ROOTS)
    found: set[tuple[str, str]] = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            edge = (_package(module), _package(imported))
            if edge[0] != edge[1] and not LEFT_OUT & set(edge) and all("." in one for one in edge):
                found.add(edge)
    return found


def reduced(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Leave out every edge that a longer way replaces."""
    below: dict[str, set[str]] = {}
    for one, other in edges:
        below.setdefault(one, set()).add(other)
    return {(one, other) for one, other in edges if not _reaches(below, below[one] - {other}, other)}


def _reaches(below: dict[str, set[str]], starts: set[str], goal: str) -> bool:
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node == goal:
            return True
        if node not in seen:
            seen.add(node)
            waiting += below.get(node, ())
    return False


def _package(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _id(name: str) -> str:
    return name.replace(".", "_")
