"""Comparisons in the admin: rows by choosing cells, columns by their keys, the table as it stands."""

import pytest

from comparisons.columns import TABLE_S1
from comparisons.models import Comparison
from comparisons.services import add_row, create_comparison
from tests import factories
from tests.admin_pages import add_page, browser, change_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(project):
    return browser(factories.member(project, "editor"))


def test_a_comparison_is_made_by_choosing_cells(editor, project):
    cells = [factories.cell(project) for _ in range(2)]
    page = add_page(editor, "comparisons_comparison")
    assert page.fields["columns"].split() == list(TABLE_S1)
    rows = [{"subject": str(cells[1].pk), "emphasised": "on"}, {"subject": str(cells[0].pk), "note": "thick"}]
    page.send(title="Mine", slug="mine", **page.rows("rows", rows, start=0))
    made = Comparison.objects.get(slug="mine")
    assert [(row.subject.cell, row.emphasised, row.note) for row in made.rows.all()] == [
        (cells[1], True, ""),
        (cells[0], False, "thick"),
    ]
    page = change_page(editor, made)
    assert "NCM622+LLZTO+LBO/LLZTO/Li" in page.text
    page.send(columns="configuration\ncoulombic_efficiency", **{"rows-0-DELETE": "on"})
    made.refresh_from_db()
    assert made.columns == ["configuration", "coulombic_efficiency"]
    assert [row.subject.cell for row in made.rows.all()] == [cells[0]]


@pytest.mark.parametrize(
    ("typed", "place", "words"),
    [
        ({"columns": "configuration\ncolombic_efficiency"}, "columns", "did you mean coulombic_efficiency"),
        ({"columns": ""}, "columns", "required"),
        ({"slug": "taken"}, "slug", "already exists"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(editor, project, typed, place, words):
    create_comparison(actor=factories.owner_of(project), project=project, slug="taken", title="Taken")
    again = add_page(editor, "comparisons_comparison").send(**{"title": "Mine", "slug": "mine", **typed})
    assert words in " ".join(again.errors[place])
    assert Comparison.objects.count() == 1


def test_a_cell_stands_once(editor, project):
    cell = factories.cell(project)
    page = add_page(editor, "comparisons_comparison")
    rows = page.rows("rows", [{"subject": str(cell.pk)}, {"subject": str(cell.pk)}], start=0)
    again = page.send(title="Mine", slug="mine", **rows)
    assert "already" in " ".join(again.errors["rows"])
    assert not Comparison.objects.exists()


def test_a_cell_that_is_hidden_stays_hidden(project):
    other = factories.project()
    secret = factories.cell(other)
    comparison = create_comparison(actor=factories.owner_of(project), project=project, slug="mixed", title="Mixed")
    add_row(comparison, actor=factories.owner_of(project), cell=secret)
    page = change_page(browser(factories.member(project, "viewer")), comparison)
    assert page.status == 200
    assert secret.code not in page.response.content.decode()
