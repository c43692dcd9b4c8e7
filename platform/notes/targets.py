"""Which records a comment or an attachment may lie beside, and who may see it: exactly those who see the record.

A record is named by its id, which is unique across tables; a cell has the id of its sample. So one table of comments
serves every kind, and access is asked of the record itself, wherever it has moved meanwhile.
"""

from __future__ import annotations

import functools
import operator
from typing import Any, Final, Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.models import Project
from analysis_tasks.models import AnalysisRun
from comparisons.models import Comparison
from core.history.shape import root_of
from measurements.models import Measurement, RawFile
from samples.models import Instrument, Material, Process, Protocol, Publication, Sample

KINDS: Final[dict[str, type[Any]]] = {
    "sample": Sample,
    "process": Process,
    "measurement": Measurement,
    "file": RawFile,
    "run": AnalysisRun,
    "comparison": Comparison,
    "project": Project,
    "material": Material,
    "publication": Publication,
    "instrument": Instrument,
    "protocol": Protocol,
}
KIND_CHOICES: Final = [(kind, str(model._meta.verbose_name)) for kind, model in KINDS.items()]
NAMED_KINDS: Final = [*KIND_CHOICES, ("cell", "cell")]
"""What requests may call a kind: a cell is a sample, too."""


def kind_of(record: models.Model) -> str:
    """The key of a record's kind; a cell is a sample here.

    Raises:
        KeyError: Nothing can lie beside records of this kind.
    """
    kinds = {model: kind for kind, model in KINDS.items()}
    return kinds[root_of(type(record))]


def find(kind: str, key: UUID, user: Any) -> Any:
    """A record that this person may see; None where there is none, whether or not it exists."""
    model = KINDS.get("sample" if kind == "cell" else kind)
    return None if model is None else model.objects.visible_to(user).filter(pk=key).first()


class BesideQuerySet(models.QuerySet[Any]):
    """Rows that lie beside records."""

    def visible_to(self, user: Any) -> Self:
        """Rows beside records that this person may see."""
        return self._beside(user, "visible_to")

    def editable_by(self, user: Any) -> Self:
        """Rows beside records that this person may change."""
        return self._beside(user, "editable_by")

    def _beside(self, user: Any, right: str) -> Self:
        if user.is_superuser and user.is_active:
            return self.all()
        allowed = (
            Q(kind=kind, record_id__in=getattr(model.objects, right)(user).order_by().values("pk"))
            for kind, model in KINDS.items()
        )
        return self.filter(functools.reduce(operator.or_, allowed))
