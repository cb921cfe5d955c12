"""What every test shares: a quick, reproducible hypothesis profile and the command line in-process."""

import json

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from reproductions import reproduced

hypothesis_settings.register_profile(
    "natron", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("natron")


class Run:
    """What a command left behind."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def natron(capsys, monkeypatch):
    """Run the command line: ``natron("design", "lowack2025-cell1", "--json").json``."""
    from natron.app.cli import main
    from natron.studies.reproduction import reproduce

    def once(name, *, recalibrate=False, **others):
        return reproduce(name, recalibrate=True, **others) if recalibrate else reproduced(name)

    monkeypatch.setattr("natron.studies.reproduce", once)

    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Run(left.value.code, out, err)

    return run
