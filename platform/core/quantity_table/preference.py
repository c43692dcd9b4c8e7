"""Of which quantities less is better: where a table shows the best of several values, that is the smallest.

Of all others the largest counts as best.
"""

from typing import Final

LESS_IS_BETTER: Final = frozenset(
    {
        "activation_energy",
        "arc_resistance",
        "arc_resistance_areal",
        "bulk_resistance",
        "bulk_resistance_areal",
        "charge_transfer_resistance",
        "charge_transfer_resistance_areal",
        "crack_area_fraction",
        "crack_density",
        "crack_length",
        "crack_width",
        "cumulative_irreversible_capacity",
        "cumulative_irreversible_capacity_areal",
        "cumulative_irreversible_capacity_total",
        "deviation_from_replicates",
        "fade_by_material",
        "fade_by_polarisation",
        "fade_rate",
        "grain_boundary_resistance",
        "grain_boundary_resistance_areal",
        "interfacial_resistance",
        "interfacial_resistance_areal",
        "irreversible_capacity",
        "irreversible_capacity_areal",
        "irreversible_capacity_total",
        "kramers_kronig_residual",
        "ohmic_drop",
        "peak_separation",
        "polarisation",
        "polarisation_growth",
        "porosity",
        "profile_residual",
        "reduced_chi_squared",
        "resistance_ratio",
        "series_resistance",
        "series_resistance_areal",
        "step_resistance",
        "step_resistance_areal",
        "total_resistance",
        "total_resistance_areal",
        "voltage_dips",
    }
)
