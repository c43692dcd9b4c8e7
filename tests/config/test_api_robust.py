"""Requests nobody would send: whatever comes, the API answers without an error of its own.

`pytest tests/config/test_api_robust.py --fuzz 50` sends 50 cases to each operation instead of a few, and as many
sequences of requests that follow from each other; the last line says how many it were.
"""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error

from accounts.services import create_token
from config.wsgi import application
from tests import factories


def server(environ, start_response):
    """The application behind what a server does at the end: it closes the response, and with it the request's files."""
    response = application(environ, start_response)
    try:
        return [b"".join(response)]
    finally:
        response.close()


pytestmark = [pytest.mark.django_db, pytest.mark.once]
SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
SCHEMA.app = server
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}
LEFT_OUT = {
    "POST /api/v1/auth/token/",  # is slowed down on purpose, and hashes passwords
    "POST /api/v1/uploads/",  # these two take plain bytes, which this client cannot send;
    "PATCH /api/v1/uploads/{id}/",  # tests/measurements/test_api_uploads.py sends them
}
LINKED = SCHEMA.exclude(path_regex=r"/(auth/token|uploads)/")


@pytest.fixture(autouse=True)
def _the_test_s_connection_outlives_a_request():
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def key():
    factories.material("NCM622")
    return create_token(user=factories.admin(), name="fuzz")[1]


def often(examples, **more):
    """Hypothesis without a database and a clock: the same requests each time, as many as are asked for."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )


@pytest.mark.parametrize("label", [label for label in OPERATIONS if label not in LEFT_OUT])
def test_nothing_breaks_the_api(label, key, fuzz):
    @often(fuzz.examples)
    @given(case=OPERATIONS[label].as_strategy())
    def answer(case):
        fuzz.cases += 1
        response = case.call(headers={"Authorization": f"Token {key}"})
        case.validate_response(response, checks=[not_a_server_error])

    answer()


def test_requests_that_follow_from_each_other_break_nothing(key, fuzz):
    """Records are made, read, changed and removed by what the answers say of each other."""

    class Workflow(LINKED.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": {"Authorization": f"Token {key}"}}

        def validate_response(self, response, case, **kwargs):
            fuzz.cases += 1
            case.validate_response(response, checks=[not_a_server_error])

    run_state_machine_as_test(Workflow, settings=often(fuzz.examples, stateful_step_count=10))
