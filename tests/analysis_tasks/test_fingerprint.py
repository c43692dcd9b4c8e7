"""Fingerprints follow the meaning of the code and nothing else; released versions keep theirs."""

import ast
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis_tasks.fingerprint import ROOT, Sources, canonical, closure, environment, fingerprint
from analysis_tasks.kernels import KERNELS, builtin_kernels
from analysis_tasks.releases import RELEASES, VersionNotRaised, differences, read_releases, record_release

KERNEL = '''"""A kernel."""
import numpy as np
from lab.helper import FACTOR


def run(inputs, parameters):
    """Runs."""
    from lab.late import OFFSET

    return np.sum(inputs) * FACTOR + OFFSET
'''
HELPER, LATE, OTHER = "FACTOR = 2\n", "OFFSET = 1\n", "UNRELATED = 1\n"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    package = tmp_path / "lab"
    package.mkdir()
    for name, text in (
        ("__init__", '"""A lab."""\n'),
        ("kernel", KERNEL),
        ("helper", HELPER),
        ("late", LATE),
        ("other", OTHER),
    ):
        (package / f"{name}.py").write_text(text)
    return package


def hashes(lab: Path) -> dict[str, str]:
    closure.cache_clear()
    return dict(closure("lab.kernel", Sources(roots=(lab.parent,))).modules)


def test_the_closure_holds_imports_at_the_top_and_inside_functions(lab):
    found = closure("lab.kernel", Sources(roots=(lab.parent,)))
    assert set(found.modules) == {"lab", "lab.kernel", "lab.helper", "lab.late"}
    assert found.third_party == ("numpy",)


@pytest.mark.parametrize(
    ("module", "before", "after"),
    [
        ("helper", "FACTOR = 2", "FACTOR = 3"),
        ("late", "OFFSET = 1", "OFFSET = 1.5"),
        ("kernel", "* FACTOR + OFFSET", "* FACTOR - OFFSET"),
        ("__init__", '"""A lab."""', "import numpy\nnumpy.seterr(all='ignore')"),
    ],
)
def test_what_changes_numbers_changes_the_fingerprint(lab, module, before, after):
    first = hashes(lab)
    path = lab / f"{module}.py"
    path.write_text(path.read_text().replace(before, after))
    assert hashes(lab) != first


@pytest.mark.parametrize(
    ("module", "before", "after"),
    [
        ("kernel", '"""Runs."""', '"""Runs, quickly."""'),
        ("kernel", "    return", "    # the sum\n\n    return"),
        ("kernel", "np.sum(inputs) * FACTOR + OFFSET", "(np.sum(inputs) * FACTOR) + OFFSET"),
        ("helper", "FACTOR = 2", "FACTOR  =  2  # twice"),
        ("other", "UNRELATED = 1", "UNRELATED = 2"),
    ],
)
def test_what_cannot_change_numbers_does_not(lab, module, before, after):
    first = hashes(lab)
    path = lab / f"{module}.py"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    assert hashes(lab) == first


def test_relative_imports_are_followed(lab):
    (lab / "kernel.py").write_text("from . import helper\nfrom .late import OFFSET\n")
    assert {"lab.helper", "lab.late"} <= set(hashes(lab))


def test_the_capacity_kernel_depends_on_its_parts_and_not_on_the_list_of_kernels():
    found = closure("analysis_tasks.kernels.cycling_capacity", Sources())
    assert {"analysis_tasks.kernels.half_cycles", "analysis_tasks.kernels.charge_counter", "core.tables"} <= set(
        found.modules
    )
    assert "analysis_tasks.kernels" not in found.modules
    assert not {"django", "celery", "core.quantities"} & {*found.modules, *found.third_party}
    assert set(environment(KERNELS["cycling.capacity"])) >= {"python", "numpy"}


@pytest.mark.parametrize("kernel", builtin_kernels(), ids=lambda kernel: kernel.name)
def test_kernels_use_numbers_and_nothing_that_changes_by_itself(kernel):
    """No clock, no chance, no network, no files found by name: only these may be imported."""
    found = closure(kernel.run.__module__, Sources())
    assert set(found.third_party) <= {"numpy", "scipy", "polars", "pyarrow"}
    assert not {"time", "datetime", "random", "secrets", "socket", "urllib", "os", "subprocess", "importlib"} & set(
        found.standard
    )


def test_other_python_versions_give_the_same_fingerprint():
    """Newer versions write fields that older ones do not have; the canonical text is the same."""
    others = [path for path in _other_pythons() if path]
    if not others:
        pytest.skip("no other Python version is installed here")
    source = ROOT / "analysis_tasks" / "kernels" / "cycling_capacity.py"
    own = canonical(ast.parse(source.read_text(encoding="utf-8")))
    program = (
        "import ast, sys, types\n"
        "for name in ('analysis_tasks.kernels', 'analysis_tasks.kernels.base'):\n"
        "    sys.modules[name] = types.ModuleType(name)\n"
        "sys.modules['analysis_tasks.kernels.base'].Kernel = object\n"
        "from analysis_tasks.fingerprint import canonical\n"
        "sys.stdout.write(canonical(ast.parse(open(sys.argv[1], encoding='utf-8').read())))\n"
    )
    for python in others:
        result = subprocess.run(
            [python, "-c", program, source],
            capture_output=True,
            check=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": f"{ROOT}", "PYTHONIOENCODING": "utf-8"},
        )
        assert result.stdout == own, python


def _other_pythons() -> list[str]:
    """Programs of other versions that can read the project's syntax."""
    found = []
    for minor in range(11, 20):
        if minor == sys.version_info.minor:
            continue
        for folder in (*map(Path, os.environ["PATH"].split(os.pathsep)), *_managed(minor)):
            python = folder / f"python3.{minor}"
            if python.is_file() and _starts(python):
                found.append(str(python))
                break
    return found


def _managed(minor: int) -> list[Path]:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return sorted(root.glob(f"3.{minor}.*/bin"))


def _starts(python: Path) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def test_released_kernels_have_the_code_that_was_released():
    assert differences(builtin_kernels(), read_releases()) == []


def test_changed_code_under_an_old_version_is_named():
    kernel = KERNELS["cycling.capacity"]
    (problem,) = differences([kernel], {kernel.name: {kernel.version: "sha256:0"}})
    assert "the code of cycling.capacity has changed but its version is still" in problem
    raised = dataclasses.replace(kernel, version="999")
    (problem,) = differences([raised], read_releases())
    assert "999 is not recorded" in problem


def test_recording_a_release(tmp_path):
    path, kernel = tmp_path / "releases.json", dataclasses.replace(KERNELS["cycling.capacity"], version="1")
    assert len(record_release([kernel], path=path)) == 1
    assert record_release([kernel], path=path) == []
    path.write_text(json.dumps({kernel.name: {kernel.version: "sha256:0"}}))
    with pytest.raises(VersionNotRaised, match=r"cycling\.capacity"):
        record_release([kernel], path=path)
    raised = dataclasses.replace(kernel, version="2")
    record_release([raised], path=path)
    assert read_releases(path)[kernel.name] == {"1": "sha256:0", "2": fingerprint(raised)}
    record_release([kernel], same_results=True, path=path)
    assert read_releases(path)[kernel.name]["1"] == fingerprint(kernel)


def test_the_list_of_releases_is_kept_tidy():
    releases = read_releases()
    assert RELEASES.read_text(encoding="utf-8") == json.dumps(releases, indent=2, sort_keys=True) + "\n"
