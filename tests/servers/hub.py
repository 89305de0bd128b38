"""A local stand-in of a model hub that holds one repository: just what its client asks for.

Serves whole files over plain HTTP. Does not show how large files come from the real hub, which has a
storage of its own for them, nor how the client goes on in the middle of a file.
"""

import hashlib
from pathlib import Path

from tests.servers.serving import Answer, Call, LocalServer

_COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubServer(LocalServer):
    """A hub on this machine with the files of a folder."""

    def __init__(self, folder: Path, *, repository: str) -> None:
        super().__init__()
        self._folder, self._repository = folder, repository
        self.missing: set[str] = set()  # files that are listed and cannot be had

    def fetched(self) -> list[str]:
        """Name the files that were sent, in order."""
        return [c.path.rpartition("/")[2] for c in self.calls if c.method == "GET" and "/resolve/" in c.path]  # fmt: skip

    def refusal(self, call: Call) -> Answer | None:
        """Know one repository and its files."""
        if f"/{self._repository}/" not in call.path:
            return _not_found("RepoNotFound")
        name = call.path.rpartition("/")[2]
        if "/resolve/" in call.path and (
            name in self.missing or not (self._folder / name).is_file()
        ):
            return _not_found("EntryNotFound")
        return None

    async def answer(self, call: Call) -> Answer:
        """Name the commit, list the files, or send one."""
        if "/revision/" in call.path:
            return Answer(body={"id": self._repository, "sha": _COMMIT, "siblings": []})
        if "/tree/" in call.path:
            files = [path for path in sorted(self._folder.iterdir()) if path.is_file()]
            return Answer(
                body=[
                    {"type": "file", "path": f.name, "size": f.stat().st_size, "oid": _etag(f)}
                    for f in files
                ]
            )
        file = self._folder / call.path.rpartition("/")[2]
        return Answer(
            body=file.read_bytes(),
            content_type="application/octet-stream",
            headers={"ETag": f'"{_etag(file)}"', "X-Repo-Commit": _COMMIT},
        )


def _etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()


def _not_found(code: str) -> Answer:
    return Answer(status=404, headers={"X-Error-Code": code})
