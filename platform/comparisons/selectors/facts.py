"""What is known of the rows of a table: subjects, measurements and results of all of them are fetched together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q

from analysis_tasks.models import Result, Slot
from comparisons.column_text import read_column
from comparisons.columns import Ancestry, RowFacts
from comparisons.definition import RowSpec
from comparisons.selectors.ancestry import ancestries
from comparisons.selectors.numbers import current_results, latest_results, measured_results
from core.withdrawal import standing, with_withdrawal
from measurements.models import CellTest, Measurement
from samples.models import Cell, CellLayer, LayerComponent, Sample

_ALSO_READ = (
    "lower_cutoff_voltage",
    "upper_cutoff_voltage",
    "specific_current",
    "areal_current_density",
    "cycle_count",
)


def visible_subjects(subjects: Iterable[UUID], user: Any) -> set[UUID]:
    """Those of the cells and samples that this person may see."""
    return set(Sample.objects.visible_to(user).filter(pk__in=set(subjects)).values_list("pk", flat=True))


def row_facts(rows: Sequence[RowSpec], texts: Iterable[str], user: Any) -> list[RowFacts]:
    """What is known of each row, in the order of the rows, by a constant number of queries.

    The numbers of a cell come from one test, as they belong together; those of another sample each from the latest
    measurement that has it, as a density and a conductivity are measured by different means.

    Args:
        rows: Rows of subjects that the person may see.
        texts: The columns that will be filled; only what they need is fetched.
        user: Who looks.
    """
    asked = [read_column(text) for text in texts]
    subjects = _subjects({row.subject_id for row in rows})
    wanted = {*(one.key for one in asked if one.where == "own"), *_ALSO_READ}
    chosen = _chosen({row.measurement_id for row in rows if row.measurement_id is not None})
    left = [subjects[row.subject_id] for row in rows if row.measurement_id is None]
    tests = _latest_tests({subject.pk for subject in left if isinstance(subject, Cell)}, wanted)
    results = current_results({one.pk for one in (*chosen.values(), *tests.values())}, wanted)
    latest = latest_results({subject.pk for subject in left if not isinstance(subject, Cell)}, wanted)
    above = ancestries(subjects, user, asked)
    measured = measured_results(subjects, {(one.which, one.key) for one in asked if one.where == "measurement"})
    facts = []
    for row in rows:
        of = chosen[row.measurement_id] if row.measurement_id is not None else tests.get(row.subject_id)
        facts.append(
            RowFacts(
                subjects[row.subject_id],
                of,
                latest.get(row.subject_id, {}) if of is None else results.get(of.pk, {}),
                above.get(row.subject_id, Ancestry()),
                measured.get(row.subject_id, {}),
            )
        )
    return facts


def _subjects(keys: set[UUID]) -> dict[UUID, Sample]:
    """Cells with their layers, and other samples."""
    components: Any = LayerComponent.objects.select_related("material", "morphology").order_by("order")
    with_components: Any = Prefetch("components", components)
    with_layers: Any = Prefetch("layers", CellLayer.objects.order_by("order").prefetch_related(with_components))
    cells: dict[UUID, Sample] = with_withdrawal(Cell.objects.prefetch_related(with_layers)).in_bulk(list(keys))
    others = keys - set(cells)
    if not others:
        return cells
    samples: dict[UUID, Sample] = with_withdrawal(Sample.objects.select_related("material", "morphology")).in_bulk(
        list(others)
    )
    return cells | samples


def _chosen(keys: set[UUID]) -> dict[UUID, Measurement]:
    """Measurements that stand in rows; tests of cells with their conditions."""
    if not keys:
        return {}
    tests: dict[UUID, Measurement] = CellTest.objects.select_related("publication", "sample").in_bulk(list(keys))
    others = keys - set(tests)
    if not others:
        return tests
    return tests | Measurement.objects.select_related("publication", "sample").in_bulk(list(others))


def _latest_tests(cells: set[UUID], quantities: set[str]) -> dict[UUID, CellTest]:
    """The latest test of each cell that has results and was not withdrawn.

    A test with a number of these quantities comes before one without: an impedance spectrum that was measured after
    cycling must not hide the capacities.
    """
    if not cells:
        return {}
    current = Slot.objects.filter(measurement=OuterRef("pk"), current_run__isnull=False)
    entered = Result.objects.filter(measurement=OuterRef("pk"), run__isnull=True)
    is_current = Slot.objects.filter(current_run=OuterRef("run"), preset="default")
    shown = Result.objects.filter(
        Q(run__isnull=True) | Q(Exists(is_current)), measurement=OuterRef("pk"), quantity__in=quantities
    )
    tests = CellTest.objects.select_related("publication", "sample").filter(sample__in=cells)
    candidates = standing(tests.filter(Q(Exists(current)) | Q(Exists(entered))))
    in_order = candidates.annotate(shown=Exists(shown)).order_by("shown", "measured_at", "created_at")
    return {test.sample_id: test for test in in_order}
