"""Columns of records near and far, in the unit asked for; views in addresses, saved, copied, frozen and shared."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import writing
from comparisons.columns import column
from comparisons.models import Comparison
from comparisons.selectors import against_today, comparison_table
from comparisons.services import add_row, copy_comparison, free_title, freeze, save_view, share
from comparisons.state import TableState
from samples.services import change_cell
from tests import factories, rest

FAR = (
    "ancestor(process:co-sintering).temperature",
    "ancestor(process:co-sintering).dwell_time;unit=min;digits=0",
    "ancestor(material:LLZTO).weight_fraction",
    "ancestor(material:NCM622).code",
)


def texts(lab, *columns, row=0, **state):
    table = comparison_table(lab.comparison, lab.owner, TableState(columns=columns, **state))
    return [table.rows[row].cells[spec.key].text for spec in table.columns]


def test_what_a_cell_was_made_by_and_from(lab):
    *told, code = texts(lab, *FAR)
    assert told == ["700 degC", "60", "35 %"]
    assert code.startswith("NCM622-")
    cell = comparison_table(lab.comparison, lab.owner, TableState(columns=FAR)).rows[0].cells[FAR[0]]
    assert (cell.value, cell.unit, cell.origin.model) == (700, "degC", "samples.process")
    assert texts(lab, "ancestor(process:co-sintering).temperature;unit=K;digits=2") == ["973.15"]


def test_what_is_closed_is_not_told(lab):
    other = factories.project(lab.owner)
    powder = factories.powder(other, "NCM622")
    composite = lab.measured.layers.get(role="cathode").sample
    row = composite.production.process.inputs.get(sample__material__name="NCM622")
    writing.change(row, actor=lab.owner, sample=powder)
    assert texts(lab, "ancestor(material:NCM622).code") == [powder.code]
    viewer = factories.member(lab.project, "viewer")
    table = comparison_table(lab.comparison, viewer, TableState(columns=("ancestor(material:NCM622).code",)))
    assert table.rows[0].cells["ancestor(material:NCM622).code"].text == ""


def test_own_fields_units_and_digits(lab):
    assert texts(lab, "active_mass", "active_mass;unit=µg;digits=0", "electrode_area", "cell_type") == [
        "2.10 mg",
        "2100",
        "0.785 cm^2",
        "cathode | lithium",
    ]
    # 138.8 mAh/g x 2.10 mg / 0.785 cm² = 0.3713 mAh/cm²
    area, total = (
        texts(lab, "initial_discharge_capacity;unit=mAh/cm^2;digits=4"),
        texts(lab, "initial_discharge_capacity;digits=4", per="total"),
    )
    assert float(area[0]) == pytest.approx(138.8 * 2.10e-3 / 0.785, rel=1e-3)
    assert float(total[0]) == pytest.approx(138.8 * 2.10e-3, rel=1e-3)
    # 0.05 C of 180 mA/g is 9 mA/g; at 2.10 mg on 0.785 cm² that is 0.02408 mA/cm²
    assert float(texts(lab, "current_density", per="area")[0]) == pytest.approx(9 * 2.10e-3 / 0.785, rel=1e-3)


def test_a_normalisation_that_cannot_be_done_says_why(lab):
    writing.change(lab.measured, actor=lab.owner, electrode_area=None)
    table = comparison_table(lab.comparison, lab.owner, TableState(columns=("current_density",), per="area"))
    cell = table.rows[0].cells["current_density"]
    assert cell.value is None
    assert "electrode area" in cell.note


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colombic_efficiency", "did you mean coulombic_efficiency"),
        ("initial_discharge_capacity;unit=K", "cannot become K"),
        ("ancestor(process:frying).temperature", "co-sintering"),
        ("ancestor(process:milling).colour", "there are temperature"),
        ("ancestor(kind:soup).code", "powder"),
        ("measurement(taste).ionic_conductivity", "there are cycling"),
    ],
)
def test_what_is_no_column_is_said(text, words):
    with pytest.raises(KeyError) as refused:
        column(text)
    assert words in refused.value.args[0]


def test_far_columns_cost_the_same_for_many_rows(lab):
    state = TableState(columns=(*FAR, "measurement(cycling).cycle_count", "initial_discharge_capacity"), group=FAR[0])

    def cost():
        with CaptureQueriesContext(connection) as queries:
            table = comparison_table(lab.comparison, lab.owner, state)
        return len(queries), len(table.rows)

    few = cost()
    for _ in range(4):
        add_row(lab.comparison, actor=lab.owner, cell=factories.cell(lab.project))
    assert cost() == (few[0], 6)
    assert few[0] <= 19


def test_the_address_of_a_page_holds_the_view_and_rest_takes_the_same_words(lab):
    client = Client()
    client.force_login(lab.owner)
    query = TableState(columns=(FAR[0], "initial_discharge_capacity"), sort="-initial_discharge_capacity").address()
    page = client.get(lab.comparison.get_absolute_url() + query)
    assert page.status_code == 200
    text = page.content.decode()
    assert 'aria-sort="descending"' in text
    assert text.index("Temperature of co-sintering") < text.index("Initial Capacity")
    rows = list(csv.reader(io.StringIO(client.get(f"/comparisons/mine/as/csv/{query}").content.decode())))
    assert rows[0][:2] == ["Temperature of co-sintering (°C)", "Initial Capacity (mAh/g)"]
    table = rest.client(lab.owner).get(f"comparisons/mine/table/{query}").json()
    assert [spec["key"] for spec in table["columns"]] == [FAR[0], "initial_discharge_capacity"]
    turned = list(csv.reader(io.StringIO(client.get("/comparisons/mine/as/csv/?transpose=1").content.decode())))
    assert [line[0] for line in turned[1:]][1] == "Temperature"
    for wrong in ("?columns=charm", "?per=litre"):
        assert client.get(lab.comparison.get_absolute_url() + wrong).status_code == 400
        rest.problem(rest.client(lab.owner).get(f"comparisons/mine/table/{wrong}"), 400)


def test_a_column_is_added_by_choosing(lab):
    client = Client()
    client.force_login(lab.owner)
    chosen = {"sort": "", "add_where": "ancestor(process:co-sintering)", "add_key": "temperature", "add_unit": "K"}
    answer = client.get(lab.comparison.get_absolute_url(), chosen)
    assert answer.status_code == 302
    assert "ancestor%28process%3Aco-sintering%29.temperature%3Bunit%3DK" in answer["Location"]
    assert "Temperature of co-sintering (K)" in client.get(answer["Location"]).content.decode()
    wrong = client.get(lab.comparison.get_absolute_url(), {"add_key": "colombic_efficiency"}).content.decode()
    assert "did you mean coulombic_efficiency" in wrong


def test_a_view_is_saved_copied_shared_and_frozen(lab):
    columns = (FAR[0], "temperature", "initial_discharge_capacity")
    state = TableState(columns=columns, baseline=lab.reported.code, differs=True)
    saved = save_view(lab.comparison, actor=lab.owner, state=state)
    assert (saved.columns, saved.state) == (list(state.columns), {"differs": True, "baseline": lab.reported.code})
    copy = copy_comparison(saved, actor=lab.owner, slug="two")
    assert (copy.title, copy.state) == ("Mine (copy)", saved.state)
    assert free_title("Mine") == free_title("Mine (copy)") == free_title("Copy of Copy of Mine") == "Mine (copy 2)"
    frozen = freeze(saved, actor=lab.owner)
    assert "Same for all: Temperature of co-sintering" in frozen.content["caption"]
    with lab.acts():
        change_cell(lab.measured, actor=lab.owner, active_mass=2.8)
    (change,) = against_today(frozen, lab.owner).changes
    assert change.new.value == pytest.approx(138.8 * 2.1 / 2.8, rel=1e-3)
    _, token = share(saved, actor=lab.owner, state=TableState(columns=("configuration",)))
    text = Client().get(reverse("shared", args=[token])).content.decode()
    assert "Configuration" in text
    assert "co-sintering" not in text


def test_by_rest_a_view_is_saved_and_what_is_none_is_refused(lab):
    api = rest.client(lab.owner)
    made = api.patch("comparisons/mine/", {"state": {"sort": "-cycle_count", "aggregate": True}})
    assert made.status_code == 200, made.content
    assert Comparison.objects.get(slug="mine").state == {"sort": "-cycle_count", "aggregate": True}
    assert "charm" in rest.problem(api.patch("comparisons/mine/", {"state": {"charm": 1}}), 400)["errors"]["state"][0]
    frozen = api.post("comparisons/mine/freeze/", {"state": {"columns": ["cycle_count"]}}).json()
    assert [spec["key"] for spec in api.get(frozen["table"]).json()["columns"]] == ["cycle_count"]


@pytest.mark.parametrize(
    ("key", "end"),
    [
        ("initial_discharge_capacity", "max"),
        ("irreversible_capacity", "min"),
        ("measurement(eis).total_resistance", "min"),
    ],
)
def test_which_end_is_the_best_is_the_quantitys_to_say(key, end):
    assert column(f"{key};agg=best").aggregate == end
