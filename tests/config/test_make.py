"""`make` on a bare machine: it finds a Python, makes an environment once, or says what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a lock that asks for nothing."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    return tmp_path


def make(checkout: Path, *arguments: str, python: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs make with the one Python given, a shell script, and no other."""
    programs = checkout / "bin"
    programs.mkdir(exist_ok=True)
    for name in ("sh", "cmp", "cp", "rm", "grep", "sed", "expand"):
        if not (programs / name).exists():
            (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    if python is not None:
        (programs / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (programs / "python3").chmod(0o755)
    environment = {"PATH": str(programs), "HOME": os.environ.get("HOME", "/")}
    make_program = shutil.which("make")
    assert make_program
    return subprocess.run([make_program, *arguments], cwd=checkout, env=environment, capture_output=True, text=True)


def test_an_environment_is_made_and_filled_once(checkout: Path) -> None:
    first = make(checkout, "install", python=f'exec {sys.executable} "$@"')
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == [
        f"making .venv with {checkout}/bin/python3",
        "installing requirements.txt",
    ]
    second = make(checkout, "install")
    assert (second.returncode, second.stdout) == (0, "")
    (checkout / "requirements.txt").write_text("# changed\n")
    assert make(checkout, "install").stdout.splitlines() == ["installing requirements.txt"]


def test_without_a_new_enough_python_it_says_so(checkout: Path) -> None:
    for python in (None, "exit 1"):
        refused = make(checkout, "install", python=python)
        assert refused.returncode != 0
        assert "Cosinter needs Python 3.11 or newer" in refused.stderr
    assert not (checkout / ".venv").exists()


def test_without_venv_it_says_what_to_install(checkout: Path) -> None:
    refused = make(checkout, "install", python='case "$1" in -c) exit 0;; *) exit 1;; esac')
    assert refused.returncode != 0
    assert "cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" in refused.stderr
    assert not (checkout / ".venv").exists()


def test_help_lists_every_command(checkout: Path) -> None:
    listed = make(checkout).stdout
    for command in ("run", "test", "lint", "bench", "lock", "backup", "restore"):
        assert f"\n{command} " in f"\n{listed}"
