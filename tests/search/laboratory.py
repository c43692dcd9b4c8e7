"""Random laboratories for tests of the query language, and what a query means in them, said once more in plain Python.

A question is a text together with a function that says of a record, from the models' rows alone, whether it is found.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from accounts.models import Membership, Project, User
from analysis_tasks.models import AnalysisRun, KernelRelease, Result, Slot
from core.models import Tombstone
from measurements.models import CellTest, Measurement
from samples.models import (
    Cell,
    CellLayer,
    LayerComponent,
    Material,
    Process,
    ProcessInput,
    ProcessOutput,
    Publication,
    Sample,
    ThermalStep,
)

MATERIALS = ("LLZTO", "LBO", "NCM622", "Li")
WORDS = ("alpha", "beta", "gamma ray", "100%", "a_b")
ORIGINS = ("run", "simulated", "publication", "manual")
CAPACITY, RETENTION = "initial_discharge_capacity", "capacity_retention"


@dataclass
class World:
    """Everything that was written, and who looks at it."""

    user: User
    visible: set[Any]
    samples: list[Sample] = field(default_factory=list)
    cells: dict[Any, Cell] = field(default_factory=dict)
    components: dict[Any, list[tuple[str, Material]]] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    steps: dict[Any, list[ThermalStep]] = field(default_factory=dict)
    inputs: list[ProcessInput] = field(default_factory=list)
    outputs: list[ProcessOutput] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    withdrawn: set[Any] = field(default_factory=set)
    current: set[Any] = field(default_factory=set)

    def numbers(self, about: str, record: Any, quantity: str, origins: frozenset[str]) -> Iterator[Result]:
        """Current results of a record."""
        key = {"samples": "subject_id", "measurements": "measurement_id", "results": "id"}[about]
        for result in self.results:
            counts = result.run_id is None or result.run_id in self.current
            known = result.measurement_id not in self.withdrawn
            fits = result.quantity == quantity and origin_of(result) in origins
            if fits and getattr(result, key) == record.pk and counts and known:
                yield result

    def sample_of(self, about: str, record: Any) -> Any:
        """The sample that a record is about."""
        key = {"samples": "pk", "measurements": "sample_id", "results": "subject_id"}[about]
        wanted = getattr(record, key)
        return next(sample for sample in self.samples if sample.pk == wanted)

    def tests_of(self, about: str, record: Any) -> list[Measurement]:
        """Measurements that speak of a record and that nobody withdrew."""
        if about == "samples":
            found = [m for m in self.measurements if m.sample_id == record.pk]
        elif about == "measurements":
            found = [record]
        else:
            found = [m for m in self.measurements if m.pk == record.measurement_id]
        return [m for m in found if m.pk not in self.withdrawn]

    def makers(self, sample: Any) -> tuple[list[Process], list[Sample]]:
        """Processes and samples that a sample was made by way of, walking over what may be seen only."""
        processes: dict[Any, Process] = {}
        before: dict[Any, Sample] = {}
        todo = [sample.pk]
        while todo:
            key = todo.pop()
            for output in self.outputs:
                if output.sample_id != key:
                    continue
                process = next(p for p in self.processes if p.pk == output.process_id)
                if process.project_id not in self.visible or process.pk in processes:
                    continue
                processes[process.pk] = process
                for used in self.inputs:
                    one = next((s for s in self.samples if s.pk == used.sample_id), None)
                    if used.process_id == process.pk and one and one.project_id in self.visible:
                        before[one.pk] = one
                        todo.append(one.pk)
        return list(processes.values()), list(before.values())


def origin_of(result: Result) -> str:
    if result.simulated:
        return "simulated"
    return "run" if result.run_id else "publication" if result.publication_id else "manual"


def build(seed: int) -> World:
    """A laboratory of two projects, of which the person sees one; all in bulk, as an import would write it."""
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    user = User.objects.create(username=f"person-{seed}-{User.objects.count()}")
    mine, other = (Project.objects.create(slug=f"p{seed}-{n}-{Project.objects.count()}", name=str(n)) for n in range(2))
    Membership.objects.create(project=mine, user=user, role="viewer")
    world = World(user, {mine.pk})
    materials = [Material.objects.get_or_create(name=name)[0] for name in MATERIALS]
    where = lambda: mine if chance.random() < 0.7 else other  # noqa: E731
    plain = [
        Sample(
            project=where(),
            code=f"S{n}-{chance.choice('ab')}",
            kind=chance.choice(["powder", "mixture"]),
            material=chance.choice([None, *materials]),
            thickness=chance.choice([None, 10.0, 20.0, 25.0]),
            note=chance.choice(["", *WORDS]),
        )
        for n in range(8)
    ]
    Sample.objects.bulk_create(plain)
    for n in range(6):
        cell = Cell.objects.create(
            project=where(),
            code=f"C{n}",
            kind="cell",
            active_mass=chance.choice([None, 2.0, 2.1, 2.15]),
            note=chance.choice(["", *WORDS]),
        )
        world.cells[cell.pk] = cell
        layers = [CellLayer(cell=cell, order=0, role="cathode"), CellLayer(cell=cell, order=1, role="anode")]
        CellLayer.objects.bulk_create(layers)
        parts = [LayerComponent(layer=layer, order=0, material=chance.choice(materials)) for layer in layers]
        LayerComponent.objects.bulk_create(parts)
        world.components[cell.pk] = [(part.layer.role, part.material) for part in parts]
    world.samples = plain + [Sample.objects.get(pk=key) for key in world.cells]
    _processes(world, chance, where)
    _measurements(world, chance)
    return world


def _processes(world: World, chance: random.Random, where: Callable[[], Project]) -> None:
    free = list(world.samples[3:])
    for n in range(5):
        process = Process(
            project=where(), kind=chance.choice(["mixing", "co-sintering"]), duration=chance.choice([None, 1.0, 2.0])
        )
        process.save()
        world.processes.append(process)
        steps = [
            ThermalStep(process=process, order=place, target=chance.choice([600.0, 650.0, 700.0]),
                        actual_target=chance.choice([None, None, 705.0]))
            for place in range(chance.choice([0, 1, 2]))
        ]  # fmt: skip
        ThermalStep.objects.bulk_create(steps)
        world.steps[process.pk] = steps
        made = [free.pop(0) for _ in range(min(2, len(free)))]
        before = world.samples[: 3 + 2 * n]
        used = chance.sample(before, chance.choice([1, 2]))
        ins = [ProcessInput(process=process, sample=one, order=place) for place, one in enumerate(used)]
        ProcessInput.objects.bulk_create(ins)
        outs = [ProcessOutput(process=process, sample=one) for one in made]
        ProcessOutput.objects.bulk_create(outs)
        world.inputs += ins
        world.outputs += outs


def _measurements(world: World, chance: random.Random) -> None:
    release = KernelRelease.objects.get_or_create(name="k", version="1", fingerprint="sha256:1")[0]
    paper = Publication.objects.get_or_create(label="[45]")[0]
    for number, sample in enumerate(chance.sample(world.samples, 8)):
        kind = CellTest if sample.pk in world.cells else Measurement
        made = kind.objects.create(
            sample=sample,
            technique=chance.choice(["cycling", "eis"]),
            temperature=chance.choice(["25 degC", "80 degC", "RT", None]),
            measured_at=datetime(2026, chance.choice([1, 2, 3]), 5, tzinfo=UTC),
        )
        world.measurements.append(Measurement.objects.get(pk=made.pk))
        if chance.random() < 0.15:
            Tombstone.objects.create(id=made.pk, model="measurements.measurement", by="x", reason="y")
            world.withdrawn.add(made.pk)
        slot = Slot.objects.create(measurement_id=made.pk, kernel="k")
        for _ in range(chance.choice([1, 2])):  # the second supersedes the first
            ended = {"state": "succeeded", "started_at": datetime.now(UTC), "finished_at": datetime.now(UTC)}
            run = AnalysisRun.objects.create(
                release=release, measurement_id=made.pk, subject=sample, key=f"{sample.pk}-{number}",
                forced=True, output_sha256="0" * 64, **ended,
            )  # fmt: skip
            simulated = chance.random() < 0.3
            rows = [
                Result(quantity=name, value=chance.choice([100.0, 120.0, 120.4, 130.0]), unit="",
                       uncertainty=chance.choice([None, 0.0, 2.0, 6.0]), subject=sample, measurement_id=made.pk,
                       run=run, simulated=simulated)
                for name in (CAPACITY, RETENTION) if chance.random() < 0.7
            ]  # fmt: skip
            Result.objects.bulk_create(rows)
            world.results += rows
            Slot.objects.filter(pk=slot.pk).update(current_run=run)
            current = run.pk
        world.current.add(current)
    for sample in chance.sample(world.samples, 4):
        origin: dict[str, Any] = (
            {"publication": paper, "locator": "Table 1"}
            if chance.random() < 0.5
            else {"person": world.user, "reason": "r"}
        )
        world.results.append(
            Result.objects.create(quantity=CAPACITY, value=chance.choice([110.0, 125.0]), unit="mAh/g",
                                  subject=sample, **origin)
        )  # fmt: skip


Found = Callable[[World, str, Any, frozenset[str]], bool]


@dataclass(frozen=True)
class Question:
    """A query and what it means."""

    text: str
    found: Found
    origins: frozenset[str] | None = None


def questions(chance: random.Random, depth: int = 2) -> Question:
    """A random query of samples, measurements or results."""
    if depth == 0 or chance.random() < 0.25:
        return chance.choice(_LEAVES)(chance)
    match chance.choice(["and", "and", "or", "not", "ancestor"]):
        case "not":
            inner = questions(chance, depth - 1)
            origins = None if inner.origins is None else ALL - inner.origins
            if origins is not None:
                return _origins(f"not ({inner.text})", origins)
            return Question(f"not ({inner.text})", lambda w, a, r, o: not inner.found(w, a, r, o))
        case "ancestor":
            return _ancestor(chance, depth)
        case word:
            parts = [questions(chance, depth - 1) for _ in range(chance.choice([2, 3]))]
            return _joined(word, parts, chance)


ALL = frozenset(ORIGINS)


def _joined(word: str, parts: list[Question], chance: random.Random) -> Question:
    between = f" {word} " if word == "or" or chance.random() < 0.7 else " "
    text = between.join(f"({part.text})" for part in parts)
    limits = [part.origins for part in parts if part.origins is not None]
    if len(limits) == len(parts):
        return _origins(text, frozenset.intersection(*limits) if word == "and" else frozenset.union(*limits))
    if word == "or":
        return Question(text, lambda w, a, r, o: any(part.found(w, a, r, o) for part in parts))

    def found(world: World, about: str, record: Any, origins: frozenset[str]) -> bool:
        narrowed = frozenset.intersection(origins, *limits)
        here = all(part.found(world, about, record, narrowed) for part in parts if part.origins is None)
        return here and (not limits or _has_number(world, about, record, narrowed))

    return Question(text, found)


def _has_number(world: World, about: str, record: Any, origins: frozenset[str]) -> bool:
    return any(True for name in (CAPACITY, RETENTION) for _ in world.numbers(about, record, name, origins))


def _origins(text: str, origins: frozenset[str]) -> Question:
    return Question(text, lambda w, a, r, o: _has_number(w, a, r, origins & o), origins)


def _origin(chance: random.Random) -> Question:
    name = chance.choice(ORIGINS)
    return _origins(f"origin:{name}", frozenset({name}))


def _capacity(chance: random.Random) -> Question:
    """A number with uncertainty, in a unit of somebody's choice."""
    quantity = chance.choice([CAPACITY, RETENTION])
    bound = chance.choice([100, 119, 120, 125])
    sign = chance.choice(["<", "<=", ">", ">=", "=", "!="])
    unit = {CAPACITY: f"{bound / 1000:.3f} Ah/g", RETENTION: f"{bound} %"}[quantity]
    written = unit if sign not in ("=", "!=") and chance.random() < 0.5 else str(bound)

    def holds(result: Result) -> bool:
        spread = 2 * (result.uncertainty or 0)
        equal = result.value + spread >= bound - 0.5 and result.value - spread <= bound + 0.5
        return {
            "<": result.value < bound,
            "<=": result.value <= bound,
            ">": result.value > bound,
            ">=": result.value >= bound,
            "=": equal,
            "!=": not equal,
        }[sign]

    return Question(
        f"{quantity} {sign} {written}",
        lambda w, a, r, o: any(holds(one) for one in w.numbers(a, r, quantity, o)),
    )


