"""The registry of kernels, what runs by itself, and parameters before a run."""

import json
from importlib.metadata import EntryPoint
from io import StringIO

import pytest
from django.core.management import call_command

from analysis_tasks.fingerprint import ROOT
from analysis_tasks.kernels import KERNELS, builtin_kernels, plan
from analysis_tasks.kernels.base import Kernel, Parameter
from analysis_tasks.kernels.parameters import ParameterError, freeze
from core import registry
from core.quantities import QUANTITIES
from core.registry import Registry
from core.units import fits


def test_a_cycling_dataset_gets_the_capacity_kernel():
    assert "cycling.capacity" in [kernel.name for kernel in plan("cycling", {"records"})]


def test_nothing_runs_on_another_technique_or_without_its_table():
    assert plan("ocv", {"records"}) == []
    assert plan("cycling", {"nothing"}) == []


def test_kernels_are_completely_described():
    for kernel in KERNELS:
        assert kernel.label, kernel.name
        assert kernel.description, kernel.name
        assert kernel.version.isdigit(), kernel.name
        assert len({p.key for p in kernel.parameters}) == len(kernel.parameters), kernel.name
        assert set(kernel.yields) <= set(QUANTITIES), kernel.name
        for parameter in kernel.parameters:
            assert parameter.description.endswith("."), parameter.key
            assert not parameter.unit or fits(parameter.unit, parameter.unit), parameter.key


def test_a_plug_in_adds_a_kernel_and_a_broken_one_is_skipped(monkeypatch, caplog):
    group = "cosinter.kernels"
    found = [
        EntryPoint("good", "tests.analysis_tasks.test_kernels_registry:STRANGER", group),
        EntryPoint("broken", "tests.analysis_tasks.no_such_module:KERNEL", group),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: found if group == "cosinter.kernels" else [])
    kernels = Registry("kernel", Kernel, builtin_kernels, group)
    assert [kernel.name for kernel in kernels] == [*(own.name for own in builtin_kernels()), "cycling.stranger"]
    assert "broken" in caplog.text


def test_parameters_are_completed_with_defaults_in_order():
    kernel = KERNELS["cycling.capacity"]
    frozen = freeze(kernel, {"active_mass": 2, "convention": "full"})
    assert list(frozen) == [parameter.key for parameter in kernel.parameters]
    assert frozen["active_mass"] == 2.0
    assert isinstance(frozen["active_mass"], float)
    assert frozen["electrode_area"] is None
    assert frozen["cycle_offset"] == 0
    assert freeze(kernel, frozen) == frozen


@pytest.mark.parametrize("value", [True, "2 mg", float("inf")])
def test_a_number_must_be_a_number(value):
    with pytest.raises(ParameterError, match="active_mass: expected a number in mg"):
        freeze(KERNELS["cycling.capacity"], {"active_mass": value})


def test_the_command_lists_kernels_as_json():
    out = StringIO()
    call_command("kernels", json=True, stdout=out)
    (kernel,) = [entry for entry in json.loads(out.getvalue()) if entry["name"] == "cycling.capacity"]
    mass = next(parameter for parameter in kernel["parameters"] if parameter["key"] == "active_mass")
    assert mass["unit"] == "mg"
    assert mass["source"] == "cell.active_mass"
    assert kernel["fingerprint"].startswith("sha256:")
    assert {"quantity": "capacity_retention", "unit": "%", "label": "Capacity retention"} in kernel["results"]


def test_the_command_lists_kernels_for_people():
    out = StringIO()
    call_command("kernels", stdout=out)
    assert "active_mass (mg): Mass of the active material." in out.getvalue()


def test_the_reference_page_lists_the_kernels_as_they_are():
    out = StringIO()
    call_command("kernels", markdown=True, stdout=out)
    page = (ROOT / "docs" / "reference" / "kernels.md").read_text(encoding="utf-8")
    listed = page.partition("<!-- kernels: begin -->\n")[2].partition("<!-- kernels: end -->")[0]
    assert listed.strip() == out.getvalue().strip(), "run `manage.py kernels --markdown` and paste it into the page"


STRANGER = Kernel(
    name="cycling.stranger",
    version="1",
    label="Somebody else's",
    description="Nothing.",
    techniques=("cycling",),
    tables=("records",),
    parameters=(Parameter("key", "Nothing."),),
    yields=(),
    run=lambda inputs, parameters: (_ for _ in ()).throw(NotImplementedError),
)
