"""The templates for supervisors promise what the program needs."""

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from bot.settings import Settings, variable_names

FOLDER = Path(__file__).parents[1] / "deploy"
UNITS = sorted(FOLDER.glob("*.service"))
STOP_S = 25  # within which the program ends by itself


def read(unit: Path) -> ConfigParser:
    """Read a unit; of a name that stands there twice, the last."""
    found = ConfigParser(interpolation=None, strict=False)
    found.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their letters
    found.read(unit, encoding="utf-8")
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_again_and_lets_the_program_end(unit: Path) -> None:
    """However often it dies it is started again, and nobody kills it while it ends orderly."""
    found = read(unit)

    assert "0" == found["Unit"]["StartLimitIntervalSec"]
    assert ("always", "2") == (found["Service"]["Restart"], found["Service"]["RestartSec"])
    assert STOP_S < int(found["Service"]["TimeoutStopSec"])


HARDENED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "UMask": "0077",
}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_may_write_its_own_folders_and_nothing_else(unit: Path) -> None:
    """It runs as a user of its own, without privileges, and the defaults of the settings are writable."""
    service = read(unit)["Service"]
    folders = service["ReadWritePaths"].split()
    settings = Settings()

    assert "geuryeojwo" == service["User"]
    assert HARDENED == {name: service[name] for name in HARDENED}
    home = Path(service["WorkingDirectory"])
    assert {str(home / settings.data_dir), str(home / settings.key_file.parent)} < set(folders)
    assert f"Environment=HF_HOME={folders[-1]}\n" in unit.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_finds_little_to_harden(unit: Path, tmp_path: Path) -> None:
    """What `systemd-analyze security` calls the exposure of a unit is small: 10 is none at all kept in."""
    copy = tmp_path / unit.name.replace("@", "@0" if unit.stem.endswith("@") else "")
    copy.write_bytes(unit.read_bytes())
    done = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            "--threshold=35",
            "--no-pager",
            str(copy),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if "exposure level" not in done.stdout:
        pytest.skip("this systemd cannot judge a file alone")

    assert 0 == done.returncode, done.stdout[-300:]


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


def test_a_container_is_nobody_and_writes_nothing_but_its_data() -> None:
    """Whoever gets into one has no capability, no root and no file to change; and no port is open to others."""
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))

    for service in compose["services"].values():
        assert service["user"] not in ("root", "0")
        assert service["read_only"]
        assert ["ALL"] == service["cap_drop"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "privileged" not in service
        assert "network_mode" not in service
        assert not any("docker.sock" in volume for volume in service["volumes"])
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
