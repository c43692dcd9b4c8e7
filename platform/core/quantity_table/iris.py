"""Addresses of quantities in EMMO and its electrochemistry domain (release 0.35.0, which BattINFO builds on).

Only exact matches are listed: a first discharge is not any discharge, and an empty address is better than a wrong one.
"""

from typing import Final

_EMMO: Final = "https://w3id.org/emmo#EMMO_"
_ELECTROCHEMISTRY: Final = "https://w3id.org/emmo/domain/electrochemistry#electrochemistry_"

IRIS: Final = {
    "density": _EMMO + "06448f64_8db6_4304_8b2c_e785dba82044",
    "diameter": _EMMO + "c1c8ac3c_8a1c_4777_8e0b_14c1f9f9b0c6",
    "diffusion_coefficient": _EMMO + "931a725b_926d_4f60_8955_61fe17fce98b",
    "coulombic_efficiency": _ELECTROCHEMISTRY + "5696453c_9da7_41e2_bbda_603c1b90a8fc",
    "differential_capacity": _ELECTROCHEMISTRY + "10104499_6580_4867_9c5d_b9882c89c2f7",
    "discharge_capacity": _ELECTROCHEMISTRY + "884650fd_6cc6_4ec6_8264_c18fbe6b90ee",
    "discharge_capacity_total": _ELECTROCHEMISTRY + "0141b5c2_9f15_46f4_82e6_92a104faa476",
    "discharge_energy": _ELECTROCHEMISTRY + "ca36cbf3_1fed_4b88_9177_b4e16ad00cf7",
    "electronic_conductivity": _ELECTROCHEMISTRY + "ce74d2dc_d496_4116_b2fb_3e83d88bc744",
    "energy_efficiency": _ELECTROCHEMISTRY + "79198264_cdf5_4fc3_8bcf_e5140a52547a",
    "particle_diameter_d10": _ELECTROCHEMISTRY + "b83c6435_6edf_470e_9725_538a853e08f7",
    "particle_diameter_d50": _ELECTROCHEMISTRY + "3cfdfc10_a5cb_4e3e_b1a1_281010d1465c",
    "particle_diameter_d90": _ELECTROCHEMISTRY + "8e943e12_ecc0_4093_899e_7226be6be7f2",
    "specific_energy": _ELECTROCHEMISTRY + "9d57962c_e150_4e64_962b_8fd6a92c9234",
    "specific_surface": _ELECTROCHEMISTRY + "cf54e7c1_f359_4715_b61d_0350b890d597",
}
