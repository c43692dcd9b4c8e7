"""A cell beside others: its twin with liquid electrolyte, its replicates, and what a change of theirs does."""

import numpy as np
import pytest
from django.utils import timezone

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput, NotApplicable
from analysis_tasks.kernels.insights_related import KERNEL
from analysis_tasks.models import AnalysisRun, Result, RunSource, Slot, Staleness
from analysis_tasks.services import current_release, plan_related, why_stale
from core import records
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.models import Measurement
from measurements.services import create_measurement, receive_file
from provenance.graph import Kind
from provenance.selectors import lineage
from provenance.services.verification import Verdict, verify_run
from samples.models import Sample
from samples.services import InputSpec, LayerSpec, OutputSpec, ThermalStepSpec, create_cell, create_process
from tests import factories

PARAMETERS = {"least_replicates": 3, "threshold": 3.5}


def read(role, code, values, *, kernel="cycling.capacity", tables=None, **facts):
    """A run's results as a kernel gets them."""
    entries = [
        {"quantity": name, "value": value, "uncertainty": None, "index": {"cycle": 1} if name == "polarisation" else {}}
        for name, value in values.items()
    ]
    facts = {"cell": code, "temperature": 80.0, "lots": ["NCM-1"], "furnace_runs": [], **facts}
    return KernelInput(tables or {}, {"role": role, "kernel": kernel, "facts": facts, "values": entries})


def capacity(role, code, number, **facts):
    return read(role, code, {"initial_discharge_capacity": number}, **facts)


def run(*inputs):
    return KERNEL.run(inputs, PARAMETERS)


def test_utilisation_is_taken_from_the_twin_with_powder_of_the_same_lot():
    output = run(
        read("own", "S1", {"initial_discharge_capacity": 136.0, "polarisation": 0.14}),
        read("twin", "L1", {"initial_discharge_capacity": 170.0, "polarisation": 0.06}, temperature=25.0),
    )
    assert [(v.quantity, v.value) for v in output.values] == [("utilisation_of_twin", pytest.approx(80.0))]
    assert "powder of the same lot NCM-1 gives 170 mAh/g with liquid electrolyte (L1)" in output.warnings[0]
    assert "(140 mV against 60 mV)" in output.warnings[0]
    assert "L1 was tested at 25 °C, this cell at 80 °C" in output.warnings[1]


def test_an_outlier_is_told_with_the_furnace_run_that_only_the_low_cells_share():
    others = [capacity("replicate", f"R{n}", value, furnace_runs=["A"]) for n, value in enumerate((136, 137, 138, 139))]
    output = run(
        capacity("own", "S1", 101.0, furnace_runs=["B"]),
        *others,
        capacity("replicate", "R9", 103.0, furnace_runs=["B"]),
    )
    deviation = next(v for v in output.values if v.index == {"quantity": "initial_discharge_capacity"})
    assert deviation.value == pytest.approx(100 * (101 - 137) / 137)
    (sentence,) = output.warnings
    assert sentence.startswith("possibly an outlier: its initial discharge capacity of 101 mAh/g lies")
    assert "R9 and this cell share the furnace run B, which R0, R1, R2, R3 do not" in sentence


def test_an_outlier_that_shares_everything_points_at_the_cell_itself():
    others = [capacity("replicate", f"R{n}", value) for n, value in enumerate((136, 137, 138))]
    (sentence,) = run(capacity("own", "S1", 101.0), *others).warnings
    assert "all of them have the powder lot NCM-1, the test at 80 °C in common" in sentence


@pytest.mark.parametrize("value", [131.0, 143.0])
def test_what_replicates_of_a_laboratory_scatter_is_no_outlier(value):
    others = [capacity("replicate", f"R{n}", one) for n, one in enumerate((136.9, 137.0, 137.1))]
    assert run(capacity("own", "S1", value), *others).warnings == ()


def test_two_replicates_judge_nothing_and_no_other_cell_is_refused():
    output = run(capacity("own", "S1", 100.0), capacity("replicate", "R1", 137.0), capacity("replicate", "R2", 138.0))
    assert output.values == ()
    with pytest.raises(NotApplicable, match="nothing to compare with"):
        run(capacity("own", "S1", 100.0))


