"""Requests nobody would send: whatever comes, the API answers without an error of its own."""

import gc

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error

from accounts.services import create_token
from config.wsgi import application
from tests import factories

pytestmark = [
    pytest.mark.django_db,
    # The client of this test does not close its responses, and with them the uploads of its requests.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
SCHEMA.app = application
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}
LEFT_OUT = {
    "POST /api/v1/auth/token/",  # is slowed down on purpose, and hashes passwords
    "POST /api/v1/uploads/",  # these two take plain bytes, which this client cannot send;
    "PATCH /api/v1/uploads/{id}/",  # tests/measurements/test_api_uploads.py sends them
}


@pytest.fixture(scope="module", autouse=True)
def _what_was_left_open_is_found_here():
    yield
    gc.collect()  # else the next module's tests would hear of it


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


@pytest.mark.parametrize("label", [label for label in OPERATIONS if label not in LEFT_OUT])
def test_nothing_breaks_the_api(label, key):
    @settings(
        max_examples=4,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy())
    def answer(case):
        response = case.call(headers={"Authorization": f"Token {key}"})
        case.validate_response(response, checks=[not_a_server_error])

    answer()
