"""The calls that this bot makes: one function for each, with what is limited together and for how long.

Paths and bodies are Discord's API version 10. Whoever reads the answers knows what stands in them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.adapters.discord.handle import Handle
from bot.adapters.discord.layout import Upload
from bot.adapters.discord.rest import Request

PAGE = 100  # messages of a channel's history in one answer, the most there can be
_SHORT_S = 10.0


def respond(
    handle: Handle,
    kind: int,
    data: Mapping[str, Any] | None,
    files: tuple[Upload, ...] = (),
    *,
    limit_s: float,
) -> Request:
    """Answer an interaction for the first time."""
    return Request(
        method="POST",
        path=f"/interactions/{handle.id}/{handle.token}/callback",
        body={"type": kind} if data is None else {"type": kind, "data": data},
        files=files,
        query={"with_response": "true"},
        limit_s=limit_s,
        is_authorized=False,
    )


def edit_answer(
    application_id: int,
    handle: Handle,
    message_id: int | None,
    fields: Mapping[str, Any],
    files: tuple[Upload, ...],
    *,
    limit_s: float,
) -> Request:
    """Edit what an interaction was answered with; the first answer where no message is named."""
    return Request(
        method="PATCH",
        path=f"{_answers(application_id, handle)}/messages/{message_id or '@original'}",
        body=fields,
        files=files,
        bucket=_bucket_of(handle),
        limit_s=limit_s,
        is_authorized=False,
        is_repeatable=True,
    )


def follow_up(
    application_id: int, handle: Handle, fields: Mapping[str, Any], files: tuple[Upload, ...]
) -> Request:
    """Answer an interaction once more."""
    return Request(
        method="POST",
        path=_answers(application_id, handle),
        body=fields,
        files=files,
        query={"wait": "true"},
        bucket=_bucket_of(handle),
        is_authorized=False,
    )


def delete_answer(application_id: int, handle: Handle, message_id: int | None = None) -> Request:
    """Delete what an interaction was answered with; the first answer where no message is named."""
    return Request(
        method="DELETE",
        path=f"{_answers(application_id, handle)}/messages/{message_id or '@original'}",
        bucket=_bucket_of(handle),
        limit_s=_SHORT_S,
        is_authorized=False,
        is_repeatable=True,
    )


def post(channel_id: str, fields: Mapping[str, Any], files: tuple[Upload, ...]) -> Request:
    """Send a message into a channel."""
    return Request(
        method="POST",
        path=f"/channels/{channel_id}/messages",
        body=fields,
        files=files,
        bucket=f"post {channel_id}",
    )


def edit(
    channel_id: str,
    message_id: int,
    fields: Mapping[str, Any],
    files: tuple[Upload, ...],
    *,
    limit_s: float,
) -> Request:
    """Edit a message in its channel."""
    return Request(
        method="PATCH",
        path=f"/channels/{channel_id}/messages/{message_id}",
        body=fields,
        files=files,
        bucket=f"edit {channel_id}",
        limit_s=limit_s,
        is_repeatable=True,
    )


def delete(channel_id: str, message_id: int) -> Request:
    """Delete a message in its channel."""
    return Request(
        method="DELETE",
        path=f"/channels/{channel_id}/messages/{message_id}",
        bucket=f"delete {channel_id}",
        limit_s=_SHORT_S,
        is_repeatable=True,
    )


def history(channel_id: str, *, before: int | None = None) -> Request:
    """Read a page of a channel's messages, newest first."""
    query = {"limit": str(PAGE)} | ({} if before is None else {"before": str(before)})
    return _get(f"/channels/{channel_id}/messages", bucket=f"history {channel_id}", query=query)


def message(channel_id: int, message_id: int) -> Request:
    """Read one message."""
    return _get(f"/channels/{channel_id}/messages/{message_id}", bucket=f"history {channel_id}")


def channel(channel_id: str) -> Request:
    """Read what a channel is."""
    return _get(f"/channels/{channel_id}", bucket=f"channel {channel_id}")


def direct(user_id: int) -> Request:
    """Open the channel of direct messages with a user; the same one every time."""
    return Request(
        method="POST",
        path="/users/@me/channels",
        body={"recipient_id": str(user_id)},
        bucket="direct",
        is_repeatable=True,
    )


def bot() -> Request:
    """Read which account the token belongs to."""
    return _get("/users/@me", bucket="bot")


def application() -> Request:
    """Read what application the token belongs to."""
    return _get("/oauth2/applications/@me", bucket="application")


def gateway() -> Request:
    """Ask where the gateway is."""
    return _get("/gateway/bot", bucket="gateway")


def commands(application_id: int) -> Request:
    """Read the commands that are registered."""
    return _get(
        f"/applications/{application_id}/commands",
        bucket="commands",
        query={"with_localizations": "true"},
    )


def put_commands(application_id: int, wanted: Iterable[Mapping[str, Any]]) -> Request:
    """Register these commands in place of all."""
    return Request(
        method="PUT",
        path=f"/applications/{application_id}/commands",
        body=[dict(one) for one in wanted],
        bucket="commands",
        is_repeatable=True,
    )


def choices(texts: Sequence[str]) -> dict[str, Any]:
    """Write what an option may be completed to."""
    return {"choices": [{"name": text[:100], "value": text[:100]} for text in texts[:25] if text]}


def _answers(application_id: int, handle: Handle) -> str:
    return f"/webhooks/{application_id}/{handle.token}"


def _bucket_of(handle: Handle) -> str:
    return f"answer {handle.id}"


def _get(path: str, *, bucket: str, query: Mapping[str, str] | None = None) -> Request:
    return Request(
        method="GET",
        path=path,
        query=query or {},
        bucket=bucket,
        limit_s=_SHORT_S,
        is_repeatable=True,
    )
