"""Lists cost the same number of queries whether they show few rows or many."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comparisons.services import add_row
from tests import factories
from tests.measured_lab import cycling_file

LISTS = {
    "/": 17,
    "/samples/": 8,
    "/cells/": 10,
    "/measurements/": 14,
    "/runs/": 5,
    "/comparisons/": 6,
    "/comparisons/my-cells/": 30,
    "/materials/": 6,
    "/publications/": 5,
}


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def grown(lab, receive):
    def _grow(number):
        for place in range(number):
            cell = factories.cell(lab.project)
            receive(lab.owner, cell, f"{place}.csv", cycling_file())
            add_row(lab.comparison, actor=lab.owner, cell=cell)
        factories.cell(lab.project, active_mass=None)

    return _grow


def test_query_counts_do_not_grow(lab, sign_in, grown):
    grown(0)
    client = sign_in(lab.editor)
    few = {address: queries(client, address) for address in LISTS}
    pages = [lab.cell.get_absolute_url(), lab.composite.get_absolute_url(), lab.measurement.get_absolute_url()]
    pages_few = [queries(client, address) for address in pages]
    grown(2)
    assert {address: queries(client, address) for address in LISTS} == few
    assert [queries(client, address) for address in pages] == pages_few
    assert few == LISTS
