"""Records for tests, made through the services that people use."""

from __future__ import annotations

from itertools import count
from typing import Any

from accounts import writing
from accounts.models import Membership, Project, User
from accounts.services import create_project
from samples.models import Cell, Material, Sample
from samples.services import InputSpec, LayerSpec, OutputSpec, ThermalStepSpec, create_cell, create_process

_numbers = count(1)


def user(name: str = "", **fields: Any) -> User:
    """A person; members of nothing."""
    return User.objects.create_user(name or f"person{next(_numbers)}", password="password", **fields)


def admin() -> User:
    """An administrator."""
    return User.objects.create_superuser(f"admin{next(_numbers)}", password="password")


def project(owner: User | None = None) -> Project:
    """A project with one owner."""
    number = next(_numbers)
    return create_project(actor=owner or user(), slug=f"project-{number}", name=f"Project {number}")


def member(project: Project, role: str) -> User:
    """A person with that role in the project."""
    person = user()
    Membership.objects.create(project=project, user=person, role=role)
    return person


def owner_of(project: Project) -> User:
    """The project's first owner."""
    return Membership.objects.get(project=project, role="owner").user


def material(name: str = "NCM622", actor: User | None = None, **fields: Any) -> Material:
    """The material of that name, made where it is missing."""
    found = Material.objects.filter(name=name).first()
    return found or writing.create(Material(name=name, **fields), actor=actor or admin())


def powder(project: Project, name: str = "NCM622", **fields: Any) -> Sample:
    """A powder lot of a material."""
    actor = owner_of(project)
    return writing.create(
        Sample(
            project=project,
            code=f"{name}-{next(_numbers)}",
            kind="powder",
            material=material(name, actor, **fields),
        ),
        actor=actor,
    )


def composite(project: Project, ratio: str = "43:35:22") -> Sample:
    """NCM622, LLZTO and LBO co-sintered at 700 °C for 1 h."""
    powders = [powder(project, "NCM622", theoretical_capacity=276.51), powder(project, "LLZTO"), powder(project, "LBO")]
    product = Sample(code=f"CC-{next(_numbers)}", kind="composite_cathode")
    create_process(
        actor=owner_of(project),
        project=project,
        kind="co-sintering",
        ratio=ratio,
        inputs=[InputSpec(sample=entry) for entry in powders],
        outputs=[OutputSpec(product)],
        thermal_steps=[ThermalStepSpec(target="700 degC", dwell="1 h")],
    )
    return product


def cell(project: Project, **fields: Any) -> Cell:
    """A cell with a composite cathode, LLZTO and lithium."""
    actor = owner_of(project)
    fields = {"active_mass": "2.10 mg", "electrode_area": "0.785 cm^2", "cell_type": "cathode|Li", **fields}
    return create_cell(
        actor=actor,
        project=project,
        code=f"CELL-{next(_numbers)}",
        layers=[
            LayerSpec("cathode", sample=composite(project)),
            LayerSpec("electrolyte", materials=[material("LLZTO", actor)]),
            LayerSpec("anode", materials=[material("Li", actor)]),
        ],
        **fields,
    )
