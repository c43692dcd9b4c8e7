"""`ro-crate-metadata.json` of a crate: plain objects that point at each other by `@id`.

What the profile asks for and validators check: times to the millisecond, a single value instead of a list of one, an
instrument with address and version for each `CreateAction`, and all actions mentioned by the root.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from analysis_tasks.models import AnalysisRun
from provenance.graph import Agent, Edge, Graph, Kind, Node, in_order

Entry = dict[str, Any]

CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {
        "environment": "https://w3id.org/ro/terms/workflow-run#environment",
        "sha256": "https://w3id.org/ro/terms/workflow-run#sha256",
    },
]
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_INSTRUMENT_TYPES = {"person": "Person", "instrument": "Thing", "software": "SoftwareApplication"}


def metadata(graph: Graph, entries: Sequence[Entry], runs: Sequence[AnalysisRun], *, licence: str, site: str) -> Entry:
    """The whole document.

    Args:
        graph: Lineage of the selection.
        entries: Files of the crate; `about` names the record they hold, `run` the run that made them.
        runs: Runs that are described with code, parameters and environment.
        licence: Address of the data's licence, empty where none was chosen.
        site: Address of the server, where the kernels are described; empty where it is not known.
    """
    return {"@context": CONTEXT, "@graph": list(_Crate(graph, entries, runs, licence, site).objects())}


class _Crate:
    """Puts one document together."""

    def __init__(
        self, graph: Graph, entries: Sequence[Entry], runs: Sequence[AnalysisRun], licence: str, site: str
    ) -> None:
        self.graph, self.entries, self.runs, self.licence, self.site = graph, entries, runs, licence, site
        self.files: dict[str, str] = {entry["about"]: entry["@id"] for entry in entries if "about" in entry}
        self.ids: dict[str, str] = {node.id: self._id(node) for node in graph.nodes.values()}

    def objects(self) -> Iterator[Entry]:
        """Root first, then files, actions and what they refer to."""
        actions = [*self._steps(), *self._runs()]
        agents = {agent.id: agent for node in self.graph.nodes.values() for agent in node.agents}
        yield {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        }
        yield self._root(actions, agents.values())
        yield {"@id": _PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
        yield self._licence()
        for entry in self.entries:
            yield {key: value for key, value in entry.items() if key not in {"about", "run"}}
        yield from actions
        yield from self._things()
        yield from (_agent(agent) for agent in agents.values())
        yield from self._software()
        for run in self.runs:
            yield from _properties("param", run, run.parameters.items())
            yield from _properties("env", run, _environment(run))

    def _root(self, actions: Sequence[Entry], agents: Iterable[Agent]) -> Entry:
        start = self.graph.nodes[self.graph.start]
        people = [{"@id": _agent_id(agent)} for agent in agents if agent.kind == "person"]
        root = {
            "@id": "./",
            "@type": "Dataset",
            "name": f"{start.label} with its provenance",
            "description": f"The {start.kind} {start.label}: files as they were received, the runs that analysed them "
            "with code, parameters and numbers, and how the samples were made.",
            "datePublished": _now(),
            "license": {"@id": self.licence or "#licence"},
            "conformsTo": {"@id": _PROFILE},
            "hasPart": [{"@id": entry["@id"]} for entry in self.entries],
            "mentions": _one([{"@id": action["@id"]} for action in actions]),
        }
        if people:
            root["author"] = _one(people)
        return {key: value for key, value in root.items() if value not in (None, [])}

    def _licence(self) -> Entry:
        if self.licence:
            return {"@id": self.licence, "@type": "CreativeWork", "name": self.licence, "description": "Licence"}
        text = "No licence was chosen. Ask the people named here before you use these data."
        return {"@id": "#licence", "@type": "CreativeWork", "name": "No licence chosen", "description": text}

    def _steps(self) -> Iterator[Entry]:
        """Processes and measurements: actions without software, so no `CreateAction`."""
        for node in in_order(self.graph):
            if node.kind in {Kind.PROCESS, Kind.MEASUREMENT}:
                before = [edge for edge in self.graph.edges if edge.target == node.id and not edge.read]
                yield self._action("Action", node, [self._used(edge) for edge in before], self._after(node))

    def _used(self, edge: Edge) -> str:
        return self.ids[edge.source]

    def _after(self, node: Node) -> list[str]:
        return [self.ids[edge.target] for edge in self.graph.edges if edge.source == node.id and not edge.read]

    def _runs(self) -> Iterator[Entry]:
        """Runs: their inputs are files, for the crate holds the bytes and the reader is named on the action."""
        for run in self.runs:
            node = self.graph.nodes[str(run.pk)]
            read = [str(entry.dataset.file_id) for entry in run.inputs.all()]
            inputs = {self.files[file] for file in read if file in self.files}
            parameters = [_property_id("param", run, key) for key, value in run.parameters.items() if value is not None]
            results = [entry["@id"] for entry in self.entries if entry.get("run") == str(run.pk)]
            others = {str(source.source_id) for source in run.sources.all()}
            numbers = [entry["@id"] for entry in self.entries if entry.get("run") in others]
            action = self._action("CreateAction", node, [*sorted(inputs), *numbers, *parameters], results)
            readers = sorted({f"{entry.dataset.reader} {entry.dataset.reader_version}" for entry in run.inputs.all()})
            origin = f"files read by {', '.join(readers)}" if readers else "it reads the results of other runs"
            action |= {
                "instrument": {"@id": f"#kernel-{run.release_id}"},
                "description": f"{run.release} on {run.measurement}; {origin}",
                "actionStatus": "http://schema.org/CompletedActionStatus",
                "environment": _one([{"@id": _property_id("env", run, key)} for key, _ in _environment(run)]),
            }
            yield {key: value for key, value in action.items() if value is not None}

    def _action(self, kind: str, node: Node, objects: Sequence[str], results: Sequence[str]) -> Entry:
        action = {
            "@id": self.ids[node.id],
            "@type": kind,
            "name": node.label,
            "description": node.detail or node.label,
            "startTime": _moment(node.started),
            "endTime": _moment(node.ended),
            "agent": _one([{"@id": _agent_id(agent)} for agent in node.agents if agent.kind != "instrument"]),
            "object": _one([{"@id": key} for key in dict.fromkeys(objects)]),
            "result": _one([{"@id": key} for key in dict.fromkeys(results)]),
        }
        return {key: value for key, value in action.items() if value is not None}

    def _things(self) -> Iterator[Entry]:
        """Materials, samples, cells, publications, comparisons: named, for the crate cannot hold them."""
        for node in self.graph.nodes.values():
            if self.ids[node.id].startswith("#thing-"):
                about = ". ".join(filter(None, [node.detail, "Simulated" * node.simulated]))
                kind = "ScholarlyArticle" if node.kind is Kind.PUBLICATION else "Thing"
                yield {
                    "@id": self.ids[node.id],
                    "@type": kind,
                    "name": node.label,
                    "description": about or str(node.kind),
                    "additionalType": str(node.kind),
                }

    def _software(self) -> Iterator[Entry]:
        for release in {run.release_id: run.release for run in self.runs}.values():
            about = {
                "@id": f"#kernel-{release.pk}",
                "@type": "SoftwareApplication",
                "name": release.name,
                "version": release.version,
                "softwareVersion": release.version,
                "identifier": release.fingerprint,
                "description": "Analysis kernel; the identifier is the fingerprint of its code.",
            }
            if self.site:
                about["url"] = f"{self.site}/api/v1/kernels/{quote(release.name)}/"
            yield about

    def _id(self, node: Node) -> str:
        if node.id in self.files:
            return self.files[node.id]
        kinds = {Kind.RUN: "run", Kind.PROCESS: "step", Kind.MEASUREMENT: "step"}
        return f"#{kinds.get(node.kind, 'thing')}-{node.id}"


def _agent(agent: Agent) -> Entry:
    about: Entry = {"@id": _agent_id(agent), "@type": _INSTRUMENT_TYPES[agent.kind], "name": agent.name}
    if agent.kind == "software":
        about["description"] = "The process that computed"
    return about


def _agent_id(agent: Agent) -> str:
    return f"https://orcid.org/{agent.orcid}" if agent.orcid else f"#agent-{quote(agent.id, safe='')}"


def _properties(prefix: str, run: AnalysisRun, items: Iterable[tuple[str, Any]]) -> Iterator[Entry]:
    for key, value in items:
        if value is not None:
            yield {"@id": _property_id(prefix, run, key), "@type": "PropertyValue", "name": key, "value": str(value)}


def _property_id(prefix: str, run: AnalysisRun, key: str) -> str:
    return f"#{prefix}-{run.pk}-{quote(key, safe='')}"


def _environment(run: AnalysisRun) -> list[tuple[str, Any]]:
    """Program versions and machine of a run, libraries each for itself."""
    flat: list[tuple[str, Any]] = []
    for key, value in run.environment.items():
        flat += list(value.items()) if isinstance(value, dict) else [(key, value)]
    return [(key, value) for key, value in flat if value is not None]


def _moment(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat(timespec="milliseconds")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _one(values: list[Any]) -> Any:
    """A single value alone, several as a list, none as nothing."""
    return values[0] if len(values) == 1 else values or None
