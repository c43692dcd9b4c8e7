"""Lineage in forms that other programs read: W3C PROV and Process Run Crates."""

from provenance.exports.crate import Selection, crate_pieces, select
from provenance.exports.w3c_prov import as_prov_json, as_prov_n, prov_document

__all__ = ["Selection", "as_prov_json", "as_prov_n", "crate_pieces", "prov_document", "select"]
