"""`platform/` must stay a folder: as a package it would hide the standard library's module of that name."""

import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_python_file_lies_directly_in_platform() -> None:
    assert [file.name for file in (ROOT / "platform").iterdir() if file.is_file()] == []


def test_platform_is_the_standard_library() -> None:
    assert Path(platform.__file__) == Path(sysconfig.get_path("stdlib")) / "platform.py"


def test_platform_is_the_standard_library_from_the_checkout_too() -> None:
    code = "import sys; sys.path.insert(0, ''); import platform; print(platform.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).parent == Path(sysconfig.get_path("stdlib"))
