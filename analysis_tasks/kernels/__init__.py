"""The kernels, one module per technique, and the registry that lists them.

A new kernel is a module with a `KERNEL`, one line in `builtin_kernels` and `manage.py kernels --release`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from analysis_tasks.kernels.base import Kernel
from core.registry import Registry


def builtin_kernels() -> Iterable[Kernel]:
    """The project's own kernels, without those of plug-ins."""
    from analysis_tasks.kernels import cycling_capacity

    return (cycling_capacity.KERNEL,)


KERNELS: Registry[Kernel] = Registry("kernel", Kernel, builtin_kernels, "cosinter.kernels")


def plan(technique: str, tables: Collection[str]) -> list[Kernel]:
    """The kernels that run by themselves on a dataset.

    Args:
        technique: Technique key of the dataset.
        tables: Names of its tables.
    """
    return [kernel for kernel in KERNELS if technique in kernel.techniques and set(kernel.tables) <= set(tables)]