def _range(chance: random.Random) -> Question:
    low, high = sorted(chance.sample([100, 120, 125, 130], 2))
    return Question(
        f"{CAPACITY} between {low} and {high} mAh/g",
        lambda w, a, r, o: any(low <= one.value <= high for one in w.numbers(a, r, CAPACITY, o)),
    )


def _material(chance: random.Random) -> Question:
    name = chance.choice(MATERIALS)

    def found(world: World, about: str, record: Any, origins: frozenset[str]) -> bool:
        sample = world.sample_of(about, record)
        inside = [material.name for _, material in world.components.get(sample.pk, [])]
        return name in [*inside, sample.material.name if sample.material else ""]

    return Question(f"material:{chance.choice([name, name.lower()])}", found)


def _role(chance: random.Random) -> Question:
    role, name = chance.choice(["cathode", "anode"]), chance.choice(MATERIALS)

    def found(world: World, about: str, record: Any, origins: frozenset[str]) -> bool:
        sample = world.sample_of(about, record)
        return (role, name) in [(r, material.name) for r, material in world.components.get(sample.pk, [])]

    return Question(f"{role}:{name}", found)


def _of_sample(text: str, holds: Callable[[Any], bool]) -> Question:
    return Question(text, lambda w, a, r, o: holds(w.sample_of(a, r)))


