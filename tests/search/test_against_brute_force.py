"""Random records, random queries: the side table finds what plain Python finds, for everybody who may look."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_tasks.models import Result
from measurements.models import Measurement
from samples.models import Sample
from search.install import differences
from search.language import canonical
from search.selectors import resolve, understood
from tests import factories
from tests.search.laboratory import ALL, build, questions

pytestmark = pytest.mark.django_db
QUERIES = 20


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(seed=st.integers(0, 10**6))
def test_what_is_found_is_what_plain_python_finds(seed):
    world = build(seed)
    everybody = factories.admin()
    assert differences() == []
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    asked = {"samples": world.samples, "measurements": world.measurements, "results": world.results}
    ours = {"samples": Sample, "measurements": Measurement, "results": Result}
    for number in range(QUERIES):
        question = questions(chance)
        about = ("samples", "samples", "measurements", "results")[number % 4]
        records = [one for one in asked[about] if one.pk not in world.withdrawn]
        mine = set(ours[about].objects.visible_to(world.user).values_list("pk", flat=True))
        expected = {r.pk for r in records if r.pk in mine and question.found(world, about, r, ALL)}
        found = {row.pk for row in resolve(question.text, world.user, about)}
        assert found == expected, question.text
        again = canonical(understood(question.text, world.user, about))
        assert {row.pk for row in resolve(again, world.user, about)} == expected, again
        seen, world.visible = world.visible, {s.project_id for s in world.samples}
        expected = {r.pk for r in records if question.found(world, about, r, ALL)}
        found = {row.pk for row in resolve(question.text, everybody, about)}
        world.visible = seen
        assert found & {r.pk for r in records} == expected, question.text
