"""Every setting is documented, read in one place, and refused with words where it is wrong."""

import re
from pathlib import Path

import pytest

from config import environment
from config.databases import address_settings
from config.environment import SettingError

ROOT = Path(__file__).resolve().parents[2]
CODE = ("platform", "samples", "measurements", "analysis_tasks")
# These pass the whole environment on to a program, or name Django's settings; they read no setting.
PASSES_ON = {
    "platform/config/environment.py",
    "platform/config/settings_test.py",
    "platform/config/celery.py",
    "platform/config/wsgi.py",
    "platform/config/embedded/postgres.py",
    "platform/config/backup/database.py",
    "platform/config/supervisor/parts.py",
    "platform/core/sandbox/client.py",
}


def test_the_reference_page_is_the_table_of_settings() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert page == environment.reference(), "write it anew: PYTHONPATH=platform python -m config.environment"


def test_nothing_else_reads_the_environment() -> None:
    readers = {
        str(file.relative_to(ROOT))
        for folder in CODE
        for file in (ROOT / folder).rglob("*.py")
        if re.search(r"os\.environ|os\.getenv|\bgetenv\(|\benviron\b", file.read_text(encoding="utf-8"))
    }
    assert readers <= PASSES_ON
    for file in PASSES_ON - {"platform/config/environment.py", "platform/config/settings_test.py"}:
        assert not re.search(r"environ(\.get\(|\[)['\"]", (ROOT / file).read_text(encoding="utf-8")), file


def test_every_setting_that_the_code_names_is_in_the_table() -> None:
    known = {setting.name for setting in environment.SETTINGS}
    named = set()
    for file in (ROOT / "platform").rglob("*.py"):
        named |= set(
            re.findall(
                r'environment\.(?:text|required_text|number|flag|words|limits|address|path)\("(\w+)"\)',
                file.read_text("utf-8"),
            )
        )
    assert named
    assert named <= known


@pytest.mark.parametrize(
    ("name", "value", "read", "message"),
    [
        ("PORT", "http", environment.number, "PORT is 'http'; it must be a whole number of at least 1"),
        ("PORT", "0", environment.number, "PORT is '0'; it must be a whole number of at least 1"),
        (
            "COSINTER_KERNEL_LIMITS",
            "a.b=60/100, a.c=1h",
            environment.limits,
            "COSINTER_KERNEL_LIMITS holds 'a.c=1h'; each part must read name=seconds/MiB",
        ),
        (
            "COSINTER_SITE_URL",
            "lab.example.org",
            environment.address,
            "COSINTER_SITE_URL is 'lab.example.org'; it must read https://host or http://host:port",
        ),
        ("COSINTER_SITE_URL", "https://lab.example.org/x", environment.address, "with nothing after it"),
        ("COSINTER_DEBUG", "perhaps", environment.flag, "COSINTER_DEBUG is 'perhaps'; it must be one of 0, 1, false"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch, name, value, read, message) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=re.escape(message)):
        read(name)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("COSINTER_TRUSTED_ORIGINS", " https://a.example , https://b.example,")
    assert environment.number("PORT") == 8000
    assert environment.words("COSINTER_TRUSTED_ORIGINS") == ["https://a.example", "https://b.example"]


def test_a_database_address_is_taken_apart() -> None:
    assert address_settings("postgresql://lab%40x:p%2Fw@Db.example:5433/cells?sslmode=require") == {
        "NAME": "cells",
        "USER": "lab@x",
        "PASSWORD": "p/w",
        "HOST": "Db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }
    assert address_settings("postgresql://lab:pw@%2Fvar%2FRun:5432/cells")["HOST"] == "/var/Run"
    assert address_settings("postgresql://lab@[::1]/cells")["HOST"] == "::1"


@pytest.mark.parametrize("url", ["mysql://lab:secret@host/cells", "postgresql://lab:secret@host", "cells"])
def test_a_wrong_database_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingError, match="it must read postgresql://user:password@host:port/name") as refusal:
        address_settings(url)
    assert "secret" not in str(refusal.value)


def test_limits_of_kernels_are_seconds_and_bytes(monkeypatch) -> None:
    monkeypatch.setenv("COSINTER_KERNEL_LIMITS", "cycling.capacity=600/2048, eis.drt=30/512")
    assert environment.limits("COSINTER_KERNEL_LIMITS") == {
        "cycling.capacity": (600.0, 2048 << 20),
        "eis.drt": (30.0, 512 << 20),
    }
