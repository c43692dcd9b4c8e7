"""Lineage and staleness in a scratch PostgreSQL of the project's own models; prints milliseconds by question."""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.scratch import copies, key, key_of, milliseconds, scratch_database, without_checks

# isort: split
from django.db import connection

from accounts.models import Project, User
from analysis_tasks.models import (
    AnalysisRun,
    InstalledKernel,
    KernelRelease,
    RunContext,
    RunInput,
    Slot,
    Staleness,
)
from benchmarks.lineage_shape import Shape, shape_of
from measurements.models import Blob, CellTest, Dataset, FileReading, Measurement, RawFile
from provenance.graph import Kind
from provenance.selectors import lineage
from samples.models import Cell, Process, ProcessInput, ProcessOutput, Sample
from samples.selectors import ancestor_ids, descendant_ids

SMALLEST, LARGEST = 10, 1_200
NOW = datetime(2024, 5, 1, tzinfo=UTC)


def fill_lineage(shape: Shape) -> Project:
    """Samples, processes and what goes in and out."""
    user = User.objects.create(username="bench")
    project = Project.objects.create(slug="bench", name="Bench", created_by=user)
    sample = Sample.objects.create(project=project, code="template", kind="powder")
    process = Process.objects.create(project=project, kind="mixing")
    used = ProcessInput.objects.create(process=process, sample=sample, role="precursor")
    made = ProcessOutput.objects.create(
        process=process, sample=Sample.objects.create(project=project, code="template-2", kind="mixture")
    )
    with connection.cursor() as cursor:
        for name, pairs in (("bench_input", shape.inputs), ("bench_output", shape.outputs)):
            cursor.execute(f"CREATE TEMP TABLE {name} (n serial, process int, sample int)")
            with cursor.copy(f"COPY {name} (process, sample) FROM STDIN") as copy:
                for pair in pairs:
                    copy.write_row(pair)
    numbers = "SELECT n FROM generate_series(0, {}) n"
    copies(Sample, sample, numbers.format(shape.samples - 1), id=key("s"), code="'S' || rows.n")
    copies(Process, process, numbers.format(shape.processes - 1), id=key("p"))
    ends = {"process_id": key("p", "rows.process"), "sample_id": key("s", "rows.sample")}
    copies(ProcessInput, used, "SELECT * FROM bench_input", id=key("i"), **ends)
    copies(ProcessOutput, made, "SELECT * FROM bench_output", id=key("o"), **ends)
    return project


def fill_slots(project: Project, count: int) -> None:
    """So many analysed cell tests; of one in a hundred the mass has changed since."""
    release = KernelRelease.objects.create(name="bench.kernel", version="1", fingerprint="sha256:1")
    InstalledKernel.objects.create(name=release.name, release=release)
    cell = Cell.objects.create(project=project, code="cell", kind="cell", active_mass="2.1 mg", electrode_area="1 cm^2")
    test = CellTest.objects.create(sample=cell, technique="cycling", rate="0.05 C (1C = 180 mA/g)")
    blob = Blob.objects.create(sha256="0" * 64, size=1)
    file = RawFile.objects.create(measurement=test, blob=blob, name="cell.csv")
    ended = {"state": "succeeded", "started_at": NOW, "finished_at": NOW}
    reading = FileReading.objects.create(file=file, **ended)
    made = {"reader": "bdf_csv", "reader_version": "1", "technique": "cycling", "sha256": "0" * 64}
    dataset = Dataset.objects.create(reading=reading, measurement=test, file=file, **made)
    run = AnalysisRun.objects.create(
        release=release, measurement=test, subject=cell, key="k", output_sha256="0" * 64, **ended
    )
    used = RunInput.objects.create(run=run, dataset=dataset, sha256=dataset.sha256)
    slot = Slot.objects.create(measurement=test, kernel=release.name, current_run=run)
    read = [
        ("samples.cell", "active_mass", 2.1, "c"),
        ("samples.cell", "electrode_area", 1.0, "c"),
        ("samples.cell", "cell_type", "", "c"),
        ("measurements.celltest", "rate", test.rate, "m"),
        ("measurements.celltest", "cycle_offset", 0, "m"),
    ]
    contexts = [
        (RunContext.objects.create(run=run, parameter=f, record=m, record_id=cell.pk, field=f, value=v), letter)
        for m, f, v, letter in read
    ]
    rows = f"SELECT n FROM generate_series(1, {count}) n"
    copies(Sample, cell.sample_ptr, rows, id=key("c"), code="'C' || rows.n")
    changed = 'CASE WHEN rows.n %% 100 = 0 THEN 2.5 ELSE t."active_mass" END'
    copies(Cell, cell, rows, sample_ptr_id=key("c"), active_mass=changed)
    copies(Measurement, test.measurement_ptr, rows, id=key("m"), sample_id=key("c"))
    copies(CellTest, test, rows, measurement_ptr_id=key("m"))
    copies(RawFile, file, rows, id=key("f"), measurement_id=key("m"))
    copies(FileReading, reading, rows, id=key("r"), file_id=key("f"))
    copies(Dataset, dataset, rows, id=key("d"), reading_id=key("r"), measurement_id=key("m"), file_id=key("f"))
    ends = {"measurement_id": key("m"), "subject_id": key("c")}
    copies(AnalysisRun, run, rows, id=key("a"), key="'k' || rows.n", **ends)
    copies(RunInput, used, rows, id=key("u"), run_id=key("a"), dataset_id=key("d"))
    copies(Slot, slot, rows, id=key("l"), measurement_id=key("m"), current_run_id=key("a"))
    for place, (context, letter) in enumerate(contexts):
        copies(RunContext, context, rows, id=key(f"x{place}"), run_id=key("a"), record_id=key(letter))


