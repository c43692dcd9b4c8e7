"""A large laboratory in a scratch database: cells, their synthesis, tests and results, all by a few SQL statements.

Imported after `benchmarks.scratch`, which sets Django up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from accounts.models import Membership, Project, User
from analysis_tasks.models import AnalysisRun, InstalledKernel, KernelRelease, Result, RunInput, Slot
from benchmarks.scratch import copies, key
from measurements.models import Blob, CellTest, Dataset, FileReading, Measurement, RawFile
from samples.models import (
    Cell,
    CellLayer,
    LayerComponent,
    Material,
    Process,
    ProcessInput,
    ProcessOutput,
    Sample,
    ThermalStep,
)

NOW = datetime(2024, 5, 1, tzinfo=UTC)
QUANTITIES = (
    "initial_discharge_capacity",
    "final_discharge_capacity",
    "cycle_count",
    "capacity_retention",
    "coulombic_efficiency",
    "mean_charge_voltage",
    "mean_discharge_voltage",
    "upper_cutoff_voltage",
    "lower_cutoff_voltage",
    "specific_current",
)
"""Ten results of each cell."""


@dataclass(frozen=True)
class Size:
    """How large the laboratory is: the processes are mixings, co-sinterings and assemblies, in equal parts."""

    cells: int
    processes: int

    @property
    def each(self) -> int:
        """Processes of each kind."""
        return self.processes // 3


def hashed(column: str, most: int, salt: str = "") -> str:
    """SQL of a whole number from 0 to below `most` that looks random and is always the same."""
    return f"(abs(hashtext('{salt}' || {column}))::bigint %% {most})"


def fill(size: Size) -> User:
    """Writes everything; returns a member of the project that holds it, who is no administrator."""
    user = User.objects.create(username="bench")
    project = Project.objects.create(slug="bench", name="Bench")
    Membership.objects.create(project=project, user=user, role="editor")
    materials = [Material.objects.create(name=name) for name in ("LLZTO", "NCM622", "LBO", "Li", "LPSCl")]
    garnet, active, borate, lithium, sulfide = (f"'{material.pk}'::uuid" for material in materials)
    sample = Sample.objects.create(project=project, code="template", kind="powder", created_at=NOW)
    powders = f"SELECT n FROM generate_series(0, {size.each // 3}) n"
    steps = f"SELECT n FROM generate_series(0, {size.each - 1}) n"
    cells = f"SELECT n FROM generate_series(1, {size.cells}) n"
    powder = f"CASE rows.n %% 3 WHEN 0 THEN {garnet} WHEN 1 THEN {active} ELSE {borate} END"
    copies(Sample, sample, powders, id=key("w"), code="'P' || rows.n", material_id=powder)
    copies(Sample, sample, steps, id=key("x"), code="'M' || rows.n", kind="'mixture'")
    copies(Sample, sample, steps, id=key("y"), code="'CC' || rows.n", kind="'composite_cathode'")
    _cells(size, project, cells, (garnet, sulfide, active, lithium))
    _processes(size, project, steps, cells)
    _measurements(cells, user)
    return user


def _cells(size: Size, project: Project, cells: str, materials: tuple[str, str, str, str]) -> None:
    garnet, sulfide, active, lithium = materials
    cell = Cell.objects.create(
        project=project, code="cell", kind="cell", active_mass=2.1, electrode_area=0.785, cell_type="cathode|Li"
    )
    when = f"t.created_at + rows.n * interval '1 minute' - interval '{size.cells} minutes'"
    copies(Sample, cell.sample_ptr, cells, id=key("c"), code="'C' || rows.n", created_at=when)
    mass = f"1.5 + {hashed('rows.n', 100, 'mass')} / 100.0"
    copies(Cell, cell, cells, sample_ptr_id=key("c"), active_mass=mass)
    layer = CellLayer.objects.create(cell=cell, order=0, role="cathode")
    part = LayerComponent.objects.create(layer=layer, order=0, material=Material.objects.get(name="Li"))
    electrolyte = f"CASE WHEN rows.n %% 2 = 0 THEN {garnet} ELSE {sulfide} END"
    for order, (role, material) in enumerate((("cathode", active), ("electrolyte", electrolyte), ("anode", lithium))):
        own = key(f"l{order}")
        copies(CellLayer, layer, cells, id=own, cell_id=key("c"), order=str(order), role=f"'{role}'")
        copies(LayerComponent, part, cells, id=key(f"k{order}"), layer_id=own, material_id=material)


def _processes(size: Size, project: Project, steps: str, cells: str) -> None:
    """Powders are mixed, mixtures are co-sintered, composites are built into cells."""
    process = Process.objects.create(project=project, kind="mixing", created_at=NOW)
    sample = Sample.objects.get(code="template")
    used = ProcessInput.objects.create(process=process, sample=sample, role="precursor")
    made = ProcessOutput.objects.create(process=process, sample=sample)
    step = ThermalStep.objects.create(process=process, target=700, dwell=1)
    for letter, kind in (("p", "mixing"), ("q", "co-sintering"), ("r", "cell_assembly")):
        copies(Process, process, steps, id=key(letter), kind=f"'{kind}'")
    target = f"500 + 10 * {hashed('rows.n', 40, 'target')}"
    copies(ThermalStep, step, steps, id=key("t"), process_id=key("q"), target=target, target_text="''")
    several = f"SELECT n, m FROM generate_series(0, {size.each - 1}) n, generate_series(1, 3) m"
    lot = key("w", f"(rows.n * rows.m %% {size.each // 3})")
    copies(ProcessInput, used, several, id="gen_random_uuid()", process_id=key("p"), sample_id=lot, role="rows.m::text")
    copies(ProcessOutput, made, steps, id="gen_random_uuid()", process_id=key("p"), sample_id=key("x"))
    copies(ProcessInput, used, steps, id="gen_random_uuid()", process_id=key("q"), sample_id=key("x"))
    copies(ProcessOutput, made, steps, id="gen_random_uuid()", process_id=key("q"), sample_id=key("y"))
    copies(ProcessInput, used, steps, id="gen_random_uuid()", process_id=key("r"), sample_id=key("y"))
    assembly = key("r", f"(rows.n %% {size.each})")
    copies(ProcessOutput, made, cells, id="gen_random_uuid()", process_id=assembly, sample_id=key("c"))


def _measurements(cells: str, user: User) -> None:
    """One test of each cell: its file, reading, dataset, run and ten results, of which a tenth is simulated."""
    release = KernelRelease.objects.create(name="cycling.capacity", version="1", fingerprint="sha256:1")
    InstalledKernel.objects.create(name=release.name, release=release)
    cell = Cell.objects.get(code="cell")
    test = CellTest.objects.create(sample=cell, technique="cycling", temperature=25, created_by=user, created_at=NOW)
    blob = Blob.objects.create(sha256="0" * 64, size=1)
    file = RawFile.objects.create(measurement=test, blob=blob, name="cell.csv")
    ended: dict[str, Any] = {"state": "succeeded", "started_at": NOW, "finished_at": NOW, "queued_at": NOW}
    reading = FileReading.objects.create(file=file, **ended)
    made = {"reader": "bdf_csv", "reader_version": "1", "technique": "cycling", "sha256": "0" * 64}
    dataset = Dataset.objects.create(reading=reading, measurement=test, file=file, **made)
    run = AnalysisRun.objects.create(
        release=release, measurement=test, subject=cell, key="k", output_sha256="0" * 64, **ended
    )
    used = RunInput.objects.create(run=run, dataset=dataset, sha256=dataset.sha256)
    slot = Slot.objects.create(measurement=test, kernel=release.name, current_run=run)
    result = Result.objects.create(
        quantity=QUANTITIES[0], value=1, unit="mAh/g", subject=cell, measurement=test, run=run, created_at=NOW
    )
    later = "t.created_at + rows.n * interval '1 second'"
    warmth = f"(ARRAY[25, 60, 80])[1 + {hashed('rows.n', 3, 'warm')}]"
    copies(
        Measurement, test.measurement_ptr, cells, id=key("m"), sample_id=key("c"), temperature=warmth, created_at=later
    )
    copies(CellTest, test, cells, measurement_ptr_id=key("m"))
    copies(RawFile, file, cells, id=key("f"), measurement_id=key("m"))
    copies(FileReading, reading, cells, id=key("g"), file_id=key("f"))
    copies(Dataset, dataset, cells, id=key("d"), reading_id=key("g"), measurement_id=key("m"), file_id=key("f"))
    ends = {"measurement_id": key("m"), "subject_id": key("c")}
    copies(AnalysisRun, run, cells, id=key("a"), key="'k' || rows.n", **ends)
    copies(RunInput, used, cells, id=key("u"), run_id=key("a"), dataset_id=key("d"))
    copies(Slot, slot, cells, id=key("s"), measurement_id=key("m"), current_run_id=key("a"))
    names = ", ".join(f"'{name}'" for name in QUANTITIES)
    many = f"SELECT n, q FROM ({cells}) c, unnest(ARRAY[{names}]) q"
    copies(
        Result,
        result,
        many,
        id="gen_random_uuid()",
        quantity="rows.q",
        value=f"80 + {hashed('rows.n', 600, 'value')} / 10.0 + length(rows.q) / 10.0",
        uncertainty="CASE WHEN rows.n %% 4 = 0 THEN 0.5 END",
        run_id=key("a"),
        simulated="rows.n %% 10 = 0",
        created_at=later,
        **ends,
    )


def as_documents() -> None:
    """The same as JSON documents without a side table, as other platforms keep it: one for each record."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_document (id uuid PRIMARY KEY, kind text, data jsonb)")
        cursor.execute(
            "INSERT INTO bench_document SELECT c.sample_ptr_id, 'cell', jsonb_build_object("
            " 'material', (SELECT jsonb_agg(m.name) FROM samples_celllayer l JOIN samples_layercomponent k"
            "   ON k.layer_id = l.id JOIN samples_material m ON m.id = k.material_id"
            "   WHERE l.cell_id = c.sample_ptr_id),"
            " 'results', (SELECT jsonb_object_agg(r.quantity, jsonb_build_object('value', r.value, 'unit', r.unit,"
            "   'origin', CASE WHEN r.simulated THEN 'simulated' ELSE 'run' END))"
            "   FROM analysis_tasks_result r WHERE r.subject_id = c.sample_ptr_id)) FROM samples_cell c"
        )
        cursor.execute(
            "INSERT INTO bench_document SELECT p.id, 'process', jsonb_build_object('kind', p.kind, 'temperature',"
            " (SELECT max(t.target) FROM samples_thermalstep t WHERE t.process_id = p.id)) FROM samples_process p"
        )
