"""W3C PROV: what is written can be read again by the library, equal; and says what the records say."""

from __future__ import annotations

import json
import re

import pytest
from prov.constants import PROV
from prov.model import ProvDocument

from provenance.exports.w3c_prov import as_prov_json, as_prov_n, prov_document
from provenance.graph import ACTIVITIES, Kind
from provenance.selectors import lineage
from tests import rest

XSD_QNAME = re.compile(r"[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*")
"""A prefixed name of XML: no digit first, no slash."""


@pytest.fixture
def graph(lab):
    return lineage(Kind.COMPARISON, "my-cells", lab.viewer, direction="up")


def test_json_survives_the_way_through_the_library(graph):
    text = as_prov_json(graph)
    again = ProvDocument.deserialize(content=text, format="json")
    assert again == prov_document(graph)
    assert as_prov_json(graph) == text


def test_prov_n_says_the_same_statements(graph):
    text = as_prov_n(graph)
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "document"
    assert lines[-1] == "endDocument"
    statements = [line for line in lines[1:-1] if line and not line.startswith("prefix")]
    assert all(re.fullmatch(r"[a-zA-Z]+\(.*\)", statement) for statement in statements)
    records = prov_document(graph).get_records()
    assert sorted(statements) == sorted(record.get_provn() for record in records)


def test_every_name_is_a_qualified_name_of_xml(graph):
    document = json.loads(as_prov_json(graph))
    kinds = set(document) - {"prefix"}
    named = [key for kind in kinds for key in document[kind] if not key.startswith("_:")]
    assert named
    assert [key for key in named if not XSD_QNAME.fullmatch(key)] == []


def test_records_become_what_the_mapping_says(lab, graph):
    document = json.loads(as_prov_json(graph))
    happened = {f"lab:a-{node.id}" for node in graph.nodes.values() if node.kind in ACTIVITIES}
    assert set(document["activity"]) == happened
    things = {f"lab:e-{node.id}" for node in graph.nodes.values() if node.kind not in ACTIVITIES}
    assert things < set(document["entity"])
    assert document["entity"][f"lab:e-{lab.file.pk}"]["voc:sha256"] == lab.file.blob_id
    used = [entry for entry in document["used"].values() if entry["prov:activity"] == f"lab:a-{lab.sintering.pk}"]
    fractions = {entry["prov:entity"]: entry["voc:massFraction"]["$"] for entry in used}
    powders = [f"lab:e-{powder.pk}" for powder in lab.powders]
    assert {key: float(value) for key, value in fractions.items()} == dict(
        zip(powders, (0.43, 0.35, 0.22), strict=True)
    )
    plan = document["entity"][f"lab:k-{lab.run.release_id}"]
    assert plan["voc:fingerprint"] == lab.run.release.fingerprint
    associated = [e for e in document["wasAssociatedWith"].values() if e["prov:activity"] == f"lab:a-{lab.run.pk}"]
    assert [entry.get("prov:plan") for entry in associated] == [f"lab:k-{lab.run.release_id}"]
    parameters = json.loads(document["entity"][f"lab:p-{lab.run.pk}"]["prov:value"])
    assert parameters == lab.run.parameters


def test_each_edge_is_one_relation(graph):
    relations = [record for record in prov_document(graph).get_records() if record.is_relation()]
    own = {"parameters", "kernel"}
    role = PROV["role"]
    from_edges = [
        record
        for record in relations
        if record.get_type() != PROV["Association"] and not own & {str(value) for value in record.get_attribute(role)}
    ]
    assert len(from_edges) == len(graph.edges)


def test_by_rest_both_forms_are_offered(lab, graph):
    api = rest.client(lab.viewer)
    answer = api.get("lineage/comparison/my-cells/?direction=up&format=prov-json")
    assert answer["Content-Type"] == "application/json"
    assert ProvDocument.deserialize(content=answer.content.decode(), format="json") == prov_document(graph)
    answer = api.get("lineage/comparison/my-cells/?direction=up&format=prov-n")
    assert answer["Content-Type"].startswith("text/provenance-notation")
    assert answer.content.decode() == as_prov_n(graph)
