"""Cell and protocol in, record and spectra out: one set of equations, on PyBaMM."""
