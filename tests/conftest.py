"""Fixtures every test may use: where the real instrument files are, and the servers."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real instrument files with known answers; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("COSINTER_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real instrument files at {folder}; set COSINTER_SHARED_DATA to run this test")
    return folder
