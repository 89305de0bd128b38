"""Who may read what the program keeps: the user that it runs as, and nobody else on the machine."""

import os
import stat
from pathlib import Path

import structlog

_FOLDER_MODE = 0o700
_FOR_OTHERS = 0o077  # permissions of anybody but the owner

log = structlog.get_logger()


def keep_to_owner(folder: Path) -> None:
    """Make a folder for the owner alone; what is in it, and was open to others, is closed to them.

    Only what lies in it directly: nobody else comes deeper. Raises OSError where it cannot be made.
    """
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    _close(folder)
    for path in folder.iterdir():
        if path.is_file() and not path.is_symlink():
            _close(path)


def mask_new_files() -> int:
    """Have everything that this process writes be the owner's alone; gives the mask from before."""
    return os.umask(_FOR_OTHERS)


def _close(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & _FOR_OTHERS:
        return
    log.warning("data readable by others", path=str(path))
    try:
        path.chmod(mode & ~_FOR_OTHERS)
    except OSError:  # a volume of somebody else's, who decides
        log.warning("data left as they are", path=str(path))
