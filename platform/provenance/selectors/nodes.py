"""From keys to nodes: labels, pages, marks and facts of every record in a graph, by one query for each kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse

from analysis_tasks.models import AnalysisRun, Result, Slot, Staleness
from comparisons.models import Comparison, FrozenNumber
from core.jobs import State
from core.quantities import QUANTITIES, format_value
from measurements.models import Dataset, Measurement, RawFile
from provenance.graph import Agent, Edge, Graph, Kind, Node
from provenance.selectors.relations import Source
from samples.models import Cell, Material, Process, ProcessOutput, Publication, Sample

_MODELS: dict[Kind, Any] = {
    Kind.MATERIAL: Material,
    Kind.PUBLICATION: Publication,
    Kind.SAMPLE: Sample,
    Kind.CELL: Cell,
    Kind.PROCESS: Process,
    Kind.MEASUREMENT: Measurement,
    Kind.FILE: RawFile,
    Kind.DATASET: Dataset,
    Kind.RUN: AnalysisRun,
    Kind.RESULT: Result,
    Kind.COMPARISON: Comparison,
}


def visible_record(kind: Kind, key: UUID | str, user: Any) -> Any:
    """The record of that kind and key; None where there is none, or the person may not see it."""
    rows = _MODELS[kind].objects.visible_to(user)
    try:
        wanted: dict[str, Any] = {"pk": UUID(str(key))}
    except ValueError:
        if kind is not Kind.COMPARISON:
            return None
        wanted = {"slug": str(key)}
    return rows.filter(**wanted).first()


def load_nodes(graph: Graph, kinds: Mapping[str, Kind], sources: Mapping[str, Source], user: Any) -> Graph:
    """The graph with its nodes, the nearest first; what is not to be seen goes, and what hangs on it.

    Args:
        graph: Start and edges.
        kinds: What each id is; cells count as samples.
        sources: Numbers by the id of their node.
        user: Who looks.
    """
    wanted = {graph.start} | {node for edge in graph.edges for node in (edge.source, edge.target)}
    keys: dict[Kind, set[str]] = defaultdict(set)
    for key in wanted:
        keys[kinds[key]].add(key)
    nodes: dict[str, Node] = {}
    for kind, load in _LOADERS.items():
        if keys[kind]:
            nodes |= {node.id: node for node in load(keys[kind], user)}
    nodes |= {node.id: node for node in _results({key: sources[key] for key in keys[Kind.RESULT]}, nodes, user)}
    edges = tuple(edge for edge in graph.edges if edge.source in nodes and edge.target in nodes)
    near = replace(graph, edges=edges).distances()
    ordered = sorted(near, key=lambda key: (near[key], nodes[key].kind, nodes[key].label, key))
    found = _with_stale_comparisons({key: nodes[key] for key in ordered}, edges)
    return replace(graph, nodes=found, edges=tuple(edge for edge in edges if edge.source in near))


def _materials(keys: set[str], user: Any) -> Iterable[Node]:
    for row in Material.objects.visible_to(user).filter(pk__in=keys):
        facts = {"formula": row.formula, "family": row.family}
        yield Node(str(row.pk), Kind.MATERIAL, row.name, row.family, row.get_absolute_url(), attributes=_known(facts))


def _publications(keys: set[str], user: Any) -> Iterable[Node]:
    for row in Publication.objects.visible_to(user).filter(pk__in=keys):
        facts = _known({"title": row.title, "doi": row.doi, "year": row.year, "authors": row.authors})
        yield Node(str(row.pk), Kind.PUBLICATION, row.label, row.title, row.get_absolute_url(), attributes=facts)


def _samples(keys: set[str], user: Any) -> Iterable[Node]:
    rows = Sample.objects.visible_to(user).filter(pk__in=keys)
    for row in rows.select_related("project", "material", "morphology", "cell"):
        kind = Kind.CELL if row.kind == Sample.Kind.CELL else Kind.SAMPLE
        facts = {
            "project": row.project.slug,
            "sample_kind": row.kind,
            "material": str(row.material or ""),
            "morphology": str(row.morphology or ""),
            "lot": row.lot,
            "supplier": row.supplier,
            "source": row.source,
        }
        detail = " ".join(filter(None, (str(row.material or ""), row.get_kind_display())))
        if kind is Kind.CELL:
            detail = row.cell.get_cell_type_display()
        yield Node(
            str(row.pk),
            kind,
            row.code,
            detail,
            row.get_absolute_url(),
            simulated=row.simulated,
            attributes=_known(facts),
        )


def _processes(keys: set[str], user: Any) -> Iterable[Node]:
    rows = Process.objects.visible_to(user).filter(pk__in=keys).select_related("operator", "instrument", "protocol")
    gives_simulated = Exists(ProcessOutput.objects.filter(process=OuterRef("pk"), sample__simulated=True))
    for row in rows.annotate(simulated=gives_simulated).prefetch_related("thermal_steps__atmosphere"):
        program = "; ".join(str(step) for step in row.thermal_steps.all())
        facts = {
            "process_kind": row.kind,
            "ratio": row.ratio_text,
            "program": program,
            "protocol": str(row.protocol or ""),
        }
        yield Node(
            str(row.pk),
            Kind.PROCESS,
            str(row),
            program or row.ratio_text,
            row.get_absolute_url(),
            simulated=row.simulated,
            started=row.started_at,
            ended=row.ended_at,
            attributes=_known(facts),
            agents=(*_person(row.operator, "operator"), *_instrument(row.instrument)),
        )


def _measurements(keys: set[str], user: Any) -> Iterable[Node]:
    rows = Measurement.objects.visible_to(user).filter(pk__in=keys)
    for row in rows.select_related("sample", "operator", "instrument", "celltest"):
        test = getattr(row, "celltest", None)
        window = (test.window_text if test else "") or ""
        facts = {
            "technique": row.technique,
            "temperature": row.temperature_text or row.temperature,
            "rate": test.rate if test else "",
            "window": window,
            "locator": row.locator,
        }
        yield Node(
            str(row.pk),
            Kind.MEASUREMENT,
            row.get_technique_display() or "measurement",
            f"of {row.sample.code}",
            row.get_absolute_url(),
            simulated=row.simulated or row.sample.simulated,
            started=row.measured_at,
            attributes=_known(facts),
            agents=(*_person(row.operator, "operator"), *_instrument(row.instrument)),
        )


def _files(keys: set[str], user: Any) -> Iterable[Node]:
    rows = RawFile.objects.visible_to(user).filter(pk__in=keys)
    for row in rows.select_related("blob", "measurement__sample", "uploader"):
        facts = {
            "sha256": row.blob_id,
            "size": row.blob.size,
            "media_type": row.media_type,
            "received_at": row.received_at.isoformat(timespec="milliseconds"),
            "measurement": str(row.measurement_id),
        }
        simulated = row.measurement.simulated or row.measurement.sample.simulated
        yield Node(
            str(row.pk),
            Kind.FILE,
            row.name,
            f"{row.blob.size:,} bytes".replace(",", " "),
            row.get_absolute_url(),
            simulated=simulated,
            attributes=_known(facts),
            agents=tuple(_person(row.uploader, "uploader")),
        )


def _datasets(keys: set[str], user: Any) -> Iterable[Node]:
    rows = Dataset.objects.visible_to(user).filter(pk__in=keys)
    for row in rows.select_related("measurement__sample"):
        facts = {"sha256": row.sha256, "reader": row.reader, "reader_version": row.reader_version}
        yield Node(
            str(row.pk),
            Kind.DATASET,
            f"{row.technique} data",
            f"read by {row.reader} {row.reader_version}",
            reverse("measurement", args=[row.measurement_id]),
            simulated=row.measurement.simulated or row.measurement.sample.simulated,
            attributes=facts,
        )


def _runs(keys: set[str], user: Any) -> Iterable[Node]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for why in Staleness.objects.filter(run__in=keys):
        reasons[str(why.run_id)].append(str(why))
    is_current = Exists(Slot.objects.filter(current_run=OuterRef("pk")))
    rows = AnalysisRun.objects.visible_to(user).filter(pk__in=keys).annotate(is_current=is_current)
    for row in rows.select_related("release", "requested_by", "measurement__sample"):
        replaced = row.state == State.SUCCEEDED and not row.is_current
        facts = {
            "kernel": row.release.name,
            "kernel_version": row.release.version,
            "fingerprint": row.release.fingerprint,
            "release": str(row.release_id),
            "parameters": row.parameters,
            "output_sha256": row.output_sha256,
            "environment": row.environment,
            "state": row.state,
            "seconds": row.seconds,
        }
        worker = [Agent(row.worker, "software", row.worker, "worker")] if row.worker else []
        yield Node(
            str(row.pk),
            Kind.RUN,
            str(row.release),
            "analysis run",
            row.get_absolute_url(),
            simulated=row.measurement.simulated or row.measurement.sample.simulated,
            stale=tuple(sorted(reasons[str(row.pk)])),
            state="superseded" if replaced else "" if row.state == State.SUCCEEDED else str(row.state),
            started=row.started_at,
            ended=row.finished_at,
            attributes=_known(facts),
            agents=(*worker, *_person(row.requested_by, "requested by")),
        )


def _comparisons(keys: set[str], user: Any) -> Iterable[Node]:
    for row in Comparison.objects.visible_to(user).filter(pk__in=keys).select_related("project"):
        facts = {"slug": row.slug, "project": row.project.slug}
        yield Node(str(row.pk), Kind.COMPARISON, row.title, row.slug, row.get_absolute_url(), attributes=facts)


_LOADERS: dict[Kind, Callable[[set[str], Any], Iterable[Node]]] = {
    Kind.MATERIAL: _materials,
    Kind.PUBLICATION: _publications,
    Kind.SAMPLE: _samples,
    Kind.PROCESS: _processes,
    Kind.MEASUREMENT: _measurements,
    Kind.FILE: _files,
    Kind.DATASET: _datasets,
    Kind.RUN: _runs,
    Kind.COMPARISON: _comparisons,
}


def _results(sources: Mapping[str, Source], nodes: Mapping[str, Node], user: Any) -> Iterable[Node]:
    """Numbers alone, or together by their source; they are as stale and as simulated as the run that gave them."""
    alone = {key for key, source in sources.items() if source.result}
    for row in Result.objects.visible_to(user).filter(pk__in=alone) if alone else ():
        yield _under(_number(row), nodes.get(str(row.run_id)))
    groups = {key: source for key, source in sources.items() if key not in alone}
    if not groups:
        return
    subjects = {source.subject for source in groups.values()}
    columns = ("run_id", "measurement_id", "subject_id", "publication_id", "person_id", "simulated")
    counted = Result.objects.visible_to(user).filter(subject__in=subjects).order_by().values_list(*columns)
    found: dict[str, tuple[int, bool]] = {}
    for *keys, simulated, count in counted.annotate(count=Count("pk")):
        key = Source(*("" if part is None else str(part) for part in keys)).key
        before, was = found.get(key, (0, False))
        found[key] = (before + count, was or simulated)
    for key, source in groups.items():
        if key in found:
            yield _under(_group(key, source, *found[key]), nodes.get(source.run))


def _number(row: Result) -> Node:
    label = QUANTITIES[row.quantity].label if row.quantity in QUANTITIES else row.quantity.replace("_", " ")
    facts = {
        "quantity": row.quantity,
        "value": row.value,
        "uncertainty": row.uncertainty,
        "unit": row.unit,
        "text": row.text,
        "index": row.index,
        "locator": row.locator,
        "reason": row.reason,
    }
    text = row.text or format_value(row.value, row.unit)
    page = _result_page(source_run=row.run_id, measurement=row.measurement_id)
    return Node(str(row.pk), Kind.RESULT, label, text, page, simulated=row.simulated, attributes=_known(facts))


def _group(key: str, source: Source, count: int, simulated: bool) -> Node:  # noqa: FBT001 (one of two facts of a row)
    origin = "computed" if source.run else "reported" if source.publication else "entered by hand"
    label = "1 result" if count == 1 else f"{count} results"
    page = _result_page(source_run=source.run, measurement=source.measurement)
    return Node(key, Kind.RESULT, label, origin, page, simulated=simulated, attributes={"count": count})


def _result_page(*, source_run: object, measurement: object) -> str:
    if source_run:
        return reverse("run", args=[source_run])
    return reverse("measurement", args=[measurement]) if measurement else ""


def _under(node: Node, run: Node | None) -> Node:
    return node if run is None else replace(node, stale=run.stale, state=run.state)


def _with_stale_comparisons(nodes: dict[str, Node], edges: Iterable[Edge]) -> dict[str, Node]:
    """Comparisons are as stale as what they show; what was frozen of them, as the runs that it keeps."""
    stale: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if nodes[edge.target].kind is Kind.COMPARISON and nodes[edge.source].stale:
            stale[edge.target].add(edge.source)
    told: dict[str, list[str]] = defaultdict(list)
    for key, which in stale.items():
        told[key].append(f"it shows numbers of {len(which)} stale run{'s' * (len(which) > 1)}")
    comparisons = [key for key, node in nodes.items() if node.kind is Kind.COMPARISON]
    for key, number, runs in _superseded_in_frozen(comparisons) if comparisons else ():
        told[key].append(f"frozen {number} keeps numbers of {runs} superseded run{'s' * (runs > 1)}")
    for key, words in told.items():
        nodes[key] = replace(nodes[key], stale=tuple(words))
    return nodes


def _superseded_in_frozen(comparisons: list[str]) -> list[tuple[str, int, int]]:
    """Comparison, number of the snapshot, and how many of its runs are no measurement's answer any more."""
    is_current = Slot.objects.filter(current_run=OuterRef("run"))
    kept = FrozenNumber.objects.filter(frozen__comparison__in=comparisons, run__isnull=False)
    rows = kept.exclude(Exists(is_current)).order_by().values_list("frozen__comparison", "frozen__number")
    counted = rows.annotate(runs=Count("run", distinct=True)).order_by("frozen__number")
    return [(str(comparison), number, runs) for comparison, number, runs in counted]


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value not in (None, "", {}, [])}


def _person(user: Any, role: str) -> list[Agent]:
    if user is None:
        return []
    name = user.get_full_name() or user.get_username()
    return [Agent(f"person-{user.pk}", "person", name, role, user.orcid)]


def _instrument(row: Any) -> list[Agent]:
    return [] if row is None else [Agent(f"instrument-{row.pk}", "instrument", row.name, "instrument")]
