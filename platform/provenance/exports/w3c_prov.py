"""A lineage graph as a W3C PROV document, in JSON or in PROV-N. The mapping: docs/reference/provenance.md.

The same graph gives the same document at every door: names are made of UUIDs, and no address of a server is in them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from prov.identifier import QualifiedName
from prov.model import ProvDocument

from core.canonical import canonical_json
from provenance.graph import ACTIVITIES, Agent, Edge, Graph, Kind, Node, in_order

ID_SPACE = "urn:cosinter:id:"
WORD_SPACE = "urn:cosinter:vocabulary:"

_AGENT_TYPES = {"person": "prov:Person", "software": "prov:SoftwareAgent", "instrument": "voc:Instrument"}
_OWN_RECORDS = {"parameters", "kernel", "kernel_version", "fingerprint", "release"}
"""Facts of a run that have records of their own: the parameters it used, and the kernel as its plan."""


def as_prov_json(graph: Graph) -> str:
    """The document in PROV-JSON (W3C member submission of 24 April 2013)."""
    return str(prov_document(graph).serialize(indent=1))


def as_prov_n(graph: Graph) -> str:
    """The document in PROV-N (W3C recommendation of 30 April 2013)."""
    return str(prov_document(graph).get_provn())


def prov_document(graph: Graph) -> ProvDocument:
    """The document: things are entities, what happened are activities, people, workers and instruments are agents."""
    return _Writer(graph).document


def name_of(node: Node) -> str:
    """Local name of a record: a letter before the UUID, for a name must not begin with a digit."""
    return f"lab:{'a' if node.kind in ACTIVITIES else 'e'}-{node.id}"


class _Writer:
    """Writes one document."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self.document = ProvDocument()
        self.document.add_namespace("lab", ID_SPACE)
        self.document.add_namespace("voc", WORD_SPACE)
        self.agents: set[str] = set()
        self.releases: set[str] = set()
        for node in in_order(graph):
            if node.kind in ACTIVITIES:
                self._activity(node)
            else:
                self.document.entity(name_of(node), self._facts(node))
        for edge in graph.edges:
            self._edge(edge, graph.nodes[edge.source], graph.nodes[edge.target])

    def _activity(self, node: Node) -> None:
        self.document.activity(name_of(node), node.started, node.ended, self._facts(node))
        plan = self._kernel(node) if node.kind is Kind.RUN else None
        for agent in node.agents:
            name = self._agent(agent)
            with_plan = plan if agent.kind == "software" else None
            self.document.wasAssociatedWith(name_of(node), name, with_plan, other_attributes={"prov:role": agent.role})
        if node.kind is Kind.RUN:
            self._parameters(node, plan)

    def _kernel(self, node: Node) -> str:
        """The kernel in its version: the plan that the worker followed."""
        name = f"lab:k-{node.attributes['release']}"
        if name not in self.releases:
            self.releases.add(name)
            facts = {
                "prov:type": self._word("prov:Plan"),
                "prov:label": node.label,
                "voc:kernel": node.attributes["kernel"],
                "voc:version": node.attributes["kernel_version"],
                "voc:fingerprint": node.attributes["fingerprint"],
            }
            self.document.entity(name, facts)
        return name

    def _parameters(self, node: Node, plan: str | None) -> None:
        """The frozen parameters of a run as an entity that it used; and its kernel, where no worker is known."""
        name = f"lab:p-{node.id}"
        value = canonical_json(node.attributes.get("parameters", {}))
        self.document.entity(name, {"prov:type": self._word("voc:parameters"), "prov:value": value})
        self.document.used(name_of(node), name, other_attributes={"prov:role": "parameters"})
        if plan is not None and not any(agent.kind == "software" for agent in node.agents):
            self.document.used(name_of(node), plan, other_attributes={"prov:role": "kernel"})

    def _agent(self, agent: Agent) -> str:
        name = f"lab:g-{_plain(agent.id)}"
        if name not in self.agents:
            self.agents.add(name)
            facts: dict[str, Any] = {"prov:type": self._word(_AGENT_TYPES[agent.kind]), "prov:label": agent.name}
            if agent.orcid:
                facts["voc:orcid"] = agent.orcid
            self.document.agent(name, facts)
        return name

    def _facts(self, node: Node) -> list[tuple[str, Any]]:
        facts: list[tuple[str, Any]] = [("prov:type", self._word(f"voc:{node.kind}")), ("prov:label", node.label)]
        if node.id.startswith("results-"):
            facts.append(("prov:type", self._word("prov:Collection")))
        if node.simulated:
            facts.append(("voc:simulated", True))
        facts += [("voc:stale", reason) for reason in node.stale]
        if node.state:
            facts.append(("voc:state", node.state))
        for key, value in sorted(node.attributes.items()):
            if key not in _OWN_RECORDS or node.kind is not Kind.RUN:
                facts.append(("prov:value" if key == "value" else f"voc:{key}", _literal(value)))
        return facts

    def _edge(self, edge: Edge, source: Node, target: Node) -> None:
        facts: dict[str, Any] = {"prov:role": edge.role}
        if edge.fraction is not None:
            facts["voc:massFraction"] = edge.fraction
        if edge.detail:
            facts["voc:detail"] = edge.detail
        happened = (source.kind in ACTIVITIES, target.kind in ACTIVITIES)
        _WRITERS[happened](self.document, source, target, facts)

    def _word(self, text: str) -> QualifiedName:
        word = self.document.valid_qualified_name(text)
        assert word is not None  # noqa: S101 (prefixes are ours)
        return word


def _used(document: ProvDocument, source: Node, target: Node, facts: dict[str, Any]) -> None:
    document.used(name_of(target), name_of(source), other_attributes=facts)


def _generated(document: ProvDocument, source: Node, target: Node, facts: dict[str, Any]) -> None:
    document.wasGeneratedBy(name_of(target), name_of(source), source.ended, other_attributes=facts)


def _informed(document: ProvDocument, source: Node, target: Node, facts: dict[str, Any]) -> None:
    document.wasInformedBy(name_of(target), name_of(source), other_attributes=_without_role(facts))


def _derived(document: ProvDocument, source: Node, target: Node, facts: dict[str, Any]) -> None:
    if source.kind is Kind.MATERIAL and target.kind is Kind.SAMPLE:
        document.specializationOf(name_of(target), name_of(source))
    elif source.kind is Kind.PUBLICATION:
        document.hadPrimarySource(name_of(target), name_of(source), other_attributes=_without_role(facts))
    else:
        document.wasDerivedFrom(name_of(target), name_of(source), other_attributes=_without_role(facts))


def _without_role(facts: dict[str, Any]) -> dict[str, Any]:
    """`prov:role` belongs to usage, generation and association only; elsewhere the role is a word of ours."""
    return {("voc:role" if key == "prov:role" else key): value for key, value in facts.items()}


_WRITERS: Mapping[tuple[bool, bool], Callable[[ProvDocument, Node, Node, dict[str, Any]], None]] = {
    (False, True): _used,
    (True, False): _generated,
    (True, True): _informed,
    (False, False): _derived,
}


def _literal(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value


def _plain(text: str) -> str:
    """A text as a local name: letters, digits and dashes."""
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in text)
