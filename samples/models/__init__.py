"""Records of what a laboratory makes: materials, samples, processes and cells."""

from samples.models.catalogue import Instrument, Material, Publication, Term
from samples.models.cell import Cell, CellLayer, LayerComponent
from samples.models.process import Process, ProcessInput, ProcessOutput, Protocol, ThermalStep
from samples.models.sample import Sample

__all__ = [
    "Cell",
    "CellLayer",
    "Instrument",
    "LayerComponent",
    "Material",
    "Process",
    "ProcessInput",
    "ProcessOutput",
    "Protocol",
    "Publication",
    "Sample",
    "Term",
    "ThermalStep",
]
