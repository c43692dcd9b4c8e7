"""Other people's programs in environments of their own: made on first use, never imported by the project.

`peers/NAME.txt` pins all that a peer needs; its environment is `benchmarks/.envs/NAME`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE / ".envs"
# Python versions for which the pinned packages of a peer have wheels; any where a peer is not named.
PYTHONS = {
    "navani": ("3.11", "3.12"),
    "impedance": ("3.11", "3.12"),
    "pyimpspec": ("3.11", "3.12", "3.13"),
    "cellpy": ("3.13", "3.14"),
}


class PeerMissing(RuntimeError):
    """A peer's environment cannot be made: a failure of the benchmark, never a row that is left out."""


def peer_python(name: str) -> Path:
    """The Python of a peer's environment, which is made where it is missing or out of date.

    Raises:
        PeerMissing: No suitable Python, or its packages cannot be installed.
    """
    pins, environment = HERE / "peers" / f"{name}.txt", ENVIRONMENTS / name
    python, stamp = environment / "bin" / "python", environment / "installed.txt"
    if stamp.is_file() and stamp.read_text() == pins.read_text():
        return python
    print(f"making the environment of {name}", file=sys.stderr)
    shutil.rmtree(environment, ignore_errors=True)
    _call(name, [_interpreter(name), "-m", "venv", "--without-pip", str(environment)])
    # The project's own pip installs into it, for Debian's Python has none to give to a new environment.
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    _call(name, [sys.executable, "-m", "pip", "--python", str(python), "install", *options, "-r", str(pins)])
    stamp.write_text(pins.read_text())
    return python


def _interpreter(name: str) -> str:
    versions = PYTHONS.get(name)
    if versions is None or f"{sys.version_info.major}.{sys.version_info.minor}" in versions:
        return sys.executable
    for version in versions:
        for found in _candidates(version):
            # A launcher may stand in the path for a version that is not there.
            if _runs([found, "-c", ""]).returncode == 0:
                return found
    raise PeerMissing(f"{name} needs Python {' or '.join(versions)}, and this machine has none of them")


def _candidates(version: str) -> Iterator[str]:
    """Pythons of a version: in the path, and where pyenv keeps those that it does not put there."""
    if in_path := shutil.which(f"python{version}"):
        yield in_path
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from map(str, sorted(kept.glob(f"{version}.*/bin/python{version}"), reverse=True))


def _runs(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _call(name: str, command: list[str]) -> None:
    done = _runs(command)
    if done.returncode:
        raise PeerMissing(f"the environment of {name} cannot be made: {done.stderr.strip()[-500:]}")
