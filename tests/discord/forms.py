"""Which messages, answers and commands' choices Discord takes, and how file names are cleaned."""

import re
from dataclasses import dataclass
from typing import Any

from tests.discord.component_forms import check_address, check_components
from tests.discord.refusal import Form, Refused
from tests.discord.things import Flag, Message, StoredFile

_CREATE_KEYS = (
    "content nonce enforce_nonce tts embeds allowed_mentions message_reference components"
    " sticker_ids attachments flags poll"
)
_EDIT_KEYS = "content embeds flags allowed_mentions components attachments tts"
_MAX_FILES, _MAX_ALT, _MAX_CONTENT, _MAX_EMBED_TEXT = 10, 1024, 2000, 6000
_OWN_NAME = re.compile(r"(SPOILER_)?[a-z0-9][a-z0-9_-]*\.[a-z0-9]+")
_SETTABLE = Flag.SUPPRESS_EMBEDS | Flag.EPHEMERAL | Flag.QUIET | Flag.COMPONENTS_V2


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A part `files[n]` of a request."""

    filename: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file of the message before that stays."""

    file: StoredFile
    description: str | None
    is_spoiler: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A file that is new."""

    upload: Upload
    filename: str  # cleaned
    title: str | None
    description: str | None
    is_spoiler: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A checked message, before anything is stored; what an edit leaves out is as it was."""

    content: str
    embeds: tuple[dict[str, Any], ...]
    components: tuple[dict[str, Any], ...]
    flags: Flag
    files: tuple[Kept | Fresh, ...]


def cleaned(filename: str) -> str:
    """Give the name that Discord stores a file under."""
    ascii_only = filename.encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]", "_", ascii_only).lstrip("_") or "unknown"


def read_message(
    payload: dict[str, Any],
    uploads: dict[int, Upload],
    *,
    before: Message | None,
    form: Form,
) -> Draft:
    """Check a message that is sent, or the edit of one. Raises Refused."""
    form.keys(payload, _CREATE_KEYS if before is None else _EDIT_KEYS)
    was = before.last if before else None
    flags = _flags(form, payload, was.flags if was else None)
    files = _files(form, payload, uploads, was.files if was else ())
    names = {file.filename if isinstance(file, Fresh) else file.file.filename for file in files}
    form.text(payload, "content", high=_MAX_CONTENT)
    is_v2 = Flag.COMPONENTS_V2 in flags
    if "embeds" in payload:
        _check_embeds(form, payload, names)
    if payload.get("components") is not None:
        check_components(form, payload, is_v2=is_v2, names=names)
    _check_mentions(form, payload, is_edit=before is not None)
    form.refuse()
    draft = Draft(
        content=payload.get("content", was.content if was else "") or "",
        embeds=tuple(payload.get("embeds", was.embeds if was else ()) or ()),
        components=tuple(payload.get("components", was.components if was else ()) or ()),
        flags=flags,
        files=files,
    )
    _check_whole(form, draft, names)
    return draft


