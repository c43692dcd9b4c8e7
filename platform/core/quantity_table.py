"""The table of quantities: each is declared here once, with its unit, its range and what it means.

`core.quantities` is the door to it; readers, kernels, records, REST and documentation use the same keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Quantity:
    """One quantity.

    Attributes:
        key: Its name everywhere, such as `ionic_conductivity`.
        label: Its name for people.
        symbol: Its symbol in formulas.
        unit: The canonical unit, in ASCII: values are stored in it.
        description: What it is, in one line.
        iri: Its address in EMMO or BattINFO, empty where none is certain.
        minimum: Smallest possible value, None where there is none.
        maximum: Largest possible value, None where there is none.
    """

    key: str
    label: str
    symbol: str
    unit: str
    description: str
    iri: str = ""
    minimum: float | None = None
    maximum: float | None = None


def _positive(key: str, label: str, symbol: str, unit: str, description: str) -> Quantity:
    """A quantity that cannot be negative."""
    return Quantity(key, label, symbol, unit, description, minimum=0.0)


def _share(key: str, label: str, symbol: str, unit: str, description: str) -> Quantity:
    """A part of a whole: 0 to 1, or 0 to 100 %."""
    return Quantity(key, label, symbol, unit, description, minimum=0.0, maximum=100.0 if unit == "%" else 1.0)


def _temperature(key: str, label: str, symbol: str, description: str) -> Quantity:
    return Quantity(key, label, symbol, "degC", description, minimum=-273.15)


def _capacities(key: str, label: str, symbol: str, description: str) -> tuple[Quantity, ...]:
    """A capacity per active mass, as such (`_total`) and per electrode area (`_areal`)."""
    return (
        _positive(key, label, symbol, "mAh/g", f"{description}, per mass of active material."),
        _positive(
            f"{key}_total", f"{label} (total)", symbol.upper(), "mAh", f"{description}, of the whole cell."
        ),
        _positive(
            f"{key}_areal",
            f"{label} (areal)",
            f"{symbol}_A",
            "mAh/cm^2",
            f"{description}, per electrode area.",
        ),
    )


def _resistances(key: str, label: str, symbol: str, description: str) -> tuple[Quantity, ...]:
    """A resistance and the same times the electrode area (`_areal`)."""
    return (
        _positive(key, label, symbol, "ohm", f"{description}."),
        _positive(
            f"{key}_areal", f"{label} (areal)", f"{symbol}·A", "ohm*cm^2", f"{description}, times the area."
        ),
    )


RECORDS: Final = (
    _positive("mass", "Mass", "m", "g", "Mass of a sample or of what a process took in or gave."),
    _positive("amount", "Amount", "m", "g", "Amount of a sample that was made or received."),
    _positive("amount_left", "Amount left", "m_left", "g", "Amount of a sample that has not been used yet."),
    _positive("mass_uncertainty", "Mass uncertainty", "u(m)", "g", "Standard uncertainty of a mass."),
    _positive(
        "active_mass",
        "Active mass",
        "m_act",
        "mg",
        "Mass of active material: cathode mass x active weight fraction.",
    ),
    _positive(
        "active_mass_uncertainty",
        "Active mass uncertainty",
        "u(m_act)",
        "mg",
        "Standard uncertainty of the active mass.",
    ),
    _positive(
        "cathode_mass",
        "Cathode mass",
        "m_cat",
        "mg",
        "Mass of the composite cathode without its current collector.",
    ),
    _positive(
        "electrode_mass", "Electrode mass", "m_el", "mg", "Mass of an electrode with its current collector."
    ),
    _positive(
        "collector_mass", "Current collector mass", "m_cc", "mg", "Mass of the bare current collector."
    ),
    _positive("active_loading", "Active loading", "L", "mg/cm^2", "Active mass per electrode area."),
    _positive("electrode_area", "Electrode area", "A", "cm^2", "Geometric area of the electrode."),
    _share("weight_fraction", "Weight fraction", "w", "1", "Mass of one component over the mass of all."),
    _share(
        "active_weight_fraction",
        "Active weight fraction",
        "w_act",
        "1",
        "Mass of active material over the mass of the electrode.",
    ),
    _positive(
        "theoretical_capacity",
        "Theoretical capacity",
        "q_th",
        "mAh/g",
        "n F / (3.6 M) of the active material.",
    ),
    _positive(
        "one_c",
        "1C convention",
        "1C",
        "mAh/g",
        "The capacity a C-rate is meant by: 1C is this number in mA/g.",
    ),
    _positive(
        "n_p_ratio",
        "N/P ratio",
        "N/P",
        "1",
        "Areal capacity of the negative over that of the positive electrode.",
    ),
    _positive("molar_mass", "Molar mass", "M", "g/mol", "Mass of one mole of formula units."),
    _positive("thickness", "Thickness", "d", "um", "Thickness of a layer, foil or pellet."),
    _positive("diameter", "Diameter", "D", "mm", "Diameter of a pellet, electrode or die."),
    _positive("density", "Density", "rho", "g/cm^3", "Mass per volume."),
    _positive(
        "theoretical_density", "Theoretical density", "rho_th", "g/cm^3", "Density of the pore-free material."
    ),
    _positive("relative_density", "Relative density", "rho_rel", "%", "Density over theoretical density."),
    _positive(
        "specific_surface", "Specific surface", "S", "m^2/g", "Surface per mass, as by gas adsorption."
    ),
    _positive("volume", "Volume", "V", "mL", "Volume of a liquid or a vessel."),
    _positive(
        "molar_concentration", "Concentration", "c", "mol/L", "Amount of substance per volume of solution."
    ),
)

CONDITIONS: Final = (
    _temperature("temperature", "Temperature", "T", "Temperature of a sample, a measurement or a process."),
    _temperature("target_temperature", "Target temperature", "T", "Temperature a thermal step goes to."),
    _positive("duration", "Duration", "t", "h", "Time from beginning to end."),
    _positive(
        "dwell_time", "Dwell time", "t_dwell", "h", "Time at the target temperature of a thermal step."
    ),
    _positive("ramp_rate", "Ramp rate", "beta", "K/min", "Speed of heating or cooling, without sign."),
    _positive("pressure", "Pressure", "p", "MPa", "Pressure of pressing or of an atmosphere."),
    _positive(
        "stack_pressure", "Stack pressure", "p_stack", "MPa", "Pressure on the cell while it is operated."
    ),
    _positive(
        "assembly_pressure",
        "Assembly pressure",
        "p_asm",
        "MPa",
        "Pressure on the cell while it was assembled.",
    ),
    _positive("gas_flow", "Gas flow", "F", "mL/min", "Flow of the atmosphere through a furnace."),
    _positive("rotation_rate", "Rotation rate", "n", "rpm", "Speed of a mill, mixer or centrifuge."),
    _positive("oxygen_level", "Oxygen level", "x_O2", "ppm", "Oxygen in a glovebox or an atmosphere."),
    _positive("water_level", "Water level", "x_H2O", "ppm", "Water in a glovebox or an atmosphere."),
    _share("relative_humidity", "Relative humidity", "RH", "%", "Water vapour in air over its saturation."),
    _share("state_of_charge", "State of charge", "SOC", "%", "Charge in the cell over its full charge."),
    Quantity(
        "voltage", "Voltage", "V", "V", "Voltage of the working against the counter or reference electrode."
    ),
    Quantity("open_circuit_voltage", "Open-circuit voltage", "V_oc", "V", "Voltage when no current flows."),
    Quantity(
        "voltage_amplitude",
        "Voltage amplitude",
        "V_ac",
        "mV",
        "Amplitude of the voltage of an impedance measurement.",
    ),
    Quantity("scan_rate", "Scan rate", "v", "mV/s", "Speed of the voltage of a voltammogram."),
    Quantity("current", "Current", "I", "mA", "Current; positive charges the cell."),
    Quantity("time", "Time", "t", "s", "Time since the beginning of a measurement."),
    _positive("frequency", "Frequency", "f", "Hz", "Frequency of an alternating signal."),
    _positive("wavelength", "Wavelength", "lambda", "angstrom", "Wavelength of the radiation."),
    _positive(
        "acceleration_voltage",
        "Acceleration voltage",
        "U",
        "kV",
        "Acceleration voltage of an electron microscope or tube.",
    ),
    _positive("magnification", "Magnification", "M", "1", "Magnification of an image."),
    _positive(
        "pixel_size", "Pixel size", "s_px", "nm", "Length of one side of an image's pixel in the object."
    ),
)

CYCLING: Final = (
    *_capacities("discharge_capacity", "Discharge capacity", "q_dis", "Charge of one discharge"),
    *_capacities("charge_capacity", "Charge capacity", "q_ch", "Charge of one charge"),
    *_capacities(
        "initial_discharge_capacity",
        "Initial discharge capacity",
        "q_1",
        "Charge of the first discharge that follows a charge",
    ),
    *_capacities(
        "final_discharge_capacity", "Final discharge capacity", "q_N", "Charge of the last complete discharge"
    ),
    *_capacities("initial_charge_capacity", "Initial charge capacity", "q_ch1", "Charge of the first charge"),
    *_capacities(
        "final_charge_capacity", "Final charge capacity", "q_chN", "Charge of the last complete charge"
    ),
    *_capacities(
        "irreversible_capacity", "Irreversible capacity", "q_irr", "Charge less discharge of one cycle"
    ),
    *_capacities(
        "cumulative_irreversible_capacity",
        "Cumulative irreversible capacity",
        "q_irr_sum",
        "Sum of charge less discharge over the cycles",
    ),
    _positive("cycle_count", "Cycles", "N", "1", "Number of complete cycles."),
    _positive(
        "capacity_retention",
        "Capacity retention",
        "R_N",
        "%",
        "Final over initial discharge capacity at equal rate and window; undefined for one cycle.",
    ),
    _positive(
        "coulombic_efficiency",
        "Coulombic efficiency",
        "CE",
        "%",
        "Charge given back over charge put in; which branch is which depends on the cell type.",
    ),
    _positive(
        "inter_cycle_efficiency",
        "Inter-cycle efficiency",
        "CE'",
        "%",
        "Charge of the next charge over that of this discharge.",
    ),
    _positive("energy_efficiency", "Energy efficiency", "EE", "%", "Energy given back over energy put in."),
    _positive(
        "voltage_efficiency",
        "Voltage efficiency",
        "VE",
        "%",
        "Mean discharge voltage over mean charge voltage.",
    ),
    _positive("charge_energy", "Charge energy", "E_ch", "mWh", "Energy put in by one charge."),
    _positive("discharge_energy", "Discharge energy", "E_dis", "mWh", "Energy given back by one discharge."),
    _positive(
        "specific_energy",
        "Specific energy",
        "e_dis",
        "Wh/kg",
        "Discharge energy per mass of active material.",
    ),
    Quantity("mean_charge_voltage", "Mean charge voltage", "V_ch", "V", "Energy over charge of one charge."),
    Quantity(
        "mean_discharge_voltage",
        "Mean discharge voltage",
        "V_dis",
        "V",
        "Energy over charge of one discharge.",
    ),
    Quantity(
        "upper_cutoff_voltage", "Upper cut-off voltage", "V_max", "V", "Voltage at which charging ends."
    ),
    Quantity(
        "lower_cutoff_voltage", "Lower cut-off voltage", "V_min", "V", "Voltage at which discharging ends."
    ),
    Quantity("specific_current", "Specific current", "i", "mA/g", "Current per mass of active material."),
    Quantity("areal_current_density", "Areal current density", "j", "mA/cm^2", "Current per electrode area."),
    _positive(
        "c_rate",
        "C-rate",
        "C",
        "1/h",
        "Specific current over the 1C convention, or, measured, current over the first discharge capacity.",
    ),
    _positive("utilisation", "Utilisation", "eta", "%", "Discharge capacity over the theoretical one."),
    _positive(
        "utilisation_of_one_c",
        "Utilisation of the 1C convention",
        "eta_1C",
        "%",
        "Discharge capacity over the capacity of the 1C convention.",
    ),
    Quantity(
        "polarisation",
        "Polarisation",
        "dV",
        "V",
        "Charge voltage less discharge voltage at equal fractions of charge; by default their mean.",
    ),
    Quantity(
        "ohmic_drop", "Ohmic drop", "dV_IR", "V", "Voltage step where the current changes, at a stated delay."
    ),
    *_resistances(
        "step_resistance",
        "Resistance at a step",
        "R_step",
        "Voltage step over current step at a stated delay",
    ),
    Quantity(
        "fade_rate", "Fade rate", "k", "%/cycle", "Loss of discharge capacity per cycle over the initial one."
    ),
    _positive(
        "cycles_to_80",
        "Cycles to 80 %",
        "N_80",
        "1",
        "Predicted number of cycles to 80 % of the initial discharge capacity.",
    ),
    Quantity("peak_voltage", "Peak voltage", "V_p", "V", "Voltage of a peak of dQ/dV."),
    Quantity(
        "differential_capacity",
        "Differential capacity",
        "dq/dV",
        "mAh/g/V",
        "Slope of the charge over the voltage.",
    ),
    Quantity("peak_potential", "Peak potential", "E_p", "V", "Potential of a peak of a voltammogram."),
    Quantity("peak_current", "Peak current", "I_p", "mA", "Current of a peak of a voltammogram."),
    Quantity("peak_separation", "Peak separation", "dE_p", "V", "Anodic less cathodic peak potential."),
    Quantity(
        "half_wave_potential",
        "Half-wave potential",
        "E_1/2",
        "V",
        "Mean of the anodic and the cathodic peak potential.",
    ),
)

IMPEDANCE: Final = (
    *_resistances("bulk_resistance", "Bulk resistance", "R_b", "Resistance of the grains of the electrolyte"),
    *_resistances(
        "grain_boundary_resistance",
        "Grain-boundary resistance",
        "R_gb",
        "Resistance of the grain boundaries of the electrolyte",
    ),
    *_resistances(
        "interfacial_resistance",
        "Interfacial resistance",
        "R_int",
        "Resistance of an interface between electrode and electrolyte",
    ),
    *_resistances("series_resistance", "Series resistance", "R_s", "Resistance in series with all arcs"),
    *_resistances(
        "total_resistance",
        "Total resistance",
        "R_tot",
        "Sum of the resistances of all arcs and of the series resistance",
    ),
    *_resistances(
        "charge_transfer_resistance",
        "Charge-transfer resistance",
        "R_ct",
        "Resistance of the charge transfer",
    ),
    *_resistances(
        "arc_resistance",
        "Arc resistance",
        "R_arc",
        "Resistance of one arc or of one peak of relaxation times",
    ),
    _positive(
        "resistance_ratio",
        "Resistance ratio",
        "R_N/R_0",
        "1",
        "Resistance after cycling over the one before.",
    ),
    _positive(
        "effective_capacitance",
        "Effective capacitance",
        "C_eff",
        "F",
        "Capacitance of an arc: (Q R^(1-n))^(1/n), or Brug's formula for double layers.",
    ),
    _share("cpe_exponent", "CPE exponent", "n", "1", "Exponent of a constant phase element."),
    _positive(
        "relaxation_time",
        "Relaxation time",
        "tau",
        "s",
        "Time constant of an arc or of a peak of relaxation times.",
    ),
    _positive(
        "peak_frequency", "Peak frequency", "f_p", "Hz", "Frequency at the top of an arc: 1 / (2 pi tau)."
    ),
    _positive("inductance", "Inductance", "L", "H", "Inductance of cables and cell."),
    _positive(
        "warburg_coefficient", "Warburg coefficient", "A_W", "ohm/s^0.5", "Strength of the diffusion tail."
    ),
    _positive(
        "ionic_conductivity",
        "Ionic conductivity",
        "sigma",
        "S/cm",
        "Thickness over resistance times area; apparent for grain boundaries.",
    ),
    _positive(
        "electronic_conductivity",
        "Electronic conductivity",
        "sigma_e",
        "S/cm",
        "The same from the steady current between blocking electrodes.",
    ),
    Quantity(
        "activation_energy",
        "Activation energy",
        "E_a",
        "eV",
        "Slope of ln(sigma T), or of ln(sigma), over 1/T; the form is stored with it.",
    ),
    _positive(
        "kramers_kronig_residual",
        "Kramers-Kronig residual",
        "rms_KK",
        "%",
        "Root mean square residual of the linear Kramers-Kronig test over the modulus.",
    ),
    _positive(
        "reduced_chi_squared",
        "Reduced chi-squared",
        "chi2",
        "1",
        "Weighted sum of squared residuals per degree of freedom.",
    ),
    _positive(
        "diffusion_coefficient", "Diffusion coefficient", "D", "cm^2/s", "Chemical diffusion coefficient."
    ),
)

DIFFRACTION: Final = (
    _positive("d_spacing", "d spacing", "d", "nm", "Distance of lattice planes."),
    Quantity(
        "two_theta", "Peak position", "2theta", "deg", "Angle between the incoming and the diffracted beam."
    ),
    _positive("scattering_vector", "Scattering vector", "q", "1/angstrom", "4 pi sin(theta) / lambda."),
    _positive("peak_width", "Peak width", "FWHM", "deg", "Full width of a reflection at half its maximum."),
    _positive(
        "peak_intensity",
        "Peak intensity",
        "I",
        "1",
        "Height of a reflection above the background, in counts.",
    ),
    _positive(
        "peak_area",
        "Peak area",
        "I_int",
        "deg",
        "Area of a reflection above the background, in counts x degrees.",
    ),
    _share(
        "relative_intensity",
        "Relative intensity",
        "I/I_max",
        "%",
        "Height over that of the strongest reflection.",
    ),
    _positive(
        "lattice_parameter_a",
        "Lattice parameter a",
        "a",
        "angstrom",
        "Length of the first edge of the unit cell.",
    ),
    _positive(
        "lattice_parameter_b",
        "Lattice parameter b",
        "b",
        "angstrom",
        "Length of the second edge of the unit cell.",
    ),
    _positive(
        "lattice_parameter_c",
        "Lattice parameter c",
        "c",
        "angstrom",
        "Length of the third edge of the unit cell.",
    ),
    _positive("lattice_angle_alpha", "Lattice angle alpha", "alpha", "deg", "Angle between b and c."),
    _positive("lattice_angle_beta", "Lattice angle beta", "beta", "deg", "Angle between a and c."),
    _positive("lattice_angle_gamma", "Lattice angle gamma", "gamma", "deg", "Angle between a and b."),
    _positive("unit_cell_volume", "Unit cell volume", "V", "angstrom^3", "Volume of the unit cell."),
    _share("phase_fraction", "Phase fraction", "w", "%", "Weight fraction of a crystalline phase."),
    _share("phase_score", "Phase score", "s", "1", "How well a pattern agrees with a reference structure."),
    _positive("crystallite_size", "Crystallite size", "L", "nm", "Size of coherently diffracting domains."),
    Quantity("microstrain", "Microstrain", "epsilon", "1", "Root mean square strain from line widths."),
    _positive("profile_residual", "Profile residual", "R_wp", "%", "Weighted residual of a fitted pattern."),
    Quantity("zero_shift", "Zero shift", "2theta_0", "deg", "Offset of the angle."),
    Quantity(
        "sample_displacement",
        "Sample displacement",
        "s",
        "mm",
        "Height of the sample's surface above the axis.",
    ),
    _temperature(
        "onset_temperature", "Onset temperature", "T_on", "Temperature at which a phase or a change begins."
    ),
    Quantity(
        "linear_thermal_expansion",
        "Linear thermal expansion",
        "alpha",
        "1/K",
        "Relative change of a length per kelvin.",
    ),
    Quantity(
        "synchronous_correlation",
        "Synchronous correlation",
        "Phi",
        "1",
        "Covariance of two angles over the temperature series.",
    ),
    Quantity(
        "asynchronous_correlation",
        "Asynchronous correlation",
        "Psi",
        "1",
        "Order of change of two angles over the temperature series.",
    ),
)

MICROSCOPY: Final = (
    _positive("particle_diameter_d10", "Particle diameter D10", "D10", "um", "Ten percent are smaller."),
    _positive("particle_diameter_d50", "Particle diameter D50", "D50", "um", "Half are smaller."),
    _positive("particle_diameter_d90", "Particle diameter D90", "D90", "um", "Ninety percent are smaller."),
    _positive(
        "particle_diameter_mean",
        "Mean particle diameter",
        "D_mean",
        "um",
        "Mean of the diameters of circles of equal area.",
    ),
    _positive("particle_count", "Particles", "N", "1", "Number of particles that were found."),
    _share("circularity", "Circularity", "c", "1", "4 pi area / perimeter^2: 1 for a disc."),
    _positive("aspect_ratio", "Aspect ratio", "AR", "1", "Long over short axis."),
    _share("porosity", "Porosity", "phi", "%", "Area or volume of pores over that of all."),
    _positive("crack_density", "Crack density", "rho_cr", "mm/mm^2", "Length of cracks per area."),
    _positive("crack_length", "Crack length", "l_cr", "um", "Sum of the lengths of cracks."),
    _positive("crack_width", "Crack width", "w_cr", "um", "Median width of cracks."),
    _share(
        "crack_area_fraction", "Crack area fraction", "A_cr", "%", "Area of cracks over that of the section."
    ),
    _positive(
        "diffusion_length", "Diffusion length", "w", "um", "Width of the error function across an interface."
    ),
    Quantity(
        "pearson_correlation",
        "Pearson correlation",
        "r",
        "1",
        "Correlation of two elemental maps.",
        minimum=-1.0,
        maximum=1.0,
    ),
    Quantity(
        "pearson_correlation_corrected",
        "Pearson correlation (noise-corrected)",
        "r_c",
        "1",
        "The same without the loss by counting noise.",
    ),
    _share(
        "manders_coefficient",
        "Manders coefficient",
        "M",
        "1",
        "Share of one element's signal where the other one is.",
    ),
    _share(
        "area_fraction", "Area fraction", "A_A", "%", "Area of one kind of region over that of the image."
    ),
    _share("atomic_fraction", "Atomic fraction", "x", "%", "Atoms of one element over all atoms."),
    _share(
        "element_weight_fraction",
        "Weight fraction of an element",
        "w",
        "%",
        "Mass of one element over that of all.",
    ),
    _positive("counts_per_pixel", "Counts per pixel", "n_px", "1", "Mean X-ray counts in a pixel of a map."),
    _positive(
        "signal_to_noise",
        "Signal to noise",
        "S/N",
        "1",
        "Amplitude of a signal over the standard deviation of the noise.",
    ),
    _positive(
        "camera_length",
        "Camera length",
        "L",
        "mm",
        "Distance that turns an angle into a length on the detector.",
    ),
    Quantity(
        "lattice_rotation",
        "In-plane rotation",
        "phi",
        "deg",
        "Angle of fringes or spots to the image's horizontal.",
    ),
    _positive(
        "interplanar_angle", "Interplanar angle", "phi_12", "deg", "Angle between two sets of lattice planes."
    ),
)

TABLE: Final = (*RECORDS, *CONDITIONS, *CYCLING, *IMPEDANCE, *DIFFRACTION, *MICROSCOPY)
