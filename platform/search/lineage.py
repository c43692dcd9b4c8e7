"""Samples that can be reached from others over processes, as SQL: down from ancestors, up from descendants.

The walk begins at what the query names and passes only through records that the person may see, so that what is closed
neither matches nor leaves a gap that could be noticed. Plain `UNION` visits each sample once.
"""

from __future__ import annotations

from typing import Any, Final

from search.language.nodes import About, RelationName

# From a process to samples on the far side of it, and the step from a sample over a process to the next samples.
_FAR: Final[dict[RelationName, tuple[str, str]]] = {
    "ancestor": ("samples_processinput", "samples_processoutput"),
    "descendant": ("samples_processoutput", "samples_processinput"),
}


def reached(name: RelationName, about: About, condition: str, visible: Any, *, of_processes: bool) -> str:
    """SQL of the keys of samples, or of processes, that stand in a relation to what a condition names.

    Args:
        name: On which side of the found records the named ones are.
        about: What is named: processes or samples.
        condition: What must hold of a named record `x`.
        visible: Says in SQL that a project may be seen, see `search.compiler.Visible`.
        of_processes: Whether processes are found, not samples.
    """
    near, far = _FAR[name]
    step = (
        f"SELECT far.sample_id FROM reach JOIN samples_sample s ON s.id = reach.id AND {visible:s.project_id}"
        f" JOIN {near} near ON near.sample_id = reach.id"
        f" JOIN samples_process p ON p.id = near.process_id AND {visible:p.project_id}"
        f" JOIN {far} far ON far.process_id = p.id AND far.sample_id IS NOT NULL"
    )
    if about == "process":
        seeds = (
            f"SELECT far.sample_id FROM samples_process x JOIN {far} far ON far.process_id = x.id"
            f" AND far.sample_id IS NOT NULL WHERE {visible:x.project_id} AND {condition}"
        )
    elif of_processes:
        seeds = f"SELECT x.id FROM samples_sample x WHERE {visible:x.project_id} AND {condition}"
    else:
        seeds = (
            f"SELECT far.sample_id FROM samples_sample x JOIN {near} near ON near.sample_id = x.id"
            f" JOIN samples_process p ON p.id = near.process_id AND {visible:p.project_id}"
            f" JOIN {far} far ON far.process_id = p.id AND far.sample_id IS NOT NULL"
            f" WHERE {visible:x.project_id} AND {condition}"
        )
    walk = f"WITH RECURSIVE reach(id) AS ({seeds} UNION {step})"
    if not of_processes:
        return f"{walk} SELECT id FROM reach"
    return (
        f"{walk} SELECT near.process_id FROM {near} near JOIN reach ON reach.id = near.sample_id"
        f" JOIN samples_sample s ON s.id = reach.id AND {visible:s.project_id}"
    )
