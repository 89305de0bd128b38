"""A bot without a library: it sends exactly what it is told, right or wrong."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

from tests.discord.server import DiscordServer
from tests.discord.things import Channel, Interaction

USER_AGENT = "DiscordBot (https://example.org, 1.0)"
NOBODY: dict[str, Any] = {"allowed_mentions": {"parse": []}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """One answer."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> int | None:
        """Discord's code of a refusal."""
        return self.body.get("code") if isinstance(self.body, dict) else None


class Caller:
    """Calls a local Discord; an async context manager."""

    def __init__(self, server: DiscordServer) -> None:
        self._server = server
        self.application_id = server.world.application_id
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers={"User-Agent": USER_AGENT})
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def ask(
        self,
        method: str,
        path: str,
        payload: Any = None,
        *,
        files: Sequence[tuple[str, bytes]] = (),
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Got:
        """Send one request with the bot's token, unless another is given."""
        assert self._session is not None
        sent = {"Authorization": f"Bot {token or self._server.token}", **(headers or {})}
        data: Any = None
        if files:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", json.dumps(payload), content_type="application/json")
            for number, (name, content) in enumerate(files):
                data.add_field(f"files[{number}]", io.BytesIO(content), filename=name)
        url = path if path.startswith("http") else f"{self._server.url}{path}"
        json_body = None if files else payload
        async with self._session.request(
            method, url, json=json_body, data=data, headers=sent
        ) as response:
            raw = await response.read()
            is_json = response.content_type == "application/json"
            body = json.loads(raw) if is_json else raw
            return Got(status=response.status, body=body, headers=response.headers.copy())

    async def register(self, *commands: Mapping[str, Any]) -> Got:
        """Register commands everywhere; without any, a plain `그려줘`."""
        return await self.ask(
            "PUT", f"/applications/{self.application_id}/commands", list(commands or (DRAW,))
        )

    async def answer(
        self,
        asked: Interaction,
        kind: int,
        data: Mapping[str, Any] | None = None,
        *,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Got:
        """Answer an interaction for the first time."""
        path = f"/interactions/{asked.id}/{asked.token}/callback?with_response=true"
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        return await self.ask("POST", path, body, files=files)

    async def edit(
        self,
        asked: Interaction,
        fields: Mapping[str, Any],
        *,
        message: str = "@original",
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Got:
        """Edit an answer."""
        path = f"/webhooks/{self.application_id}/{asked.token}/messages/{message}"
        return await self.ask("PATCH", path, {**NOBODY, **fields}, files=files)

    async def follow_up(self, asked: Interaction, fields: Mapping[str, Any]) -> Got:
        """Answer once more."""
        path = f"/webhooks/{self.application_id}/{asked.token}?wait=true"
        return await self.ask("POST", path, {**NOBODY, **fields})

    async def send(
        self,
        channel: Channel,
        fields: Mapping[str, Any],
        *,
        nonce: str = "n-1",
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Got:
        """Send a message into a channel."""
        known = {**NOBODY, "nonce": nonce, "enforce_nonce": True}
        path = f"/channels/{channel.id}/messages"
        return await self.ask("POST", path, {**known, **fields}, files=files)


DRAW: dict[str, Any] = {
    "name": "그려줘",
    "type": 1,
    "description": "그림을 그려요",
    "description_localizations": {"en-US": "Draw a picture"},
    "integration_types": [0, 1],
    "contexts": [0, 1, 2],
    "options": [
        {"name": "설명", "type": 3, "description": "무엇을", "required": True, "max_length": 200},
        {
            "name": "화풍",
            "type": 3,
            "description": "어떻게",
            "choices": [{"name": "수채화", "value": "watercolor"}],
        },
        {"name": "장수", "type": 4, "description": "몇 장", "min_value": 1, "max_value": 4},
        {"name": "모델", "type": 3, "description": "무엇으로", "autocomplete": True},
        {"name": "그림", "type": 11, "description": "본보기"},
    ],
}
MENU: dict[str, Any] = {
    "name": "그림 정보",
    "type": 3,
    "integration_types": [0, 1],
    "contexts": [0, 1, 2],
}
ADMIN: dict[str, Any] = {
    "name": "설정",
    "type": 1,
    "description": "설정해요",
    "integration_types": [0],
    "contexts": [0],
    "default_member_permissions": "32",
    "options": [
        {
            "name": "채널",
            "type": 1,
            "description": "채널을 정해요",
            "options": [{"name": "곳", "type": 7, "description": "채널", "required": True}],
        }
    ],
}
