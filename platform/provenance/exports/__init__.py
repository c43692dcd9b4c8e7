"""Lineage in forms that other programs read: W3C PROV (`w3c_prov`) and Process Run Crates (`crate`)."""
