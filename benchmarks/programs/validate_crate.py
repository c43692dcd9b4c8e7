"""Validates a crate with roc-validator, without a network; prints the issues as JSON.

The validator and the RDF library under it fetch the JSON-LD context that a crate names, even of a crate on disk. Here
their requests end at this program, which answers with the copy that the package rocrate brings; all others fail.
"""

import io
import json
import sys
import urllib.error
import urllib.request
import urllib.response
from email.message import Message
from importlib.util import find_spec
from pathlib import Path

import requests
from requests.adapters import BaseAdapter
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.utils.http import HttpRequester

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
COPY = Path(find_spec("rocrate").origin).parent / "data/ro-crate.jsonld"


class Local(BaseAdapter):
    """Answers for the whole network, to the library requests."""

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
        answer = requests.Response()
        answer.request, answer.url = request, request.url
        answer.status_code = 200 if request.url == CONTEXT else 503
        answer._content = COPY.read_bytes() if answer.ok else b""
        answer.headers["Content-Type"] = "application/ld+json"
        return answer

    def close(self) -> None:
        pass


class LocalHandler(urllib.request.BaseHandler):
    """The same to the standard library."""

    handler_order = 1

    def https_open(self, request: urllib.request.Request) -> urllib.response.addinfourl:
        if request.full_url != CONTEXT:
            raise urllib.error.URLError(f"{request.full_url}: there is no network here")
        headers = Message()
        headers["Content-Type"] = "application/ld+json"
        answer = urllib.response.addinfourl(io.BytesIO(COPY.read_bytes()), headers, CONTEXT, 200)
        answer.msg = "OK"
        return answer

    http_open = https_open


def main(crate: str, profile: str, severity: str) -> None:
    urllib.request.install_opener(urllib.request.build_opener(LocalHandler()))
    settings = ValidationSettings(
        rocrate_uri=crate, profile_identifier=profile, requirement_severity=Severity[severity], no_cache=True
    )
    for scheme in ("https://", "http://"):
        HttpRequester().session.mount(scheme, Local())
    result = services.validate(settings)
    issues = [
        {"check": issue.check.identifier, "severity": issue.severity.name, "message": issue.message}
        for issue in result.get_issues()
    ]
    print(json.dumps({"passed": result.passed(), "issues": issues}))


main(*sys.argv[1:])
