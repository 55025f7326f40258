"""The installed package is typed, and its stub tells of everything the extension has."""

from __future__ import annotations

import ast
import importlib.resources

import scriptio._core


def stub() -> ast.Module:
    return ast.parse((importlib.resources.files("scriptio") / "_core.pyi").read_text("utf-8"))


def names(body: list[ast.stmt]) -> set[str]:
    found = set()
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def public(holder: object) -> set[str]:
    return {name for name in vars(holder) if not name.startswith("_")}


def test_package_is_marked_as_typed() -> None:
    assert (importlib.resources.files("scriptio") / "py.typed").is_file()


def test_stub_names_what_the_extension_exports() -> None:
    assert public(scriptio._core) == {n for n in names(stub().body) if not n.startswith("_")}


def test_stub_names_the_methods_of_every_class() -> None:
    for node in stub().body:
        if isinstance(node, ast.ClassDef):
            declared = {name for name in names(node.body) if not name.startswith("_")}
            assert public(getattr(scriptio._core, node.name)) == declared, node.name
