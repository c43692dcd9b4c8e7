"""Fits of equivalent circuits with uncertainties, and the choice of a circuit where nobody states one."""

from analysis_tasks.kernels.circuit_fitting.choosing import Choice, choose_circuit
from analysis_tasks.kernels.circuit_fitting.fitting import WEIGHTS, Limits, fit_circuit
from analysis_tasks.kernels.circuit_fitting.result import DETERMINED, ArcValues, Fit

__all__ = ["DETERMINED", "WEIGHTS", "ArcValues", "Choice", "Fit", "Limits", "choose_circuit", "fit_circuit"]
