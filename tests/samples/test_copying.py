"""Records like others: what is taken over and what never is, at every door, and who may."""

import pytest
from django.urls import reverse

from accounts import writing
from custom.services import create_field
from samples.models import Cell, Process, Protocol, Sample
from samples.selectors import configuration_text, free_code
from samples.services import InputSpec, OutputSpec, ThermalStepSpec, create_process
from tests import factories
from tests.admin_pages import add_page, browser, change_page
from tests.rest import cast_of, client

pytestmark = pytest.mark.django_db


@pytest.fixture
def sintering(project, owner):
    """A co-sintering with everything that is planned, and everything that is found out."""
    powders = [factories.powder(project, name) for name in ("NCM622", "LLZTO", "LBO")]
    return create_process(
        actor=owner,
        project=project,
        kind="co-sintering",
        ratio="43:35:22",
        crucible="platinum",
        glovebox_water=0.3,
        note="the lid had moved",
        inputs=[InputSpec(sample=powder, planned_mass="1 g", actual_mass="1.0021 g") for powder in powders],
        outputs=[OutputSpec(Sample(code=f"CC-00{n}", kind="composite_cathode"), "product", "2.9 g") for n in (41, 42)],
        thermal_steps=[ThermalStepSpec(target="700 degC", dwell="60 min", actual_target="703 degC")],
    )


def like(record):
    return f"?copy_of={record.pk}"


@pytest.mark.parametrize(
    ("there", "code", "expected"),
    [
        (("CC-0043",), "CC-0043", "CC-0044"),
        (("CC-0043", "cc-0044"), "CC-0043", "CC-0045"),
        (("CELL-9",), "CELL-9", "CELL-10"),
        (("LLZTO-particles",), "LLZTO-particles", "LLZTO-particles-2"),
        (("LLZTO-particles", "llzto-particles-2"), "LLZTO-particles", "LLZTO-particles-3"),
        (("NCM-811",), "NCM-811", "NCM-811-2"),  # a composition, no number of a series
        (("P-110", "P-111"), "P-111", "P-112"),
        (("CC-433522",), "CC-433522", "CC-433522-2"),
        (("x" * 60,), "x" * 60, "x" * 55 + "-2"),
    ],
)
def test_a_proposed_code_is_free_and_no_other_composition(project, owner, there, code, expected):
    for entry in there:
        writing.create(Sample(project=project, code=entry, kind="other"), actor=owner)
    assert free_code(project, code) == expected


def test_the_form_of_a_process_like_another_is_filled_and_nothing_is_stored(project, owner, sintering):
    page = add_page(browser(owner), "samples_process", like(sintering))
    assert (Process.objects.count(), Sample.objects.count()) == (1, 5)
    told = {name: page.fields[name] for name in ("project", "kind", "ratio_text", "crucible", "glovebox_water", "note")}
    assert told == {
        "project": str(project.pk), "kind": "co-sintering", "ratio_text": "43:35:22", "crucible": "platinum",
        "glovebox_water": "", "note": "",
    }  # fmt: skip
    powders = [str(row.sample_id) for row in sintering.inputs.all()]
    assert [page.fields[f"inputs-{n}-sample"] for n in range(3)] == powders
    assert [page.fields[f"inputs-0-{name}"] for name in ("planned_mass", "actual_mass")] == ["1 g", ""]
    steps = [page.fields[f"thermal_steps-0-{name}"] for name in ("target", "dwell", "actual_target")]
    assert steps == ["700 degC", "60 min", ""]
    outputs = [
        [page.fields[f"outputs-{n}-{name}"] for name in ("new_code", "new_kind", "role", "mass")] for n in (0, 1)
    ]
    assert outputs == [[code, "composite_cathode", "product", ""] for code in ("CC-0043", "CC-0044")]
    assert "Left empty, because it is known of the original only: glovebox H2O (ppm), note." in page.text
    assert "Nothing is stored until you save." in page.text


def test_it_is_stored_as_it_was_filled_in(owner, sintering):
    page = add_page(browser(owner), "samples_process", like(sintering))
    page.send(**{"thermal_steps-0-target": "750 degC"})
    made = Sample.objects.get(code="CC-0043").production.process
    assert made != sintering
    assert [row.weight_fraction for row in made.inputs.all()] == pytest.approx([0.43, 0.35, 0.22])
    assert (made.thermal_steps.get().target, made.created_by) == (750, owner)
    assert [row.sample.code for row in made.outputs.all()] == ["CC-0043", "CC-0044"]


def test_a_cell_like_another_has_its_layers_and_none_of_its_masses(project, owner):
    cell = factories.cell(project, cathode_mass="4.88 mg", housing="PEEK die")
    page = add_page(browser(owner), "samples_cell", like(cell))
    assert [page.fields[name] for name in ("housing", "electrode_area", "cathode_mass", "active_mass")] == [
        "PEEK die", "0.785 cm^2", "", ""
    ]  # fmt: skip
    assert "cathode mass, active mass" in page.text
    code = page.fields["code"]
    assert code == free_code(project, cell.code)
    page.send()
    made = Cell.objects.get(code=code)
    assert configuration_text(made) == configuration_text(cell) == "NCM622+LLZTO+LBO/LLZTO/Li"
    assert made.layers.get(role="cathode").sample == cell.layers.get(role="cathode").sample
    assert (made.active_mass, made.electrode_area_text) == (None, "0.785 cm^2")
    assert made.production.process.kind == "cell_assembly"


