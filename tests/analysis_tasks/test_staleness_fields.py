"""The staleness view skips tables that do not have a field; none of them may have it after all."""

import importlib

import pytest
from django.apps import apps

view = importlib.import_module("analysis_tasks.migrations.0004_staleness_by_record")


@pytest.mark.parametrize("place", view.ELSEWHERE)
def test_a_field_that_a_table_is_not_asked_for_is_not_in_it(place):
    columns = {model._meta.db_table: {f.column for f in model._meta.local_fields} for model in apps.get_models()}
    model, table = place
    others = {other for named, other, _ in view.before.READABLE if named == model and other != table}
    for field in view.ELSEWHERE[place]:
        assert field not in columns[table]
        assert any(field in columns[other] for other in others), field