Find = Callable[[list[uuid.UUID]], set[uuid.UUID]]


def walks(shape: Shape, find: Find, chance: random.Random) -> dict[str, float]:
    """Times for samples with 10 to 1,200 relatives: of random ones, and of those of campaigns with most."""
    usual = list(_timed(find, (chance.randrange(shape.samples) for _ in range(20_000)), SMALLEST, 200))
    campaigns = [list(campaign) for campaign in shape.campaigns]
    ends = [number for campaign in campaigns for number in (*campaign[:40], *campaign[-40:])]
    large = list(_timed(find, iter(chance.sample(ends, len(ends))), LARGEST // 2, 40))
    return {
        "median": statistics.median(spent for _, spent in usual),
        "p95": statistics.quantiles((spent for _, spent in usual), n=20)[-1],
        "relatives": statistics.median(count for count, _ in usual),
        "largest_median": statistics.median(spent for _, spent in large),
        "largest_relatives": statistics.median(count for count, _ in large),
    }


def _timed(find: Find, numbers: Iterator[int], least: int, wanted: int) -> Iterator[tuple[int, float]]:
    """Relatives and time of samples that have enough of them, and not too many."""
    found = 0
    for number in numbers:
        start = key_of("s", number)
        count = len(find([start]))
        if found < wanted and least <= count <= LARGEST:
            found += 1
            yield count, milliseconds(lambda start=start: find([start]))
        if found == wanted:
            return


def graphs(shape: Shape, chance: random.Random) -> float:
    """Median time of the whole graph of a random sample, both ways, as its page shows it."""
    everybody = User(username="everybody", is_superuser=True)
    starts = [key_of("s", chance.randrange(shape.samples // 2, shape.samples)) for _ in range(30)]
    return statistics.median(milliseconds(lambda s=s: lineage(Kind.SAMPLE, s, everybody)) for s in starts)


def staleness(slots: int, chance: random.Random) -> dict[str, float]:
    """Times of one comparison's 50 slots, of one slot, and of all; and how many are stale."""

    def _ask(count: int) -> Callable[[], Any]:
        keys = [key_of("l", number) for number in chance.sample(range(1, slots + 1), count)]
        return lambda: list(Staleness.objects.filter(slot__in=keys))

    began = time.perf_counter()
    stale = Staleness.objects.values("slot").distinct().count()
    everything = 1000 * (time.perf_counter() - began)
    return {
        "of_50": statistics.median(milliseconds(_ask(50)) for _ in range(30)),
        "of_1": statistics.median(milliseconds(_ask(1)) for _ in range(30)),
        "of_all": everything,
        "stale": stale,
    }


def main(nodes: int, slots: int) -> None:
    chance = random.Random(7)
    answer: dict[str, Any] = {}
    with scratch_database():
        shape = shape_of(nodes)
        began = time.perf_counter()
        without_checks()
        project = fill_lineage(shape)
        if slots:
            fill_slots(project, slots)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        answer["filled_seconds"] = time.perf_counter() - began
        answer |= {"nodes": shape.nodes, "edges": len(shape.inputs) + len(shape.outputs)}
        spent = time.process_time()
        answer["ancestors"] = walks(shape, ancestor_ids, chance)
        answer["descendants"] = walks(shape, descendant_ids, chance)
        answer["graph"] = graphs(shape, chance)
        if slots:
            answer["staleness"] = staleness(slots, chance)
        print(json.dumps({"cpu": time.process_time() - spent, "answer": answer}))


main(int(sys.argv[1]), int(sys.argv[2]))
