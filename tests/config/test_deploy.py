"""A site behind HTTPS passes Django's own check for deployment, and its cookies and headers are closed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "COSINTER_HTTPS": "1",
    "COSINTER_ALLOWED_HOSTS": "lab.example.org",
}
ASKED = """
from django.conf import settings as s
from django.contrib.auth.hashers import get_hasher
print(get_hasher().algorithm, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_SECURE,
      s.SESSION_COOKIE_SAMESITE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS >= 31536000, s.X_FRAME_OPTIONS,
      s.SECURE_CONTENT_TYPE_NOSNIFF, s.DEBUG)
"""


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """Runs a management command as on a site behind a proxy that speaks HTTPS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COSINTER_", "DJANGO_"))}
    home = tmp_path_factory.mktemp("home")
    environment = {**kept, **PRODUCTION, "COSINTER_HOME": str(home)}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return run


def test_the_check_for_deployment_finds_nothing(production):
    checked = production("check", "--deploy", "--fail-level", "INFO")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "no issues" in checked.stdout


def test_passwords_cookies_and_headers(production):
    told = production("shell", "--verbosity", "0", "--command", ASKED)
    assert told.stdout.split() == ["argon2", *["True"] * 3, "Lax", "True", "True", "DENY", "True", "False"], told.stderr