def _check_whole(form: Form, draft: Draft, names: set[str]) -> None:
    """Check what only the finished message shows. Raises Refused."""
    if Flag.COMPONENTS_V2 in draft.flags:
        for key, value in (("content", draft.content), ("embeds", draft.embeds)):
            if value:
                with form.at(key):
                    form.wrong(
                        "The field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    )
    else:
        _check_embeds(form, {"embeds": list(draft.embeds)}, names)
    form.refuse()
    if not (draft.content or draft.embeds or draft.files or draft.components):
        raise Refused(50006)


def _flags(form: Form, payload: dict[str, Any], before: Flag | None) -> Flag:
    """Read the flags; who sees a message never changes."""
    was = before or Flag.NONE
    if payload.get("flags") is None or not form.number(payload, "flags", low=0, high=1 << 31):
        return was & (_SETTABLE)
    wanted = Flag(payload["flags"])
    with form.at("flags"):
        if int(wanted) & ~int(_SETTABLE):
            form.wrong(f"Flags {int(wanted)} cannot be set.")
        if Flag.COMPONENTS_V2 in was and Flag.COMPONENTS_V2 not in wanted:
            form.wrong("IS_COMPONENTS_V2 cannot be removed.")
    return wanted if before is None else Flag(wanted & ~Flag.EPHEMERAL | was & Flag.EPHEMERAL)


def _files(
    form: Form,
    payload: dict[str, Any],
    uploads: dict[int, Upload],
    before: tuple[StoredFile, ...],
) -> tuple[Kept | Fresh, ...]:
    """Say which files the message has; a list that is given names all of them."""
    if payload.get("attachments") is None:
        kept = tuple(_kept(file, {}) for file in before)
        entries = [{"id": index} for index in uploads]
        return kept + tuple(_fresh(form, entry, uploads) for entry in entries)
    entries = form.items(payload, "attachments", high=_MAX_FILES)
    stored = {str(file.id): file for file in before}
    files: list[Kept | Fresh] = []
    named: set[int] = set()
    with form.at("attachments"):
        for index, entry in enumerate(entries):
            with form.at(index):
                form.text(entry, "description", high=_MAX_ALT)
                identity = str(entry.get("id"))
                if identity in stored:
                    files.append(_kept(stored[identity], entry))
                elif identity.isdigit() and int(identity) in uploads:
                    named.add(int(identity))
                    files.append(_fresh(form, entry, uploads))
                else:
                    form.wrong(f"Attachment {identity} was not found.", "ATTACHMENT_NOT_FOUND")
    if set(uploads) - named:
        form.remark(f"files {sorted(set(uploads) - named)} are not listed in attachments")
    return tuple(files)


def _kept(file: StoredFile, entry: dict[str, Any]) -> Kept:
    return Kept(
        file=file,
        description=entry.get("description", file.description),
        is_spoiler=entry.get("is_spoiler", file.is_spoiler),
    )


def _fresh(form: Form, entry: dict[str, Any], uploads: dict[int, Upload]) -> Fresh:
    upload = uploads[int(entry["id"])]
    wanted = entry.get("filename") or upload.filename
    name = cleaned(wanted)
    if not _OWN_NAME.fullmatch(wanted):
        form.remark(f"file name {wanted!r} is not plain")
    return Fresh(
        upload=upload,
        filename=name,
        title=wanted.rpartition(".")[0] if name != wanted else None,
        description=entry.get("description"),
        is_spoiler=bool(entry.get("is_spoiler")) or name.startswith("SPOILER_"),
    )


_EMBED_LIMITS = {"title": 256, "description": 4096}


def _check_embeds(form: Form, payload: dict[str, Any], names: set[str]) -> None:
    embeds = form.items(payload, "embeds", high=10)
    total = 0
    with form.at("embeds"):
        for index, embed in enumerate(embeds):
            with form.at(index):
                form.keys(
                    embed,
                    "title type description url timestamp color footer image thumbnail author"
                    " fields provider video flags",
                )
                total += _check_embed(form, embed, names)
        if total > _MAX_EMBED_TEXT:
            form.wrong(f"The texts exceed {_MAX_EMBED_TEXT}.", "MAX_EMBED_SIZE_EXCEEDED")


def _check_embed(form: Form, embed: dict[str, Any], names: set[str]) -> int:
    """Check one embed; gives the number of its characters."""
    total = 0
    for key, high in _EMBED_LIMITS.items():
        form.text(embed, key, high=high)
        total += len(embed.get(key) or "")
    for key, inner, high in (("footer", "text", 2048), ("author", "name", 256)):
        with form.at(key):
            form.text(embed.get(key) or {}, inner, high=high)
        total += len((embed.get(key) or {}).get(inner) or "")
    for key in ("image", "thumbnail"):
        if embed.get(key):
            with form.at(key, "url"):
                check_address(form, str(embed[key].get("url")), names)
    with form.at("fields"):
        for index, one in enumerate(form.items(embed, "fields", high=25)):
            with form.at(index):
                form.text(one, "name", low=1, high=256, is_needed=True)
                form.text(one, "value", low=1, high=1024, is_needed=True)
            total += len(str(one.get("name"))) + len(str(one.get("value")))
    return total


def _check_mentions(form: Form, payload: dict[str, Any], *, is_edit: bool) -> None:
    mentions = payload.get("allowed_mentions")
    if mentions is None:
        if not is_edit or {"content", "components"} & set(payload):
            form.remark("allowed_mentions is missing, so that everyone may be called")
        return
    with form.at("allowed_mentions"):
        form.keys(mentions, "parse roles users replied_user")
        parse = mentions.get("parse", [])
        if set(parse) - {"roles", "users", "everyone"}:
            form.wrong("parse holds something unknown.")
        if parse:
            form.remark(f"{parse} may be called")
        for key in ("users", "roles"):
            if key in parse and mentions.get(key):
                form.wrong(f"parse:[{key!r}] and {key} are mutually exclusive.")


def check_choices(payload: dict[str, Any], form: Form) -> None:
    """Check the choices that an autocomplete offers. Raises Refused."""
    with form.at("choices"):
        for index, choice in enumerate(form.items(payload, "choices", high=25)):
            with form.at(index):
                form.keys(choice, "name name_localizations value")
                form.text(choice, "name", low=1, high=100, is_needed=True)
                if isinstance(choice.get("value"), str):
                    form.text(choice, "value", low=1, high=100, is_needed=True)
                elif not isinstance(choice.get("value"), (int, float)):
                    with form.at("value"):
                        form.wrong("This field is required", "BASE_TYPE_REQUIRED")
    form.refuse()
