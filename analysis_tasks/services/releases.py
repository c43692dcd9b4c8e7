"""The stored releases of the kernels that are installed here; results of other code are stale."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction

from analysis_tasks.fingerprint import fingerprint
from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import Kernel, Parameter
from analysis_tasks.models import InstalledKernel, KernelRelease

log = logging.getLogger(__name__)


def install_kernels() -> None:
    """Notes which release of each kernel this installation has; workers do so when they start."""
    for kernel in KERNELS:
        current_release(kernel)


@transaction.atomic
def current_release(kernel: Kernel) -> KernelRelease:
    """The stored release of the kernel as it is installed, made and noted as installed where this code is new."""
    code = fingerprint(kernel)
    release = KernelRelease.objects.filter(name=kernel.name, version=kernel.version, fingerprint=code).first()
    if release is None:
        _warn_of_equal_version(kernel)
        release, _ = KernelRelease.objects.get_or_create(
            name=kernel.name,
            version=kernel.version,
            fingerprint=code,
            defaults={"parameters": [_described(p) for p in kernel.parameters], "yields": list(kernel.yields)},
        )
    installed = InstalledKernel.objects.filter(name=kernel.name).first()
    if installed is None or installed.release_id != release.pk:
        InstalledKernel.objects.update_or_create(name=kernel.name, defaults={"release": release})
    return release


def _warn_of_equal_version(kernel: Kernel) -> None:
    if KernelRelease.objects.filter(name=kernel.name, version=kernel.version).exists():
        log.warning(
            "the code of %s has changed but its version is still %s; its results are marked stale all the same",
            kernel.name,
            kernel.version,
        )


def _described(parameter: Parameter) -> dict[str, Any]:
    return {
        "key": parameter.key,
        "unit": parameter.unit,
        "default": parameter.default,
        "source": parameter.source,
        "description": parameter.description,
    }
