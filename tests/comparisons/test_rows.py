"""Rows of comparisons: samples and measurements too, by hand, by a query, or both; and whose access decides."""

from datetime import datetime

import pytest
from django.core.exceptions import ValidationError

from accounts import writing
from accounts.models import Membership
from analysis_tasks.services import enter_manually
from comparisons.exports import EXPORTS
from comparisons.selectors import against_today, comparison_table
from comparisons.services import add_row, change_comparison, copy_comparison, create_comparison, freeze, opened, share
from comparisons.state import TableState
from measurements.services import create_measurement
from samples.models import Sample
from tests import factories, rest

pytestmark = pytest.mark.django_db


def pellet(project, code, actor=None):
    made = Sample(project=project, code=code, kind="sintered_body")
    return writing.create(made, actor=actor or factories.owner_of(project))


def entered(owner, sample, technique, quantity, text, measured_at):
    when = {"measured_at": datetime.fromisoformat(measured_at)}
    taken = create_measurement(actor=owner, subject=sample, technique=technique, conditions=when)
    enter_manually(actor=owner, subject=sample, quantity_key=quantity, text=text, reason="note book", measurement=taken)
    return taken


@pytest.fixture
def pellets(db):
    """Two pellets of one project; a conductivity of each, the first measured twice, and one density."""
    project = factories.project()
    owner = factories.owner_of(project)
    samples = [pellet(project, f"PELLET-{place}") for place in (1, 2)]
    older = entered(owner, samples[0], "eis", "ionic_conductivity", "0.4 mS/cm", "2024-05-01T10:00Z")
    newer = entered(owner, samples[0], "eis", "ionic_conductivity", "0.5 mS/cm", "2024-06-01T10:00Z")
    entered(owner, samples[0], "xrd", "lattice_parameter_a", "12.95 angstrom", "2024-04-01T10:00Z")
    other = entered(owner, samples[1], "eis", "ionic_conductivity", "0.1 mS/cm", "2024-05-02T10:00Z")
    return project, owner, samples, (older, newer, other)


def comparison_of(project, owner, about, slug="pellets", **more):
    return create_comparison(actor=owner, project=project, slug=slug, title="Pellets", about=about, **more)


def texts(table, key):
    return [row.cells[key].text for row in table.rows]


CONDUCTIVITY = "ionic_conductivity;unit=mS/cm;digits=1"


def test_each_number_of_a_sample_comes_from_the_latest_measurement_that_has_it(pellets):
    project, owner, samples, _ = pellets
    made = comparison_of(project, owner, "samples", columns=["kind", CONDUCTIVITY, "lattice_parameter_a;digits=2"])
    for sample in samples:
        add_row(made, actor=owner, sample=sample)
    table = comparison_table(made, owner)
    assert table.columns[0].label == "Sample"
    assert texts(table, "cell") == ["PELLET-1", "PELLET-2"]
    assert texts(table, CONDUCTIVITY) == ["0.5", "0.1"]
    assert texts(table, "lattice_parameter_a;digits=2") == ["12.95", ""]
    assert table.rows[1].cells["lattice_parameter_a;digits=2"].note == "No measurement has this result yet."
    with pytest.raises(ValidationError, match="already"):
        add_row(made, actor=owner, sample=samples[0])
    with pytest.raises(ValidationError, match="give one sample"):
        add_row(made, actor=owner, cell=factories.cell(project))


def test_measurements_of_one_sample_stand_beside_each_other(pellets):
    project, owner, _, (older, newer, _) = pellets
    columns = ["technique", "measured_at", CONDUCTIVITY]
    state = {"q": "technique:eis and code:PELLET-1"}
    made = comparison_of(project, owner, "measurements", columns=columns, state=state)
    add_row(made, actor=owner, measurement=newer, note="after polishing")
    table = comparison_table(made, owner)
    assert texts(table, CONDUCTIVITY) == ["0.5", "0.4"]
    assert [(row.measurement_id, row.by_query, row.note) for row in table.rows] == [
        (newer.pk, False, "after polishing"),
        (older.pk, True, ""),
    ]
    assert texts(table, "cell") == ["PELLET-1 eis 2024-06-01", "PELLET-1 eis 2024-05-01"]
    assert table.rows[1].key == f"PELLET-1~{older.pk.hex[:8]}"
    pinned = comparison_table(made, owner, TableState(q="technique:eis", pin=(table.rows[1].key,)))
    assert pinned.rows[0].key == table.rows[1].key
    for export in EXPORTS.values():
        assert export.write(table)


