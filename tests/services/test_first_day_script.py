"""The script of the how-to guides runs unchanged, as a student would run it: a process with nothing but Python."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running_site import PASSWORD

pytestmark = [pytest.mark.services, pytest.mark.servers, pytest.mark.once]
SCRIPT = Path(__file__).resolve().parents[2] / "docs/how-to/first_day.py"


def test_the_script_runs_unchanged(running_site, tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT],
        env={
            "COSINTER_URL": f"http://127.0.0.1:{running_site.port}",
            "COSINTER_USER": "admin",
            "COSINTER_PASSWORD": PASSWORD,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "fractions: [0.43, 0.35, 0.22]" in said
    assert "NCM622+LLZTO+LBO/LLZTO/Li" in said
    (capacity,) = re.findall(r"Initial discharge capacity: ([\d.]+) mAh/g, from cycling.capacity", said)
    assert float(capacity) == pytest.approx(0.019 * 15 / 2.10e-3, rel=2e-3), "19 µA for 15 h over 2.10 mg"
    assert "'active_mass': 2.1" in said
    assert said.count("NCM622+LBO+LLZTO/LLZTO/Li | ") == 1, "the paper's own cell stands in the table, too"
    address = said.strip().splitlines()[-1]
    assert running_site.get(f"comparisons/{address.rstrip('/').rpartition('/')[2]}/")["title"].startswith("My day")