def test_modified_z_scores_are_those_of_the_definition():
    generator = np.random.default_rng(5)
    numbers = generator.normal(140.0, 12.0, 8)
    others = [capacity("replicate", f"R{n}", float(value)) for n, value in enumerate(numbers)]
    table = next(t for t in run(capacity("own", "S1", 90.0), *others).tables if t.name == "deviations")
    median = np.median(numbers)
    expected = (90.0 - median) / (1.4826 * np.median(np.abs(numbers - median)))
    assert table["score"][0] == pytest.approx(expected, rel=1e-12)


# -- through the pipeline -------------------------------------------------------------------------------------------


class Lab:
    """One powder lot, composites fired in two runs, a liquid cell and solid cells."""

    def __init__(self, commit):
        self.commit = commit
        self.project = factories.project()
        self.actor = factories.owner_of(self.project)
        self.powder = factories.powder(self.project, "NCM622", theoretical_capacity=276.51)
        self.garnet = factories.powder(self.project, "LLZTO")
        self.lithium = factories.material("Li", self.actor)

    def composite(self, code):
        product = Sample(code=code, kind="composite_cathode")
        create_process(
            actor=self.actor, project=self.project, kind="co-sintering", ratio="60:40",
            inputs=[InputSpec(sample=self.powder), InputSpec(sample=self.garnet)], outputs=[OutputSpec(product)],
            thermal_steps=[ThermalStepSpec(target="700 degC", dwell="1 h")],
        )  # fmt: skip
        return product

    def cell(self, code, cathode, *, electrolyte="solid"):
        solid = [LayerSpec("electrolyte", materials=[self.garnet.material])] if electrolyte == "solid" else []
        return create_cell(
            actor=self.actor, project=self.project, code=code, cell_type="cathode|Li", electrolyte_class=electrolyte,
            active_mass="2.10 mg", electrode_area="0.785 cm^2",
            layers=[LayerSpec("cathode", sample=cathode), *solid, LayerSpec("anode", materials=[self.lithium])],
        )  # fmt: skip

    def tested(self, code, cathode, capacity, *, electrolyte="solid"):
        """A cell whose simulated file goes through the pipeline."""
        cell = self.cell(code, cathode, electrolyte=electrolyte)
        spec = CyclingSpec(
            active_mass=2.10, first_capacity=capacity, last_capacity=capacity - 2, cycles=2, interval=300
        )
        with self.commit():
            receive_file(
                actor=self.actor, subject=cell, name=f"{code}.csv", chunks=[simulate_cycling(spec)[0]],
                technique="cycling", conditions={"temperature": "80 degC"},
            )  # fmt: skip
        return cell

    def known(self, code, cathode, capacity):
        """A cell whose runs ended long ago: only the rows that they left."""
        cell = self.cell(code, cathode)
        test = create_measurement(
            actor=self.actor, subject=cell, technique="cycling", conditions={"temperature": "80 degC"}
        )
        numbers = {"initial_discharge_capacity": capacity, "specific_current": 9.0, "upper_cutoff_voltage": 4.3,
                   "lower_cutoff_voltage": 2.8}  # fmt: skip
        for kernel, values in (("cycling.capacity", numbers), ("cycling.curves", {})):
            run = AnalysisRun.objects.create(
                release=current_release(KERNELS[kernel]), measurement=test, subject=cell, key=f"{kernel}{code}"[:64],
                state="succeeded", output_sha256="0" * 64, finished_at=timezone.now(),
            )  # fmt: skip
            Slot.objects.create(measurement=test, kernel=kernel, current_run=run)
            for quantity, value in values.items():
                Result.objects.create(quantity=quantity, value=value, subject=cell, measurement=test, run=run)
        return cell


