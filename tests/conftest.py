"""Fixtures every test may use: where the real instrument files are, and the servers."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy loads; the site's own processes do the same
os.environ.setdefault("OMP_NUM_THREADS", "1")

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from pytest_django import DjangoDbBlocker

from accounts.models import Project, User
from config import embedded
from config.databases import connection_settings
from samples.models import Cell, Sample
from tests import factories
from tests.lasting import lasting_db
from tests.running_site import running_site

__all__ = ["lasting_db", "running_site"]  # fixtures for every test

ROOT = Path(__file__).resolve().parents[1]


_SERVER_FIXTURES = frozenset({"db", "transactional_db", "broker", "live_server"})


@dataclass
class Fuzz:
    """How hard requests at random are tried, and how many were sent."""

    examples: int
    cases: int = 0


_FUZZ = pytest.StashKey[Fuzz]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fuzz 50`: so many requests at random to each operation of the API."""
    parser.addoption("--fuzz", type=int, default=3, help="requests at random to each operation of the API")


def pytest_configure(config: pytest.Config) -> None:
    """Begins to count."""
    config.stash[_FUZZ] = Fuzz(config.getoption("--fuzz"))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says how many requests at random were sent, where it were any."""
    if config.stash[_FUZZ].cases:
        terminalreporter.write_line(f"{config.stash[_FUZZ].cases} requests at random to the API")


@pytest.fixture
def fuzz(pytestconfig: pytest.Config) -> Fuzz:
    """How hard to try; counts what is sent."""
    return pytestconfig.stash[_FUZZ]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test that needs the database or the broker as `servers`, before `-m` chooses."""
    for item in items:
        if item.get_closest_marker("django_db") or _SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real instrument files with known answers; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("COSINTER_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real instrument files at {folder}; set COSINTER_SHARED_DATA to run this test")
    return folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Removes the databases of test sessions that were killed, before this session makes its own."""
    assert connection.settings_dict["TEST"]["NAME"].startswith("test_")
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [settings.TEST_DATABASE_PREFIX]
        )
        for (name,) in cursor.fetchall():
            process = re.match(r"\d+", name.removeprefix(settings.TEST_DATABASE_PREFIX))
            if process and not _is_alive(int(process.group())):
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def broker() -> str:
    """Address of a running broker: the one of REDIS_URL, else the embedded one."""
    if embedded.valkey() in embedded.embedded_servers():
        embedded.start(embedded.valkey())
    return settings.REDIS_URL


@pytest.fixture
def project(db: None) -> Project:
    """A project of its own."""
    return factories.project()


@pytest.fixture
def owner(project: Project) -> User:
    """Who owns the project."""
    return factories.owner_of(project)


@pytest.fixture
def powders(project: Project) -> list[Sample]:
    """What the composite cathode of the paper is made from."""
    return [factories.powder(project, name) for name in ("NCM622", "LLZTO", "LBO")]


@pytest.fixture
def cell(project: Project) -> Cell:
    """A cell of the project."""
    return factories.cell(project)


@pytest.fixture
def app_role(transactional_db: None) -> Iterator[psycopg.Connection]:
    """A connection to the test database as the role the site works as, with the rights it was granted."""
    role = connection_settings("app")
    if role["USER"] == settings.DATABASE_OWNER["USER"]:
        pytest.skip("DATABASE_URL and DATABASE_OWNER_URL name the same role")
    with psycopg.connect(
        host=role["HOST"],
        port=role["PORT"] or None,
        user=role["USER"],
        password=role["PASSWORD"],
        dbname=connection.settings_dict["NAME"],
        autocommit=True,
    ) as as_app:
        yield as_app


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
