"""Rate limits: a person and an address each have their count, which all processes share and whose loss harms nobody."""

import pytest
from django.core.cache import cache

from accounts.services import create_token
from core.throttling import ForgivingRedisCache
from tests import factories, rest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few(settings):
    cache.clear()
    settings.COSINTER_REQUESTS_PER_MINUTE = 30
    yield
    cache.clear()


def left(response):
    return int(response["RateLimit-Limit"]), int(response["RateLimit-Remaining"])


def by_token(user):
    api = rest.client()
    api.credentials(HTTP_AUTHORIZATION=f"Token {create_token(user=user, name='x')[1]}")
    return api


def test_a_person_is_counted_whatever_token_they_use_and_nobody_else_suffers():
    person = factories.user()
    first, second = by_token(person), by_token(person)
    assert left(first.get("samples/")) == (30, 29)
    assert left(second.get("results/?no_such=1")) == (30, 28)
    for _ in range(28):
        first.get("kernels/")
    answer = second.get("samples/")
    rest.problem(answer, 429)
    assert 0 < int(answer["Retry-After"]) <= 60
    assert by_token(factories.user()).get("samples/").status_code == 200


def test_an_address_without_a_sign_in_has_a_tenth():
    nobody, guesser = rest.client(), rest.client()
    guesser.credentials(HTTP_AUTHORIZATION="Token wrong")
    assert rest.problem(nobody.get("samples/"), 401)
    rest.problem(guesser.get("samples/"), 401)
    rest.problem(nobody.get("samples/"), 401)
    rest.problem(guesser.get("samples/"), 429)
    rest.problem(rest.client().get("samples/", headers={"X-Forwarded-For": "10.1.1.1"}), 429)


def test_the_count_is_shared_by_all_processes(broker):
    one, other = (ForgivingRedisCache(broker, {"KEY_PREFIX": "test"}) for _ in range(2))
    one.delete("n")
    assert one.add("n", 0, 60)
    assert [one.incr("n"), other.incr("n"), one.incr("n")] == [1, 2, 3]
    assert other.get("n") == 3


def test_without_a_server_nobody_is_kept_out(settings, tmp_path):
    gone = ForgivingRedisCache(f"unix://{tmp_path}/nobody.sock", {})
    assert gone.add("n", 0, 60) is False
    assert gone.get("n", 7) == 7
    gone.set("n", 1)
    with pytest.raises(ValueError, match="n"):
        gone.incr("n")