def test_a_sample_and_a_protocol_like_others(project, owner):
    powder = factories.powder(project)
    powder = writing.change(powder, actor=owner, lot="7", supplier="MTI", amount="5 g", location="shelf 3")
    page = add_page(browser(owner), "samples_sample", like(powder))
    told = [page.fields[name] for name in ("lot", "supplier", "material", "amount", "location")]
    assert told == ["7", "MTI", str(powder.material_id), "", ""]
    protocol = writing.create(Protocol(project=project, name="Co-sintering", instructions="Slowly."), actor=owner)
    add_page(browser(owner), "samples_protocol", like(protocol)).send(instructions="Faster.")
    assert list(Protocol.objects.values_list("name", "revision", "instructions").order_by("revision")) == [
        ("Co-sintering", 1, "Slowly."), ("Co-sintering", 2, "Faster.")
    ]  # fmt: skip


def test_what_one_may_not_see_is_neither_offered_nor_taken_over(project, owner, sintering):
    hidden = factories.powder(factories.project())
    step = create_process(
        actor=factories.admin(), project=project, kind="mixing", inputs=[InputSpec(sample=hidden)], outputs=[]
    )
    page = add_page(browser(owner), "samples_process", like(step))
    assert "1 entry is left out that you may not see" in page.text
    assert hidden.code not in page.text
    assert str(hidden.pk) not in page.response.content.decode()
    stranger = browser(factories.owner_of(factories.project()))
    assert add_page(stranger, "samples_process", like(sintering)).status == 404
    assert add_page(stranger, "samples_process", "?copy_of=nonsense").status == 404


def test_a_copy_of_what_one_may_only_read_begins_in_ones_own_project(project, sintering):
    viewer = factories.member(project, "viewer")
    assert add_page(browser(viewer), "samples_process", like(sintering)).status == 403
    own = factories.project(viewer)
    assert add_page(browser(viewer), "samples_process", like(sintering)).fields["project"] == str(own.pk)


def test_the_buttons_stand_where_a_copy_can_be_made(client, project, owner, sintering):
    cell = factories.cell(project)
    assembly, editor = cell.production.process, browser(owner)
    for record in (sintering, cell, sintering.inputs.first().sample):
        kind = record._meta.model_name
        forms = {
            reverse(f"admin:samples_{kind}_add"): change_page(editor, record).response.content.decode(),
            reverse("record-new", args=[kind]): _page(editor, record),
        }
        for form, text in forms.items():
            assert text.count(f'href="{form}{like(record)}"') == 1, record
    assert "copy_of" not in change_page(editor, assembly).response.content.decode() + _page(editor, assembly)
    assert add_page(editor, "samples_process", like(assembly)).status == 403
    viewer = browser(factories.member(project, "viewer"))
    assert "copy_of" not in change_page(viewer, sintering).response.content.decode() + _page(viewer, sintering)
    client.force_login(factories.member(project, "editor"), backend="django.contrib.auth.backends.ModelBackend")
    assert "copy_of" in _page(client, sintering)  # who edits needs no staff membership


def _page(client, record):
    return client.get(record.get_absolute_url()).content.decode()


def test_by_rest_a_copy_takes_what_differs(project, owner, sintering):
    create_field(actor=owner, project=project, on="process", key="oven", label="Oven", kind="text")
    create_field(
        actor=owner, project=project, on="process", key="dew_point", label="Dew point", kind="number", unit="%"
    )
    writing.change(sintering, actor=owner, tags=["paper 2"], fields={"oven": "left", "dew_point": "3 %"})
    made = client(owner).post(f"processes/{sintering.pk}/copy/", {"ratio": "45:40:15"}, format="json")
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["id"] != str(sintering.pk), told["ratio"], told["crucible"]) == (True, "45:40:15", "platinum")
    assert (told["note"], told["glovebox_water"], told["started_at"]) == ("", None, None)
    assert (told["tags"], told["fields"]) == (["paper 2"], {"oven": "left"})
    assert [row["weight_fraction"] for row in told["inputs"]] == pytest.approx([0.45, 0.40, 0.15])
    assert [(row["planned_mass"]["text"], row["actual_mass"]) for row in told["inputs"]] == [("1 g", None)] * 3
    assert [row["sample"]["label"] for row in told["outputs"]] == ["CC-0043", "CC-0044"]
    assert [(row["target"]["text"], row["actual_target"]) for row in told["thermal_steps"]] == [("700 degC", None)]


def test_by_rest_a_cell_is_copied_with_layers_or_another_configuration(project, owner):
    cell, api = factories.cell(project), client(owner)
    code = free_code(project, cell.code)
    same = api.post(f"cells/{cell.pk}/copy/", {}, format="json").json()
    assert (same["configuration"], same["active_mass"], same["code"]) == ("NCM622+LLZTO+LBO/LLZTO/Li", None, code)
    other = api.post(
        f"cells/{cell.pk}/copy/", {"code": "X-1", "configuration": "NCM622/LLZTO/Li"}, format="json"
    ).json()
    assert (other["configuration"], other["electrode_area"]["text"]) == ("NCM622/LLZTO/Li", "0.785 cm^2")
    refused = api.post(f"processes/{cell.production.process.pk}/copy/", {}, format="json")
    assert (refused.status_code, "copy the cell instead" in refused.content.decode()) == (400, True)
    assert api.post(f"samples/{same['layers'][0]['sample']['id']}/copy/", [], format="json").status_code == 400


def test_who_may_copy_by_rest(project, sintering):
    said = {role: api.post(f"processes/{sintering.pk}/copy/").status_code for role, api in cast_of(project).items()}
    assert said == {"anonymous": 401, "stranger": 404, "viewer": 403, "editor": 201, "owner": 201, "admin": 201}
