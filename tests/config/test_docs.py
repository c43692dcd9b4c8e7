"""The documentation hangs together: every page is in the index, every link and picture is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])


def links(page):
    """Files that a page leads to."""
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [(page.parent / t.partition("#")[0]).resolve() for t in targets if not re.match(r"#|[a-z]+:", t)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_picture_is_there(page):
    assert [str(target) for target in links(page) if not target.exists()] == []


def test_every_page_is_in_the_index():
    index = ROOT / "docs" / "README.md"
    listed = set(links(index))
    missing = [str(page) for page in (ROOT / "docs").rglob("*.md") if page != index and page not in listed]
    assert missing == []
