"""What goes over the socket of the web chat, as plain JSON values.

Turns a finished `Card` into JSON and a frame of the page into a `Message` or a `Press`. Pure: no
socket, no history. Pictures and files are named by address only; previews travel inside the event, because
each one is small and soon replaced.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from bot.adapters.port import (
    Action,
    Card,
    DataFile,
    Image,
    Message,
    Person,
    PictureFile,
    Place,
    Press,
)

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

PLATFORM = "web"
_PAGE_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_JOB_ID_MAX_CHARS = 200
_VALUE_MAX_CHARS = 200
# What turns the direction of everything behind it, and control characters but tab and line feed.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class UnreadableFrame(Exception):
    """The page sent something that is not one of our frames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a person did, and the id of the photo that a message names."""

    event: Message | Press
    photo_id: str | None = None


def parse_frame(data: str, *, place: Place) -> Frame:
    """Read what a person wrote or pressed in one session; raises UnreadableFrame.

    The page makes an id per event and sends it again until it is acknowledged. The session's
    place in front of it keeps sessions from repeating each other's ids.
    """
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise UnreadableFrame from exc
    person = Person(platform=PLATFORM, id=place.id)  # whoever holds the session's cookie
    match fields:
        case {"type": "say", "id": str(page_id), "text": str(text)} if _PAGE_ID.fullmatch(
            page_id
        ) and isinstance(fields.get("photo"), str | None):
            return Frame(
                event=Message(
                    event_id=f"{place.id}.{page_id}", person=person, place=place, text=text
                ),
                photo_id=fields.get("photo"),
            )
        case {
            "type": "press",
            "id": str(page_id),
            "action": str(action),
            "job_id": str(job_id),
        } if (
            _PAGE_ID.fullmatch(page_id)
            and action in set(Action)
            and len(job_id) <= _JOB_ID_MAX_CHARS
            and isinstance(value := fields.get("value", ""), str)
            and len(value) <= _VALUE_MAX_CHARS
        ):
            return Frame(
                event=Press(
                    event_id=f"{place.id}.{page_id}",
                    person=person,
                    place=place,
                    action=Action(action),
                    job_id=job_id,
                    value=value,
                )
            )
        case _:
            raise UnreadableFrame


def page_id(event_id: str) -> str:
    """The id that the page gave to an event."""
    return event_id.rpartition(".")[2]


def encode(fields: Mapping[str, Json]) -> str:
    """Write one event. ASCII only, so that lone surrogates survive the way through UTF-8."""
    return json.dumps(fields, ensure_ascii=True, separators=(",", ":"))


def message_to_json(text: str, *, has_photo: bool) -> dict[str, Json]:
    """A person's own message, as every tab of the session shows it."""
    return {"kind": "message", "text": text, "has_photo": has_photo}


def card_to_json(
    card: Card, *, picture_urls: Sequence[str] = (), file_urls: Sequence[str] = ()
) -> dict[str, Json]:
    """One version of a card; the addresses are where the session serves its pictures and files.

    What a file or a person wrote stands among our own words, and must not turn those around. The draft
    goes into a text box of its own, as it was written.
    """
    shown = {
        "kind": "card",
        "job_id": card.job_id,
        "state": card.state.value,
        "text": card.text,
        "notes": list(card.notes),
        "credits": [asdict(link) for link in card.credits],
        "progress": None if card.progress is None else asdict(card.progress),
        "preview": None if card.preview is None else _preview(card.preview),
        "pictures": [
            _picture(picture, url=url)
            for picture, url in zip(card.pictures, picture_urls, strict=True)
        ],
        "files": [_file(file, url=url) for file, url in zip(card.files, file_urls, strict=True)],
        "details_label": card.details_label,
        "details": [asdict(row) for row in card.details],
        "buttons": [asdict(button) for button in card.buttons],
        "choice_label": card.choice_label,
        "suggestions": list(card.suggestions),
    }
    return {**_printable(shown), "draft": card.draft}


def _printable(value: Any) -> Any:
    """Drop what is not printed from every text in a JSON value."""
    match value:
        case str():
            return _UNPRINTABLE.sub("", value)
        case dict():
            return {key: _printable(one) for key, one in value.items()}
        case list() | tuple():
            return [_printable(one) for one in value]
        case _:
            return value


def _preview(image: Image) -> Json:
    data = base64.b64encode(image.data).decode("ascii")
    return {
        "src": f"data:{image.media_type};base64,{data}",
        "alt": image.alt,
        "width_px": image.width_px,
        "height_px": image.height_px,
    }


def _picture(picture: PictureFile, *, url: str) -> Json:
    return {
        "src": url,
        "alt": picture.alt,
        "file_name": picture.file_name,
        "width_px": picture.width_px,
        "height_px": picture.height_px,
        "caption": picture.caption,
        "is_hidden": picture.is_spoiler,
    }


def _file(file: DataFile, *, url: str) -> Json:
    return {"src": url, "file_name": file.file_name, "label": file.label}
