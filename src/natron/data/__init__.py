"""What was measured or simulated, frozen and checked: spectra, records, and where they came from."""

from natron.data.cycling import CyclingRecord, RecordedSpectrum, cycling_record, mend_time
from natron.data.errors import DataError
from natron.data.spectrum import Provenance, Spectrum

__all__ = [
    "CyclingRecord",
    "DataError",
    "Provenance",
    "RecordedSpectrum",
    "Spectrum",
    "cycling_record",
    "mend_time",
]
