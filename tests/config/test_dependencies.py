"""Every direct dependency is explained, in the lock with a hash, and under a licence that may be used here."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", requirement).group().lower() for requirement in requirements}


def locked(file: str) -> dict[str, set[str]]:
    releases: dict[str, set[str]] = {}
    for name, release in re.findall(r"^([\w.-]+)(?:\[.*?\])?==(\S+)", (ROOT / file).read_text(), re.MULTILINE):
        releases.setdefault(name, set()).add(release)
    return releases


def explained(heading: str) -> dict[str, list[str]]:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line]
    return {name: cells for name, *cells in lines[2:]}


RUN, TEST = names(PROJECT["project"]["dependencies"]), names(PROJECT["dependency-groups"]["test"])


def test_the_page_explains_each_dependency_once() -> None:
    assert set(explained("To run")) == RUN
    assert set(explained("To test")) == TEST


@pytest.mark.parametrize("name", sorted(RUN | TEST))
def test_a_dependency_is_explained_and_locked(name: str) -> None:
    purpose, licence, releases = (explained("To run") | explained("To test"))[name]
    assert len(purpose.split()) >= 2
    assert licence
    assert set(releases.split(" or ")) == locked("requirements-test.txt")[name], "write the new release down"


def test_what_runs_is_what_is_tested() -> None:
    run, test = locked("requirements.txt"), locked("requirements-test.txt")
    assert {name: test.get(name) for name in run} == run
    assert set(run) >= RUN


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-test.txt"])
def test_every_locked_file_has_a_hash_and_no_server_is_named(file: str) -> None:
    text = (ROOT / file).read_text()
    entries = re.split(r"\n(?=[a-z])", text)
    assert all("--hash=sha256:" in entry for entry in entries if re.match(r"[\w.-]+(\[.*?\])?==", entry))
    assert not re.search(r"https?://|--index|--find-links", text)


@pytest.mark.parametrize("name", sorted(locked("requirements.txt")))
def test_no_package_of_the_site_is_under_the_gpl(name: str) -> None:
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("not for this Python or this system")
    licence = " ".join([metadata.get("License-Expression") or "", *metadata.get_all("Classifier", [])])
    assert not re.search(r"(?<!L)(?<!Lesser )\bA?GPL|(?<!Lesser )General Public License", licence), licence
