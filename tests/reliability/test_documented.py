"""The table of docs/reliability.md and the tests that inject faults are the same list."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "reliability.md"


def test_each_failure_of_the_page_has_its_test_and_each_test_its_line() -> None:
    named = set(re.findall(r"`(test_\w+\.py::test_\w+)(?:\[\w+\])?`", PAGE.read_text(encoding="utf-8")))
    written = {
        f"{file.name}::{name}"
        for file in FOLDER.glob("test_*.py")
        if file != Path(__file__)
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named == written