def _thickness(chance: random.Random) -> Question:
    bound = chance.choice([10, 20, 25])
    return _of_sample(
        f"thickness >= {bound / 1000} mm",
        lambda s: s.thickness is not None and s.thickness >= bound,
    )


def _code(chance: random.Random) -> Question:
    letter = chance.choice("ab")
    return _of_sample(f"code:S*-{letter.upper()}", lambda s: s.code.startswith("S") and s.code.endswith(letter))


def _kind(chance: random.Random) -> Question:
    kind = chance.choice(["powder", "mixture", "cell"])
    sign = chance.choice([":", "!="])
    return _of_sample(f"kind{sign}{kind}", lambda s: (s.kind == kind) == (sign == ":"))


def _words(chance: random.Random) -> Question:
    word = chance.choice(WORDS)
    return _of_sample(f'"{word}"', lambda s: word in s.note)


def _mass(chance: random.Random) -> Question:
    def found(world: World, about: str, record: Any, origins: frozenset[str]) -> bool:
        cell = world.cells.get(world.sample_of(about, record).pk)
        return cell is not None and cell.active_mass is not None and 2.05 <= cell.active_mass <= 2.15

    return Question("active_mass = 2.1 mg", found)


def _technique(chance: random.Random) -> Question:
    name = chance.choice(["cycling", "eis"])
    return Question(f"technique:{name}", lambda w, a, r, o: any(m.technique == name for m in w.tests_of(a, r)))


