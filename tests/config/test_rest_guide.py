"""The page about the REST API: its script runs as printed, and it names every address."""

import re
from pathlib import Path

import pytest
from django.core.cache import cache

from config.api_router import router
from tests import factories

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/rest.md").read_text()
CYCLES = "test_time_second,voltage_volt,current_ampere\n" + "".join(
    f"{(cycle * 900 + minute) * 60},{3.5 + (minute / 1000 if minute < 600 else 0.5 - minute / 2000):.4f},"
    f"{1e-4 if minute < 600 else -1e-4}\n"
    for cycle in range(2)
    for minute in range(900)
)


@pytest.mark.parametrize("prefix", [prefix for prefix, *_ in router.registry])
def test_every_address_is_named(prefix):
    assert f"{prefix}/" in PAGE


@pytest.mark.django_db(transaction=True)
def test_the_script_runs_as_printed(live_server, tmp_path, monkeypatch, capsys):
    cache.clear()
    project = factories.project(factories.user("ada"))
    for name in ("NCM622", "LLZTO", "LBO", "Li"):
        factories.material(name)
    file = tmp_path / "run.csv"
    file.write_text(CYCLES)
    for name, value in {
        "URL": live_server.url,
        "USER": "ada",
        "PASSWORD": "password",
        "PROJECT": project.slug,
        "FILE": str(file),
    }.items():
        monkeypatch.setenv(f"COSINTER_{name}", value)
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(script, "rest.md", "exec"), {"__name__": "__main__"})  # noqa: S102 (our own page)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "NCM622+LLZTO+LBO/LLZTO/Li succeeded"
    value, _, origin = lines[1].partition(" mAh/g from ")
    assert float(value) == pytest.approx(0.5 / 2.10e-3, rel=5e-3)
    assert origin.startswith("cycling.capacity")
