"""Records that all tests of a module share: a module-scoped fixture that takes `lasting_db` makes them once.

The tests themselves use the database as ever (`django_db`, `db`): what they change is undone after each of them, and
what the fixture made stays until the module ends.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker


@pytest.fixture(scope="module")
def lasting_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database for a fixture whose records last as long as the module.

    One transaction is open all the while, and the transactions of the tests are savepoints in it. Django closes the
    connection after each test, which would end it; so closing waits for the end of the module.
    """
    whole = transaction.atomic()
    whole._from_testcase = True  # as Django marks its own: durable blocks may stand inside it
    with django_db_blocker.unblock():
        with pytest.MonkeyPatch.context() as patch, whole:
            patch.setattr(connection, "close", lambda: None)
            yield
            transaction.set_rollback(True)
        connection.close()
