"""References to the records of this app, as every serializer shows and accepts them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from core.serializers import ReferenceField
from samples.models import Cell, Instrument, Material, Process, Protocol, Publication, Sample, Term
from samples.services import find_or_create_term


class MaterialField(ReferenceField):
    """A material, by id or name. An unknown one is an error: materials are never invented."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Material.objects.all, "material", "name", **kwargs)


class PublicationField(ReferenceField):
    """A publication, by id, label or DOI."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Publication.objects.all, "publication", "label", "doi", **kwargs)


class InstrumentField(ReferenceField):
    """An instrument, by id or name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Instrument.objects.all, "instrument", "name", **kwargs)


class ProtocolField(ReferenceField):
    """A protocol, by id or name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Protocol.objects.all, "protocol", "name", **kwargs)


class ProcessField(ReferenceField):
    """A process, by id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Process.objects.all, "process", **kwargs)


class SampleField(ReferenceField):
    """A sample, by id, by code, or as PROJECT/CODE; a code means the one in the request's project, if there is one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Sample.objects.all)
        kwargs.setdefault("route", "sample")
        super().__init__(kwargs.pop("queryset"), kwargs.pop("route"), "code", **kwargs)

    def _by_name(self, visible: Any, name: str) -> list[Any]:
        project, slash, code = name.rpartition("/")
        if slash:
            return list(visible.filter(project__slug__iexact=project, code__iexact=code)[:2])
        found = list(visible.filter(code__iexact=name).select_related("project")[:50])
        here = [sample for sample in found if self._is_in_own_project(sample)]
        return here or found

    def _asked_within(self) -> Hashable:
        return self._own_project()

    def _is_in_own_project(self, sample: Sample) -> bool:
        return self._own_project() in {str(sample.project_id), sample.project.slug.casefold()}

    def _own_project(self) -> str:
        """Id or short name of the project that the request is about."""
        root: Any = self.root
        given = getattr(root, "initial_data", None)
        named = given.get("project") if isinstance(given, Mapping) else None
        if isinstance(named, dict):
            named = named.get("id")
        if named is None and getattr(root, "instance", None) is not None:
            named = getattr(root.instance, "project_id", None)
        return str(named).casefold()


class CellField(SampleField):
    """A cell, as a sample is named."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Cell.objects.all, route="cell", **kwargs)


class TermField(ReferenceField):
    """A word of a vocabulary, by id or by the word itself, which is added where it is new."""

    def __init__(self, vocabulary: str, **kwargs: Any) -> None:
        super().__init__(self._terms, "term", "label", **kwargs)
        self.vocabulary = vocabulary

    def _terms(self) -> Any:
        return Term.objects.filter(vocabulary=self.vocabulary)

    def _asked_within(self) -> Hashable:
        return self.vocabulary

    def _by_name(self, visible: Any, name: str) -> list[Any]:
        del visible
        actor = self.context["request"].user
        return [find_or_create_term(actor=actor, vocabulary=self.vocabulary, label=name)]
