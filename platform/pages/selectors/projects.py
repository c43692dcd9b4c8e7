"""Projects with what they hold."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.models import Membership, Project
from core.withdrawal import standing
from measurements.models import Measurement
from pages.listing import count_of
from samples.models import Cell, Process, Sample


def listed_projects(user: Any) -> Any:
    """Projects that a person may see, each with counts; one query for all."""
    return Project.objects.visible_to(user).annotate(
        member_count=count_of(Membership.objects.all(), "project"),
        sample_count=count_of(Sample.objects.exclude(kind=Sample.Kind.CELL), "project"),
        cell_count=count_of(Cell.objects.all(), "project"),
        measurement_count=count_of(Measurement.objects.all(), "sample__project"),
    )


def counts_of(project: Project) -> list[tuple[str, str, int]]:
    """What a project holds: what it is called, the list of it, and how many stand."""
    query = f"?project={project.slug}"
    samples = standing(Sample.objects.filter(project=project).exclude(kind=Sample.Kind.CELL))
    return [
        ("Samples", reverse("samples") + query, samples.count()),
        ("Cells", reverse("cells") + query, standing(Cell.objects.filter(project=project)).count()),
        ("Processes", "", standing(Process.objects.filter(project=project)).count()),
        (
            "Measurements",
            reverse("measurements") + query,
            standing(Measurement.objects.filter(sample__project=project)).count(),
        ),
    ]
