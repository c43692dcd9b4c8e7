"""Fingerprints of kernels: one hash over the meaning of all project code that a kernel's numbers depend on.

A run stores the fingerprint of its kernel. The released ones are committed beside the kernels, so that code
cannot change under a version number without somebody saying so.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

from analysis_tasks.kernels.base import Kernel

ROOT = Path(__file__).resolve().parents[1]
# Its only content is the list of kernels: counting it would tie each kernel to all the others.
REGISTRY = "analysis_tasks.kernels"

# Fields that say nothing about what code does, or that only some Python versions write.
_SILENT_FIELDS = frozenset({"type_comment", "kind", "type_ignores"})


@dataclass(frozen=True)
class Sources:
    """Where the code that counts is.

    Attributes:
        roots: Folders whose modules are the project's own.
        stranger: Top-level name of a plug-in's package and the folder that holds it, for the plug-in's kernels.
    """

    roots: tuple[Path, ...] = (ROOT, ROOT / "platform")
    stranger: tuple[str, Path] | None = None

    @classmethod
    def of(cls, module: str) -> Sources:
        """The project's folders, and for a loaded module of a stranger those of its own package.

        Raises:
            ModuleNotFoundError: The module has no source file.
        """
        project = cls()
        if project.file(module) is not None:
            return project
        loaded = sys.modules[module].__file__
        if loaded is None:
            raise ModuleNotFoundError(f"module {module} has no source file to take a fingerprint of", name=module)
        path = Path(loaded)
        depth = len(module.split(".")) + int(path.name == "__init__.py")
        return cls(stranger=(module.partition(".")[0], path.parents[depth - 1]))

    def file(self, name: str) -> Path | None:
        """Source of a module that counts, else None."""
        relative = Path(*name.split("."))
        roots = list(self.roots)
        if self.stranger is not None and name.partition(".")[0] == self.stranger[0]:
            roots.append(self.stranger[1])
        for root in roots:
            for path in (root / relative / "__init__.py", root / relative.with_suffix(".py")):
                if path.is_file():
                    return path
        return None


@dataclass(frozen=True)
class Closure:
    """The code that a module depends on.

    Attributes:
        modules: Hash of the meaning of each project module, by name.
        standard: Top-level names imported from the standard library, sorted.
        third_party: Top-level names imported from anywhere else, sorted.
    """

    modules: Mapping[str, str]
    standard: tuple[str, ...]
    third_party: tuple[str, ...]


def fingerprint(kernel: Kernel) -> str:
    """`sha256:` and the hash of everything in this project that the kernel's results depend on.

    Comments, docstrings, layout and the Python version do not count; the code of other packages does not
    either (their versions are recorded with each run, see `environment`).
    """
    module = kernel.run.__module__
    digest = hashlib.sha256(f"{module}.{kernel.run.__qualname__}\n".encode())
    for name, content in sorted(closure(module, Sources.of(module)).modules.items()):
        digest.update(f"{name} {content}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def environment(kernel: Kernel) -> dict[str, str]:
    """Versions of Python and of the packages that the kernel's closure imports, by distribution name."""
    module = kernel.run.__module__
    owners = packages_distributions()
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in closure(module, Sources.of(module)).third_party:
        found |= {distribution: version(distribution) for distribution in owners.get(name, ())}
    return found


@lru_cache(maxsize=256)
def closure(module: str, sources: Sources) -> Closure:
    """What a module imports anywhere, inside functions too, and the packages on the way.

    Args:
        module: Name of the module, such as `analysis_tasks.kernels.cycling_capacity`.
        sources: Where the code that counts is.

    Raises:
        ModuleNotFoundError: The module is not in any of the folders.
    """
    if sources.file(module) is None:
        raise ModuleNotFoundError(f"no source of module {module}", name=module)
    modules: dict[str, str] = {}
    foreign: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in modules or name == REGISTRY:
            continue
        path = sources.file(name)
        if path is None:
            foreign.add(name.partition(".")[0])
            continue
        tree = ast.parse(path.read_bytes())
        modules[name] = hashlib.sha256(canonical(tree).encode()).hexdigest()
        waiting += [package for package in _packages(name) if sources.file(package) is not None]
        waiting += _imports(tree, name, is_package=path.name == "__init__.py", sources=sources)
    standard = foreign & sys.stdlib_module_names
    return Closure(modules, tuple(sorted(standard)), tuple(sorted(foreign - standard)))


def canonical(node: ast.AST) -> str:
    """The meaning of a syntax tree as text, the same for every Python version that can parse it.

    Named fields in alphabetical order, without what is empty: new Python versions add fields, which are empty in
    code that older ones can read. Docstrings and the parts of f-strings that are empty are left out.
    """
    parts = [type(node).__name__]
    for name, value in sorted(ast.iter_fields(node)):
        text = _field(node, name, value)
        if text:
            parts.append(f"{name}={text}")
    return f"({' '.join(parts)})"


def _field(node: ast.AST, name: str, value: object) -> str:
    if name in _SILENT_FIELDS or (value is None and not isinstance(node, ast.Constant)):
        return ""
    if isinstance(value, ast.AST):
        return canonical(value)
    if isinstance(value, list):
        items = _without_docstring(node, name, value)
        return f"[{' '.join(_item(item) for item in items)}]" if items else ""
    return _plain(value)


def _item(item: object) -> str:
    return canonical(item) if isinstance(item, ast.AST) else _plain(item)


def _plain(value: object) -> str:
    return f"{type(value).__name__}:{value!r}"


def _without_docstring(node: ast.AST, name: str, items: list[object]) -> list[object]:
    if isinstance(node, ast.JoinedStr):
        return [item for item in items if not (isinstance(item, ast.Constant) and item.value == "")]
    documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if documented and name == "body" and items and isinstance(items[0], ast.Expr):
        text = items[0].value
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            return items[1:]
    return items


def _imports(tree: ast.AST, module: str, *, is_package: bool, sources: Sources) -> Iterator[str]:
    """Names of all modules that a module imports, at its top or inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, module, is_package=is_package)
            yield source
            submodules = (f"{source}.{alias.name}" for alias in node.names)
            yield from (name for name in submodules if sources.file(name) is not None)


def _absolute(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """Name of the module that an import statement reads from, relative ones resolved."""
    if not node.level:
        return node.module or ""
    package = module.split(".")
    package = package[: len(package) - node.level + int(is_package)]
    return ".".join([*package, node.module] if node.module else package)


def _packages(name: str) -> Iterator[str]:
    """The packages around a module, which Python runs first."""
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))
