"""The templates for supervisors promise what the program needs."""

from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from bot.settings import Settings, variable_names

FOLDER = Path(__file__).parents[1] / "deploy"
UNITS = sorted(FOLDER.glob("*.service"))
STOP_S = 25  # within which the program ends by itself


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_again_and_lets_the_program_end(unit: Path) -> None:
    """However often it dies it is started again, and nobody kills it while it ends orderly."""
    read = ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their letters
    read.read(unit, encoding="utf-8")

    assert "0" == read["Unit"]["StartLimitIntervalSec"]
    assert ("always", "2") == (read["Service"]["Restart"], read["Service"]["RestartSec"])
    assert STOP_S < int(read["Service"]["TimeoutStopSec"])


def test_there_is_a_unit_for_every_role() -> None:
    """Chat and drawing run in one process or in two, as the operator likes."""
    commands = {
        line.rpartition(" -m bot ")[2]
        for unit in UNITS
        for line in unit.read_text(encoding="utf-8").splitlines()
        if line.startswith("ExecStart=")
    }

    assert {"run", "chat", "worker"} == commands


def test_a_worker_has_its_own_name() -> None:
    """The name comes from the unit, by a variable that exists."""
    text = (FOLDER / "geuryeojwo-worker@.service").read_text(encoding="utf-8")

    assert "Environment=GEURYEOJWO_WORKER__NAME=worker-%i\n" in text
    assert "GEURYEOJWO_WORKER__NAME" in variable_names(Settings)


def test_the_database_is_open_to_this_machine_only() -> None:
    """PostgreSQL has no password of its own and is not reached from outside."""
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    postgres = compose["services"]["postgres"]

    assert all(port.startswith("127.0.0.1:") for port in postgres["ports"])
    assert postgres["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert "always" == postgres["restart"]
