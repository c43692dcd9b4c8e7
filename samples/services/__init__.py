"""Every write on samples, processes and cells."""

from samples.services.catalogue import find_or_create_term
from samples.services.cell import LayerSpec, change_cell, create_cell
from samples.services.process import InputSpec, OutputSpec, ThermalStepSpec, change_process, create_process

__all__ = [
    "InputSpec",
    "LayerSpec",
    "OutputSpec",
    "ThermalStepSpec",
    "change_cell",
    "change_process",
    "create_cell",
    "create_process",
    "find_or_create_term",
]
