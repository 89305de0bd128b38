"""A hub of our own on this machine: the endpoints that huggingface_hub calls, and faults on order.

Repositories are folders. Large files are served from a second address, as the real hub does, in
ranges. It does not speak the xet protocol, which the library prefers where a hub offers it, and it
knows one commit for each repository.
"""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

COMMIT = "c0ffee" * 6 + "c0ff"
GATED = "gated"


class Hub:
    """Serves every folder `owner/name` below one root; `faults` name what goes wrong with a file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.num_bytes: Counter[str] = Counter()  # of large files, that were sent
        self.num_calls = 0
        self.cut_after: dict[str, int] = {}  # the connection breaks there, and again at once
        self.wrong_content: set[str] = set()
        self._served: dict[str, Path] = {}
        app = web.Application(middlewares=[self._count])
        app.router.add_get("/api/models/{owner}/{name}", self._model)
        app.router.add_get("/api/models/{owner}/{name}/revision/{revision}", self._model)
        app.router.add_get("/api/models/{owner}/{name}/tree/{revision}", self._tree)
        app.router.add_get("/{owner}/{name}/resolve/{revision}/{file:.+}", self._resolve)
        app.router.add_get("/storage/{sha256}", self._storage)
        self._server = TestServer(app, host="127.0.0.1")

    async def __aenter__(self) -> "Hub":
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        """Return the address that stands for https://huggingface.co."""
        return f"http://127.0.0.1:{self._server.port}"

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.num_calls += 1
        name, revision = request.match_info.get("name"), request.match_info.get("revision")
        if name is None:
            return await handler(request)
        folder = self._folder(request)
        if not folder.is_dir():
            return _refusal(404, "RepoNotFound")
        if name == GATED:
            return _refusal(403, "GatedRepo")
        if revision not in (None, "main", COMMIT):
            return _refusal(404, "RevisionNotFound")
        return await handler(request)

    async def _model(self, request: web.Request) -> web.Response:
        files = self._files(request)
        siblings = [{"rfilename": item.pop("path"), **item} for item in files]
        for item in siblings:
            item["blobId"] = item.pop("oid")
        return web.json_response(
            {"id": self._hub_id(request), "sha": COMMIT, "siblings": siblings, "private": False}
        )

    async def _tree(self, request: web.Request) -> web.Response:
        return web.json_response(self._files(request))

    async def _resolve(self, request: web.Request) -> web.Response:
        file = self._folder(request) / request.match_info["file"]
        if not file.is_file():
            return _refusal(404, "EntryNotFound")
        content = file.read_bytes()
        if file.suffix != ".safetensors":
            etag = hashlib.sha1(content, usedforsecurity=False).hexdigest()
            return web.Response(
                body=content, headers={"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}
            )
        sha256 = hashlib.sha256(content).hexdigest()
        self._served[sha256] = file
        headers = {
            "X-Repo-Commit": COMMIT,
            "X-Linked-Size": str(len(content)),
            "X-Linked-ETag": f'"{sha256}"',
            # Another host: what a token is not sent to.
            "Location": f"http://localhost:{self._server.port}/storage/{sha256}",
        }
        return web.Response(status=302, headers=headers)

    async def _storage(self, request: web.Request) -> web.StreamResponse:
        assert "Authorization" not in request.headers
        file = self._served[request.match_info["sha256"]]
        content = file.read_bytes()
        if file.name in self.wrong_content:
            content = bytes(reversed(content))
        start = request.http_range.start or 0
        response = web.StreamResponse(status=206 if start else 200)
        response.content_length = len(content) - start
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        await response.prepare(request)
        stop = self.cut_after.get(file.name, len(content))
        self.num_bytes[file.name] += max(0, stop - start)
        if stop > start:
            await response.write(content[start:stop])
        if stop < len(content):
            assert request.transport is not None
            request.transport.close()
        return response

    def _hub_id(self, request: web.Request) -> str:
        return f"{request.match_info['owner']}/{request.match_info['name']}"

    def _folder(self, request: web.Request) -> Path:
        return self.root / self._hub_id(request)

    def _files(self, request: web.Request) -> list[dict[str, Any]]:
        folder = self._folder(request)
        return [_entry(file, folder) for file in sorted(folder.rglob("*")) if file.is_file()]


def _entry(file: Path, folder: Path) -> dict[str, Any]:
    content = file.read_bytes()
    entry: dict[str, Any] = {
        "type": "file",
        "path": file.relative_to(folder).as_posix(),
        "size": len(content),
        "oid": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
    }
    if file.suffix == ".safetensors":
        sha256 = hashlib.sha256(content).hexdigest()
        large = {"size": len(content), "pointerSize": 134}
        # One endpoint calls the hash "oid", the other "sha256".
        entry["lfs"] = large | {"oid": sha256, "sha256": sha256}
    return entry


def _refusal(status: int, code: str) -> web.Response:
    return web.Response(
        status=status, headers={"X-Error-Code": code, "X-Error-Message": code.lower()}
    )
