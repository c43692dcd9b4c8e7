"""One lab for all tests of faults; each test leaves the servers, web and beat running for the next."""

from collections.abc import Iterator

import pytest

from tests.reliability.lab import Lab, running_lab


@pytest.fixture(scope="session")
def shared_lab() -> Iterator[Lab]:
    """The site, started once."""
    with running_lab() as lab:
        yield lab


@pytest.fixture
def lab(shared_lab: Lab) -> Iterator[Lab]:
    """The site with everything but workers running, before and after."""
    yield shared_lab
    shared_lab.postgres.acquire()
    shared_lab.valkey.acquire()
    for name in ("beat", "web"):
        if shared_lab.living(name) is None:
            shared_lab.start_web() if name == "web" else shared_lab.start(name)
