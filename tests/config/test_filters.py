"""Everything that a person would filter by has a filter, in words; a new field without one fails here."""

import pytest
from django.db import models

from config.api_router import router
from core.fields import QuantityField

LISTS = {prefix: view for prefix, view, _ in router.registry if getattr(view, "filterset_class", None) is not None}
# What no list is filtered by, on purpose, with the reason.
NEVER = {
    "id": "the address of the record itself",
    "version": "counts changes",
    "created_by": "the history tells",
}
CHOSEN = (models.BooleanField, models.DateField, models.ForeignKey, QuantityField)
_BALANCE = {"balance_resolution": "a property of the balance: read beside a mass, not searched"}
_ENGINE = "how the engine hands work out: seen on the page of its queues"
LEFT_OUT = {
    "samples": _BALANCE,
    "cells": {**_BALANCE, "active_mass_uncertainty": "read beside the mass, not searched"},
    "runs": dict.fromkeys(("queue", "lease_until", "sent_at", "not_before"), _ENGINE),
}


def wanted(model):
    """Fields of a kind that people filter by: choices, references, yes and no, times and quantities."""
    for field in model._meta.get_fields():
        concrete = isinstance(field, models.Field) and not field.auto_created
        if concrete and field.name not in NEVER and (isinstance(field, CHOSEN) or field.choices):
            yield field


def paths(filterset):
    """Paths of fields that some filter looks at."""
    found = set()
    for name, one in filterset.base_filters.items():
        found |= {str(one.field_name).split("__")[0], name}
        found |= {lookup.split("__")[0] for lookup in getattr(getattr(one, "lookups", None), "lookups", ())}
    return found


@pytest.mark.parametrize("prefix", LISTS)
def test_every_field_one_would_filter_by_has_a_filter(prefix):
    view = LISTS[prefix]
    known = paths(view.filterset_class)
    missing = {field.name for field in wanted(view.queryset.model)} - known
    assert missing == set(LEFT_OUT.get(prefix, {}))
