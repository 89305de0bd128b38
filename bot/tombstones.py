"""Who had everything erased, in a file that lies apart from the data.

A backup that is restored brings erased people back; this file, beside the key, is not restored with
it and says whom to erase again. It holds keyed names of accounts and times, and nothing that leads to a person.
Lines are only ever added. Blocking.
"""

import json
import os
from pathlib import Path

import structlog

from bot.sealing import sync_folder

log = structlog.get_logger()


class Tombstones:
    """The file; it need not be there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, account_name: str, buried_s: float) -> None:
        """Remember an erasure at a Unix time; it is durable when this returns.

        Where the file cannot be written the log says so: the database has the tombstone too.
        """
        line = json.dumps({"person": account_name, "buried_s": buried_s})
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_new = not self._path.exists()
            with self._path.open("a", encoding="ascii") as file:
                file.write(f"\n{line}\n")  # apart from a line that a crash cut short
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                self._path.chmod(0o600)
                sync_folder(self._path.parent)
        except OSError as error:  # such as a key that was mounted read-only
            log.warning("tombstone kept in the database only", reason=error.strerror)

    def all(self) -> dict[str, float]:
        """Give the latest erasure of everybody, by keyed name. Raises OSError."""
        try:
            lines = self._path.read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            return {}
        latest: dict[str, float] = {}
        for line in filter(None, lines):
            try:
                fields = json.loads(line)
                person, buried_s = str(fields["person"]), float(fields["buried_s"])
            except (ValueError, KeyError, TypeError):
                log.warning("tombstone unreadable")
                continue
            latest[person] = max(buried_s, latest.get(person, buried_s))
        return latest
