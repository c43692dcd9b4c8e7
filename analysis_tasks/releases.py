"""The released kernels: which fingerprint stands for which version, committed beside the kernels.

A test compares the code with this list, so that numbers cannot change under a version number unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from analysis_tasks.fingerprint import fingerprint
from analysis_tasks.kernels.base import Kernel

RELEASES = Path(__file__).parent / "kernels" / "releases.json"

Releases = dict[str, dict[str, str]]


class VersionNotRaised(ValueError):
    """The code of a released version has changed; the message names the kernels."""


def read_releases(path: Path = RELEASES) -> Releases:
    """Fingerprints by kernel and version."""
    releases: Releases = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return releases


def differences(kernels: Iterable[Kernel], releases: Releases) -> list[str]:
    """What is wrong between code and releases, one sentence per kernel; empty where all is well."""
    found = []
    for kernel in kernels:
        recorded = releases.get(kernel.name, {}).get(kernel.version)
        if recorded is None:
            found.append(
                f"{kernel.name} {kernel.version} is not recorded as released: run `manage.py kernels --release`"
            )
        elif recorded != fingerprint(kernel):
            found.append(
                f"the code of {kernel.name} has changed but its version is still {kernel.version}: raise "
                "the version and run `manage.py kernels --release`, or with `--same-results` where no "
                "number can change"
            )
    return found


def record_release(kernels: Iterable[Kernel], *, same_results: bool = False, path: Path = RELEASES) -> list[str]:
    """Records the present fingerprint of each kernel's version.

    Args:
        kernels: The project's own kernels.
        same_results: The person says that a changed version still gives the same numbers (a renaming, a
            faster way).
        path: The list of releases.

    Returns:
        What was recorded, one line each.

    Raises:
        VersionNotRaised: The code of a recorded version has changed and `same_results` is not said.
    """
    kernels = list(kernels)
    releases = read_releases(path)
    changed = [k.name for k in kernels if releases.get(k.name, {}).get(k.version, fingerprint(k)) != fingerprint(k)]
    if changed and not same_results:
        raise VersionNotRaised(
            f"the code of {', '.join(changed)} has changed: raise the version, or add --same-results where "
            "no number can change"
        )
    recorded = []
    for kernel in kernels:
        versions = releases.setdefault(kernel.name, {})
        if versions.get(kernel.version) != fingerprint(kernel):
            versions[kernel.version] = fingerprint(kernel)
            recorded.append(f"{kernel.name} {kernel.version} {fingerprint(kernel)}")
    path.write_text(json.dumps(releases, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return recorded
