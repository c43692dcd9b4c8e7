"""The kernels, one module per technique, and the registry that lists them.

A new kernel is a module with a `KERNEL`, one line in `builtin_kernels` and `manage.py kernels --release`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from analysis_tasks.kernels.base import Kernel
from core.registry import Registry


def builtin_kernels() -> Iterable[Kernel]:
    """The project's own kernels, without those of plug-ins."""
    from analysis_tasks.kernels import (
        cv_basics,
        cycling_capacity,
        cycling_curves,
        cycling_differential,
        cycling_fade,
        cycling_steps,
        eis_arrhenius,
        eis_before_after,
        eis_circuit_fit,
        eis_drt,
        eis_kramers_kronig,
        insights_cycling,
        insights_related,
    )

    modules = (
        cycling_capacity, cycling_steps, cycling_fade, cycling_differential, cycling_curves, insights_cycling,
        insights_related, cv_basics, eis_kramers_kronig, eis_circuit_fit, eis_drt, eis_before_after, eis_arrhenius,
    )  # fmt: skip
    return tuple(module.KERNEL for module in modules)


KERNELS: Registry[Kernel] = Registry("kernel", Kernel, builtin_kernels, "cosinter.kernels")


def plan(technique: str, tables: Collection[str], inputs: int = 1) -> list[Kernel]:
    """The kernels that run by themselves on a dataset, or on several that form a series.

    Args:
        technique: Technique key of the dataset.
        tables: Names of its tables.
        inputs: Number of datasets.
    """
    return [
        kernel
        for kernel in KERNELS
        if technique in kernel.techniques
        and set(kernel.tables) <= set(tables)
        and kernel.least_inputs <= inputs
        and not kernel.reads_runs
    ]