def test_rows_of_a_query_are_what_the_one_who_looks_may_see_and_a_share_shows_its_makers(pellets):
    project, owner, samples, _ = pellets
    secret = factories.project()
    Membership.objects.create(project=secret, user=owner, role="editor")
    hidden = pellet(secret, "PELLET-9", actor=factories.owner_of(secret))
    made = comparison_of(project, owner, "samples", columns=[CONDUCTIVITY], state={"q": "code:PELLET*"})
    viewer = factories.member(project, "viewer")
    assert texts(comparison_table(made, owner), "cell") == [samples[0].code, samples[1].code, hidden.code]
    assert texts(comparison_table(made, viewer), "cell") == [samples[0].code, samples[1].code]
    shared = opened(share(made, actor=owner)[1])
    assert len(comparison_table(shared.comparison, shared.created_by, TableState.from_json(shared.state)).rows) == 3
    Membership.objects.filter(project=secret, user=owner).delete()
    assert len(comparison_table(shared.comparison, shared.created_by, TableState.from_json(shared.state)).rows) == 2


def test_a_frozen_table_keeps_the_rows_that_its_query_found(pellets):
    project, owner, samples, _ = pellets
    made = comparison_of(project, owner, "samples", columns=[CONDUCTIVITY], state={"q": "code:PELLET-2"})
    frozen = freeze(made, actor=owner, reason="as found")
    change_comparison(made, actor=owner, state={"q": "code:PELLET-1"})
    pellet(project, "PELLET-22")
    entered(owner, samples[1], "eis", "ionic_conductivity", "0.3 mS/cm", "2024-07-01T10:00Z")
    state = against_today(frozen, owner)
    assert [row.code for row in state.table.rows] == ["PELLET-2"]
    assert [(change.old.text, change.new.text) for change in state.changes] == [("0.1", "0.3")]


def test_what_the_query_cannot_be_is_said(pellets):
    project, owner, samples, _ = pellets
    with pytest.raises(ValidationError, match="colour"):
        comparison_of(project, owner, "samples", state={"q": "colour:red"})
    made = comparison_of(project, owner, "samples", state={"q": "code:PELLET*"})
    add_row(made, actor=owner, sample=samples[1])
    table = comparison_table(made, owner, TableState(q="colour:red"))
    assert texts(table, "cell") == ["PELLET-2"]
    assert any("not understood" in words for words in table.warnings)
    with pytest.raises(ValidationError, match="take them out first"):
        change_comparison(made, actor=owner, about="cells")
    twin = copy_comparison(made, actor=owner, slug="twin")
    assert texts(comparison_table(twin, owner), "cell") == ["PELLET-2", "PELLET-1"]


def test_rows_by_rest(pellets):
    project, owner, samples, (older, _, _) = pellets
    api = rest.client(owner)
    asked = {"slug": "by-rest", "project": project.slug, "title": "By REST", "about": "measurements"}
    assert api.post("comparisons/", asked).json()["columns"] == ["technique", "measured_at", "temperature"]
    row = api.post("comparisons/by-rest/rows/", {"measurement": str(older.pk)}).json()
    assert (row["cell"], row["sample"]["id"], row["measurement"]["id"]) == (None, str(samples[0].pk), str(older.pk))
    assert (
        "give one measurement"
        in rest.problem(api.post("comparisons/by-rest/rows/", {"sample": "PELLET-1"}), 400)["errors"]["measurement"][0]
    )
    table = api.get("comparisons/by-rest/table/?q=technique:eis").json()
    assert [(one["by_query"], one["cell"]) for one in table["rows"]] == [(False, None), (True, None), (True, None)]
    assert table["about"] == "measurements"
    assert api.get(table["rows"][0]["url"]).json()["id"] == str(older.pk)
    assert api.get("comparisons/?about=measurements").json()["count"] == 1
    assert api.get(f"comparisons/?measurement={older.pk}").json()["count"] == 1
