"""PyBaMM's own half cell on natron's numbers: the peer that the equations are held against."""

import numpy as np


def parameter_values(numbers, charged_share, current_A_m2):
    """PyBaMM's parameters of `lithium_ion.DFN` as half cell, from the inputs of natron's equations; 1 m² of it."""
    import pybamm

    n = numbers

    def open_circuit(sto):
        y = 1 - sto
        width = n["plateau_width"]
        return (
            n["plateau"]
            + n["plateau_slope"] * (y - 0.5)
            + n["charged_tail"] * pybamm.exp((y - 1) / width)
            - n["discharged_tail"] * pybamm.exp(-y / width)
        )

    def exchange(c_e, c_surf, c_max, temperature):
        s = c_surf / c_max
        return 2 * n["exchange_current"] * (c_e / n["concentration"] * s * (1 - s)) ** 0.5

    def conductivity(c_e, temperature):
        x = c_e / n["concentration"]
        return n["liquid_conductivity"] * x * pybamm.exp(1 - x)

    largest = n["capacity"] / (96485.33212331002 * n["thickness"] * n["active_share"])
    metal = 8.31446261815324 * n["temperature"] / (96485.33212331002 * n["negative_resistance"])
    values = pybamm.ParameterValues("Xu2019")
    values.update(
        {
            "Ambient temperature [K]": n["temperature"],
            "Initial temperature [K]": n["temperature"],
            "Reference temperature [K]": n["temperature"],
            "Current function [A]": -current_A_m2,
            "Nominal cell capacity [A.h]": n["capacity"] / 3600,
            "Electrode height [m]": 1.0,
            "Electrode width [m]": 1.0,
            "Negative electrode conductivity [S.m-1]": 1e12,
            "Negative electrode thickness [m]": 1e-4,
            "Separator thickness [m]": n["separator_thickness"],
            "Separator porosity": n["separator_porosity"],
            "Separator Bruggeman coefficient (electrolyte)": n["tortuosity_exponent"],
            "Positive electrode thickness [m]": n["thickness"],
            "Positive electrode porosity": n["porosity"],
            "Positive electrode active material volume fraction": n["active_share"],
            "Positive electrode Bruggeman coefficient (electrolyte)": n["tortuosity_exponent"],
            "Positive electrode Bruggeman coefficient (electrode)": 0.0,
            "Positive electrode conductivity [S.m-1]": n["electronic_conductivity"],
            "Positive particle radius [m]": n["particle_radius"],
            "Positive particle diffusivity [m2.s-1]": n["particle_diffusivity"],
            "Maximum concentration in positive electrode [mol.m-3]": largest,
            "Initial concentration in positive electrode [mol.m-3]": largest * (1 - charged_share),
            "Positive electrode OCP [V]": open_circuit,
            "Positive electrode OCP entropic change [V.K-1]": 0,
            "Positive electrode exchange-current density [A.m-2]": exchange,
            "Exchange-current density for lithium metal electrode [A.m-2]": lambda c_e, c_Li, T: metal + 0 * c_e,
            "Initial concentration in electrolyte [mol.m-3]": n["concentration"],
            "Cation transference number": n["transference_number"],
            "Thermodynamic factor": 1.0,
            "Electrolyte diffusivity [m2.s-1]": n["liquid_diffusivity"],
            "Electrolyte conductivity [S.m-1]": conductivity,
            "Lower voltage cut-off [V]": 2.6,
            "Upper voltage cut-off [V]": 4.5,
        },
        check_already_exists=False,
    )
    return values


def simulation(numbers, charged_share, current_A_m2, cells, shells, tolerance):
    """A simulation of the half cell ready to solve, on as many volumes as natron's."""
    import pybamm

    model = pybamm.lithium_ion.DFN(options={"working electrode": "positive"})
    return pybamm.Simulation(
        model,
        parameter_values=parameter_values(numbers, charged_share, current_A_m2),
        var_pts={"x_n": cells, "x_s": cells, "x_p": cells, "r_p": shells},
        solver=pybamm.IDAKLUSolver(rtol=tolerance, atol=0.1 * tolerance),
    )


def discharge(numbers, charged_share, current_A_m2, *, cells=20, shells=20, tolerance=1e-6, hours=30.0):
    """Time, s, and voltage, V, of a discharge down to 2.6 V."""
    solution = simulation(numbers, charged_share, current_A_m2, cells, shells, tolerance).solve([0, hours * 3600])
    return np.asarray(solution.t), np.asarray(solution["Voltage [V]"].entries)