@pytest.fixture
def lab(db, settings, monkeypatch, django_capture_on_commit_callbacks):
    """Only the kernels whose results are compared run here."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    read = [KERNELS[name] for name in KERNEL.reads_runs]
    monkeypatch.setattr("analysis_tasks.services.planning.plan_kernels", lambda *_: read)
    return Lab(lambda: django_capture_on_commit_callbacks(execute=True))


def comparison_of(cell):
    slot = Slot.objects.filter(measurement__sample=cell, kernel="insights.related").first()
    return slot and slot.current_run


def test_a_twin_is_found_read_followed_verified_and_drawn_in_the_lineage(lab, client):
    solid = lab.tested("S1", lab.composite("CC-1"), 136.0)
    assert comparison_of(solid) is None, "it stands alone"
    liquid = lab.tested("L1", lab.powder, 170.0, electrolyte="liquid")
    first = comparison_of(solid)
    assert comparison_of(liquid) is None
    value = Result.objects.get(run=first, quantity="utilisation_of_twin")
    assert value.value == pytest.approx(80.0, rel=1e-4)
    assert {(s.role, s.source.release.name, s.facts["cell"]) for s in RunSource.objects.filter(run=first)} == {
        ("own", "cycling.capacity", "S1"),
        ("own", "cycling.curves", "S1"),
        ("twin", "cycling.capacity", "L1"),
        ("twin", "cycling.curves", "L1"),
    }
    assert {a.name for a in first.artifacts.all()} == {"related", "beside"}
    assert verify_run(first).verdict == Verdict.IDENTICAL
    graph = lineage(Kind.RUN, first.pk, lab.actor, direction="up")
    assert {"L1", "S1", lab.powder.code} <= {node.label for node in graph.nodes.values()}

    with lab.commit():
        records.change(liquid, actor=lab.actor, active_mass="2.00 mg")
    again = comparison_of(solid)
    assert again.supersedes == first
    assert Result.objects.get(run=again, quantity="utilisation_of_twin").value == pytest.approx(76.19, rel=1e-3)
    assert not Staleness.objects.filter(slot__kernel="insights.related").exists()

    with lab.commit():
        assert plan_related(solid.measurements.get()) == 0, "nothing has changed"
    client.force_login(lab.actor)
    page = client.get(solid.measurements.get().get_absolute_url()).content.decode()
    assert "Suggestions" in page
    assert "Powder of the same lot" in page
    shown = client.get(again.get_absolute_url()).content.decode()
    assert "results of other runs" in shown
    figure = client.get(f"/measurements/{solid.measurements.get().pk}/figure/?kind=beside&format=json").json()
    curves = solid.measurements.get().runs.get(release__name="cycling.curves")
    sheet = client.get(f"/runs/{curves.pk}/tables/curves/as/bdf/")
    assert b"".join(sheet.streaming_content).startswith(
        b"Cycle Count / 1,Step Type,Voltage / V,Step Cumulative Capacity / Ah,Capacity / mAh/g"
    )
    assert client.get(f"/runs/{curves.pk}/tables/curves/as/xls/").status_code == 404
    assert [series["label"] for series in figure["series"]] == [
        "S1, charge",
        "S1, discharge",
        "L1, charge",
        "L1, discharge",
    ]


def test_replicates_are_compared_from_the_fourth_on_and_reach_each_other(lab):
    good, bad = lab.composite("CC-good"), lab.composite("CC-bad")
    cells = [lab.known(f"R{n}", good, 136.0 + n) for n in range(3)]
    with lab.commit():
        assert plan_related(cells[0].measurements.get()) == 0
    low = lab.known("R9", bad, 100.0)
    with lab.commit():
        assert plan_related(low.measurements.get()) == 4
    runs = [comparison_of(cell) for cell in (*cells, low)]
    (sentence,) = runs[-1].warnings
    assert "it has the furnace run co-sintering of CC-bad (700 degC, 1 h), which R2, R1, R0 do not" in sentence
    assert [run.warnings for run in runs[:-1]] == [[], [], []]

    stale = Staleness.objects.filter(slot__measurement__sample=low, reason="upstream")
    assert not stale.exists()
    newer = AnalysisRun.objects.create(
        release=runs[0].sources.get(order=0).source.release, measurement=cells[0].measurements.get(),
        subject=cells[0], key="newer", finished_at=timezone.now(), state="succeeded", output_sha256="1" * 64,
    )  # fmt: skip
    Slot.objects.filter(measurement__sample=cells[0], kernel="cycling.capacity").update(current_run=newer)
    day = f"{newer.queued_at:%Y-%m-%d}"
    assert [str(entry) for entry in stale] == [f"the results of R0 that it read have changed ({day} → {day})"]
    Measurement.objects.filter(sample=cells[1]).update(temperature=60)
    assert "temperature was 80.0 and is 60" in why_stale(stale.get().slot)
