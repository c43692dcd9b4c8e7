"""Loading the demo lab through the same services that people use, so that it shows what the platform does.

Safe to run twice: each record is looked for under its name before it is made.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import transaction

from accounts import writing
from accounts.models import Project
from accounts.services import create_project
from analysis_tasks.models import AnalysisRun
from analysis_tasks.services import report_value
from comparisons.models import Comparison
from comparisons.services import add_row, create_comparison, freeze
from core.jobs import State
from core.models import Record
from core.records import change
from demo import paper, simulated
from demo.simulate import simulate_cycling
from demo.simulate_eis import simulate_impedance
from measurements.models import CellTest, FileReading, Measurement
from measurements.services import attach_file, receive_file
from samples.composition import theoretical_capacity
from samples.models import Cell, Material, Process, Publication, Sample, Term
from samples.services import (
    InputSpec,
    LayerSpec,
    OutputSpec,
    ThermalStepSpec,
    create_cell,
    create_process,
    find_or_create_term,
)

PROJECT = "demo"
_LOCATOR = "Supporting Information, Table S1, row {row}"
_NOT_STATED = {"branch": "not stated", "mass_basis": "not stated", "assumed": "discharge, per active mass"}
R = TypeVar("R", bound=Record)


def load() -> Project:
    """Makes whatever of the demo lab is missing; files that were received are read by the workers."""
    actor = _actor()
    with transaction.atomic():
        project = Project.objects.filter(slug=PROJECT).first() or create_project(
            actor=actor,
            slug=PROJECT,
            name="Demo lab",
            description="Facts from one paper, and simulated twins of its cells.",
        )
        _load_catalogue(actor)
        _load_table_s1(actor, project)
        for composite in paper.COMPOSITES:
            _load_composite(actor, project, composite, prefix="")
            _load_composite(actor, project, composite, prefix="SIM-")
    for test in simulated.TESTS:
        _load_simulated(actor, project, test)
    for spectra in simulated.SPECTRA:
        _load_spectra(actor, project, spectra)
    _load_simulated_comparison(actor, project)
    return project


def _actor() -> Any:
    """Who loads it: the first administrator, else an account nobody can sign in to."""
    users = get_user_model().objects
    administrator = users.filter(is_superuser=True, is_active=True).order_by("date_joined").first()
    return administrator or users.get_or_create(username="demo-lab", defaults={"password": "!"})[0]


def _found_or(found: R | None, make: Callable[[], R]) -> R:
    return found if found is not None else make()


def _load_catalogue(actor: Any) -> None:
    for fact in paper.MATERIALS:
        if not Material.objects.filter(name__iexact=fact.name).exists():
            writing.create(_material(fact), actor=actor)
    for label in paper.MORPHOLOGIES:
        find_or_create_term(actor=actor, vocabulary=Term.Vocabulary.MORPHOLOGY, label=label)
    if not Publication.objects.filter(label=paper.THIS_WORK).exists():
        own = Publication(label=paper.THIS_WORK, title=paper.TITLE, authors=paper.AUTHORS)
        writing.create(own, actor=actor)
    for label in paper.CITED:
        if not Publication.objects.filter(label=label).exists():
            writing.create(Publication(label=label, note=f"Cited in Table S1 of: {paper.TITLE}"), actor=actor)


def _material(fact: paper.MaterialFact) -> Material:
    material = Material(name=fact.name, family=fact.family)
    if fact.nominal:
        material.theoretical_capacity = round(theoretical_capacity(fact.nominal), 2)
        material.note = (
            f"Theoretical capacity for one electron per formula unit of {fact.nominal}, the nominal composition that "
            "the name stands for (assumed: the paper states no formula)."
        )
    return material


def _load_table_s1(actor: Any, project: Project) -> None:
    comparison = _found_or(
        Comparison.objects.filter(slug="table-s1").first(),
        lambda: create_comparison(
            actor=actor, project=project, slug="table-s1", title="Table S1", caption=paper.TABLE_TITLE
        ),
    )
    for number, row in enumerate(paper.TABLE_S1, start=1):
        cell = Cell.objects.filter(project=project, code=row.code).first() or _reported_cell(actor, project, row)
        test = CellTest.objects.filter(sample=cell, publication__isnull=False).first() or _reported_test(
            actor, cell, row, number
        )
        if not comparison.rows.filter(subject=cell).exists():
            stored = add_row(comparison, actor=actor, cell=cell, test=test)
            if row.emphasised:
                change(stored, emphasised=True)
    if not comparison.frozen.exists():
        freeze(comparison, actor=actor, reason="As published in the Supporting Information")


def _reported_cell(actor: Any, project: Project, row: paper.ReportedCell) -> Cell:
    cell = create_cell(
        actor=actor,
        project=project,
        code=row.code,
        configuration=row.configuration,
        cell_type=Cell.CellType.CATHODE_LI,
        electrolyte_class=row.electrolyte_class,
        source=Sample.Source.LITERATURE,
        note=f"Described in {row.reference}.",
    )
    active = cell.layers.get(role="cathode").components.order_by("order").first()
    if active is not None:
        change(active, morphology=_morphology(actor, row.morphology))
    return cell


def _reported_test(actor: Any, cell: Cell, row: paper.ReportedCell, number: int) -> CellTest:
    publication = Publication.objects.get(label=row.reference)
    locator = _LOCATOR.format(row=number)
    lower, upper = row.window.split("-")
    test = CellTest(
        sample=cell,
        technique="cycling",
        temperature=row.temperature,
        publication=publication,
        locator=locator,
        rate=row.rate,
        lower_voltage=f"{lower} V",
        upper_voltage=f"{upper} V",
        window_text=row.window,
    )
    writing.create(test, actor=actor)
    values = {
        "initial_discharge_capacity": row.initial_capacity,
        "final_discharge_capacity": row.final_capacity,
        "cycle_count": row.cycles,
    }
    for key, text in values.items():
        report_value(
            actor=actor,
            subject=cell,
            measurement=test,
            quantity_key=key,
            text=text,
            publication=publication,
            locator=locator,
            qualifiers={} if key == "cycle_count" else _NOT_STATED,
        )
    return test


def _morphology(actor: Any, label: str) -> Term:
    return find_or_create_term(actor=actor, vocabulary=Term.Vocabulary.MORPHOLOGY, label=label)


_POWDER_FORMS = {"NCM622": "MCG", "LLZTO": "particles", "LBO": "powder"}


def _load_composite(actor: Any, project: Project, composite: paper.Composite, *, prefix: str) -> Sample:
    """Powders, their mixture and the co-sintered composite; with the prefix `SIM-`, its simulated twin."""
    code = prefix + composite.code
    known: Sample | None = Sample.objects.filter(project=project, code=code).first()
    if known is not None:
        return known
    is_simulated = bool(prefix)
    source = Sample.Source.PREPARED if is_simulated else Sample.Source.LITERATURE
    powders = [_powder(actor, project, name, prefix=prefix) for name in composite.materials]
    mixture = Sample(code=code.replace("CC-", "MIX-"), kind=Sample.Kind.MIXTURE, source=source, note=composite.figure)
    create_process(
        actor=actor,
        project=project,
        kind=Process.Kind.MIXING,
        inputs=[InputSpec(sample=powder) for powder in powders],
        outputs=[OutputSpec(mixture)],
        ratio=composite.ratio,
    )
    product = Sample(code=code, kind=Sample.Kind.COMPOSITE_CATHODE, source=source, note=composite.figure)
    create_process(
        actor=actor,
        project=project,
        kind=Process.Kind.CO_SINTERING,
        inputs=[InputSpec(sample=mixture, role="precursor")],
        outputs=[OutputSpec(product)],
        thermal_steps=[ThermalStepSpec(target=composite.temperature, dwell=composite.dwell)],
    )
    return product


def _powder(actor: Any, project: Project, name: str, *, prefix: str, form: str = "") -> Sample:
    form = form or _POWDER_FORMS[name]
    code = f"{prefix}{name}-{form}"
    known: Sample | None = Sample.objects.filter(project=project, code=code).first()
    return _found_or(
        known,
        lambda: writing.create(
            Sample(
                project=project,
                code=code,
                kind=Sample.Kind.POWDER,
                material=Material.objects.get(name=name),
                morphology=_morphology(actor, form),
                source=Sample.Source.PREPARED if prefix else Sample.Source.LITERATURE,
                simulated=bool(prefix),
            ),
            actor=actor,
        ),
    )


def _load_simulated(actor: Any, project: Project, test: simulated.SimulatedTest) -> None:
    cell = Cell.objects.filter(project=project, code=test.code).first() or _simulated_cell(actor, project, test)
    if Measurement.objects.filter(sample=cell, technique="cycling").exists():
        return
    content, truth = simulate_cycling(test.spec)
    received = receive_file(
        actor=actor,
        subject=cell,
        name=f"{test.code}.bdf.csv",
        chunks=[content],
        technique="cycling",
        conditions={
            "rate": f"{test.spec.specific_current / 180:g} C (1C = 180 mA/g)",
            "temperature": "80 °C" if test.composite else "25 °C",
            "lower_voltage": f"{test.spec.lower} V",
            "upper_voltage": f"{test.spec.upper} V",
            "simulated": True,
            "note": f"Simulated: the kind of data that {test.figure} shows.",
        },
    )
    _attach_truth(actor, received.measurement, test.code, truth)


def _load_spectra(actor: Any, project: Project, spectra: simulated.SimulatedSpectra) -> None:
    cell = Cell.objects.get(project=project, code=spectra.code)
    if Measurement.objects.filter(sample=cell, technique="eis").exists():
        return
    for cycle in spectra.cycles:
        content, truth = simulate_impedance(spectra.spec, cycle)
        name = f"{spectra.code}-cycle-{cycle}"
        received = receive_file(
            actor=actor,
            subject=cell,
            name=f"{name}.eis.csv",
            chunks=[content],
            technique="eis",
            conditions={
                "temperature": f"{spectra.spec.temperature:g} °C",
                "cycle_offset": cycle,
                "simulated": True,
                "note": f"Simulated: the kind of data that {spectra.figure} shows, after {cycle} cycles.",
            },
        )
        _attach_truth(actor, received.measurement, name, truth)


def _attach_truth(actor: Any, measurement: Measurement, name: str, truth: dict[str, Any]) -> None:
    """What the model was given and what is therefore right, beside the file that it made."""
    content = json.dumps(truth, indent=1).encode()
    attach_file(actor=actor, measurement=measurement, name=f"{name}.truth.json", chunks=[content])


def _simulated_cell(actor: Any, project: Project, test: simulated.SimulatedTest) -> Cell:
    materials = {material.name: material for material in Material.objects.all()}
    electrolyte = materials["LLZTO"] if test.composite else None
    if test.composite:
        composite = Sample.objects.get(project=project, code=test.composite)
        layers = [
            LayerSpec("cathode", sample=composite),
            LayerSpec("electrolyte", materials=[materials["LLZTO"]]),
            LayerSpec("anode", materials=[materials["Li"]]),
        ]
    else:
        powder = _powder(actor, project, "NCM622", prefix="SIM-", form=test.morphology)
        layers = [LayerSpec("cathode", sample=powder), LayerSpec("anode", materials=[materials["Li"]])]
    return create_cell(
        actor=actor,
        project=project,
        code=test.code,
        layers=layers,
        cell_type=Cell.CellType.CATHODE_LI,
        electrolyte_class="solid" if electrolyte else "liquid",
        active_mass=f"{test.spec.active_mass} mg",
        electrode_area="0.785 cm^2" if electrolyte else "1.13 cm^2",
        simulated=True,
        note=f"Simulated twin: the kind of cell that {test.figure} shows.",
    )


def _load_simulated_comparison(actor: Any, project: Project) -> None:
    """A comparison whose numbers come from runs, to click through from the first minute."""
    slug = "simulated-cells"
    comparison = _found_or(
        Comparison.objects.filter(slug=slug).first(),
        lambda: create_comparison(
            actor=actor,
            project=project,
            slug=slug,
            title="Simulated cells",
            caption="Simulated twins of the cells of Figs. S7 and S8: every number comes from a run on a file.",
        ),
    )
    for test in simulated.TESTS:
        cell = Cell.objects.get(project=project, code=test.code)
        if not comparison.rows.filter(subject=cell).exists():
            add_row(comparison, actor=actor, cell=cell)


def unfinished() -> int:
    """How many readings and runs of the demo lab have not ended yet, and files whose runs are still to be planned."""
    open_states = (State.QUEUED, State.RUNNING)
    readings = FileReading.objects.filter(state__in=open_states, file__measurement__sample__project__slug=PROJECT)
    runs = AnalysisRun.objects.filter(state__in=open_states, measurement__sample__project__slug=PROJECT)
    unplanned = Measurement.objects.filter(
        sample__project__slug=PROJECT, datasets__isnull=False, runs__isnull=True, technique="cycling"
    )
    return readings.count() + runs.count() + unplanned.count()
