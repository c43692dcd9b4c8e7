"""What of the API will go is said in headers and in the OpenAPI document, half a year before."""

from datetime import date

import pytest
from django.test import RequestFactory
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import force_authenticate

from analysis_tasks.api import FormatViewSet
from core.deprecation import Deprecation
from tests import factories

GOING = Deprecation(since=date(2026, 11, 24), sunset=date(2027, 6, 1), instead="/api/v2/formats/")


@pytest.mark.django_db
def test_the_headers_say_since_when_until_when_and_what_instead(monkeypatch):
    monkeypatch.setattr(FormatViewSet, "deprecations", {"list": GOING})
    request = RequestFactory().get("/api/v1/formats/")
    force_authenticate(request, factories.user())
    answer = FormatViewSet.as_view({"get": "list"})(request)
    assert answer.status_code == 200
    assert answer.headers["Deprecation"] == "@1795478400"
    assert answer.headers["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
    assert answer.headers["Link"] == '</api/v2/formats/>; rel="successor-version"'
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    assert paths["/api/v1/formats/"]["get"]["deprecated"] is True
    assert "deprecated" not in paths["/api/v1/formats/{name}/"]["get"]


def test_half_a_year_is_the_least_notice():
    with pytest.raises(ValueError, match="less than 183 days"):
        Deprecation(since=date(2026, 11, 24), sunset=date(2027, 1, 1))
