"""Reads for pages that need more than one model: each returns rows a template only has to lay out."""