def _temperature(chance: random.Random) -> Question:
    warm = chance.random() < 0.6

    def holds(test: Measurement) -> bool:
        if not warm:
            return test.temperature is None and test.temperature_text == "RT"
        return test.temperature is not None and test.temperature > 300 - 273.15

    return Question(
        "temperature > 300 K" if warm else "temperature:rt",
        lambda w, a, r, o: any(holds(m) for m in w.tests_of(a, r)),
    )


def _date(chance: random.Random) -> Question:
    month = chance.choice([1, 2, 3])
    sign = chance.choice([":", ">", "<="])

    def holds(test: Measurement) -> bool:
        there = test.measured_at.month
        return {":": there == month, ">": there > month, "<=": there <= month}[sign]

    return Question(
        f"measured{sign}2026-{month:02}",
        lambda w, a, r, o: any(holds(m) for m in w.tests_of(a, r)),
    )


def _exists(chance: random.Random) -> Question:
    return Question(f"{RETENTION}:*", lambda w, a, r, o: any(True for _ in w.numbers(a, r, RETENTION, o)))


def _ancestor(chance: random.Random, depth: int) -> Question:
    if chance.random() < 0.4:
        inner = chance.choice([_material, _kind, _words, _thickness])(chance)
        return Question(
            f"ancestor({inner.text})",
            lambda w, a, r, o: any(inner.found(w, "samples", one, ALL) for one in w.makers(w.sample_of(a, r))[1]),
        )
    kind, low = chance.choice(["mixing", "co-sintering"]), chance.choice([600, 650, 700])
    negated = chance.random() < 0.2

    def holds(world: World, process: Process) -> bool:
        reached = [s.target if s.actual_target is None else s.actual_target for s in world.steps[process.pk]]
        return (process.kind == kind) != negated and any(low <= one <= 750 for one in reached)

    return Question(
        f"ancestor({'not ' if negated else ''}process:{kind}).temperature between {low} degC and 1023.15 K",
        lambda w, a, r, o: any(holds(w, process) for process in w.makers(w.sample_of(a, r))[0]),
    )


_LEAVES: tuple[Callable[[random.Random], Question], ...] = (
    _capacity,
    _capacity,
    _range,
    _origin,
    _material,
    _role,
    _thickness,
    _code,
    _kind,
    _words,
    _mass,
    _technique,
    _temperature,
    _date,
    _exists,
)
