"""Which components and modals Discord takes."""

from collections.abc import Callable
from typing import Any

from tests.discord.refusal import Form
from tests.discord.things import parts_of

ROW, BUTTON, SELECT, INPUT, SECTION, TEXT, THUMBNAIL = 1, 2, 3, 4, 9, 10, 11
GALLERY, FILE, SEPARATOR, CONTAINER, LABEL, UPLOAD, RADIO, CHECKS, CHECK = (
    12, 13, 14, 17, 18, 19, 21, 22, 23,
)  # fmt: skip
SELECTS = frozenset({SELECT, 5, 6, 7, 8})
LINK_STYLE = 5
_TOP_V2 = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER})
_IN_CONTAINER = _TOP_V2 - {CONTAINER}
_IN_LABEL = SELECTS | {INPUT, UPLOAD, RADIO, CHECKS, CHECK}
_MAX_PARTS, _MAX_TEXT = 40, 4000


def check_components(form: Form, owner: dict[str, Any], *, is_v2: bool, names: set[str]) -> None:
    """Check the components of a message.

    names: the files that it will have, for `attachment://`.
    """
    parts = form.items(owner, "components", high=_MAX_PARTS if is_v2 else 5)
    with form.at("components"):
        for index, part in enumerate(parts):
            with form.at(index):
                if part.get("type") not in (_TOP_V2 if is_v2 else {ROW}):
                    form.wrong(f"Value of field type {part.get('type')} is not allowed here.")
                else:
                    _check_part(form, part, names)
        _check_all(form, parts, is_v2=is_v2)


def _check_all(form: Form, parts: list[dict[str, Any]], *, is_v2: bool) -> None:
    every = list(parts_of(parts))
    if is_v2 and len(every) > _MAX_PARTS:
        form.wrong(f"The total number of components is {len(every)}, at most {_MAX_PARTS}.")
    if sum(len(str(part.get("content", ""))) for part in every) > _MAX_TEXT:
        form.wrong(f"The texts exceed {_MAX_TEXT} characters.", "BASE_TYPE_BAD_LENGTH")
    _check_unique(form, every, "custom_id")
    _check_unique(form, every, "id")


def _check_unique(form: Form, parts: list[dict[str, Any]], key: str) -> None:
    values = [part[key] for part in parts if key in part]
    for value in {value for value in values if values.count(value) > 1}:
        form.wrong(
            f"Component {key} cannot be duplicated: {value}", "COMPONENT_CUSTOM_ID_DUPLICATED"
        )


def _check_part(form: Form, part: dict[str, Any], names: set[str]) -> None:
    _CHECKS.get(part["type"], _unknown)(form, part, names)


def _unknown(form: Form, part: dict[str, Any], _names: set[str]) -> None:
    form.wrong(f"Unknown component type {part.get('type')}.")


def _check_row(form: Form, part: dict[str, Any], names: set[str]) -> None:
    form.keys(part, "type id components")
    inside = form.items(part, "components", low=1, high=5)
    kinds = [one.get("type") for one in inside]
    if any(kind in SELECTS for kind in kinds) and len(kinds) > 1:
        form.wrong("A select takes the whole row.", "COMPONENT_LAYOUT_WIDTH_EXCEEDED")
    with form.at("components"):
        for index, one in enumerate(inside):
            with form.at(index):
                if one.get("type") not in SELECTS | {BUTTON}:
                    form.wrong(f"Type {one.get('type')} is not allowed in a row.")
                else:
                    _check_part(form, one, names)


def _check_button(form: Form, part: dict[str, Any], _names: set[str]) -> None:
    form.keys(part, "type id style label emoji custom_id sku_id url disabled")
    form.number(part, "style", low=1, high=5)
    form.text(part, "label", low=1, high=80)
    if not part.get("label") and not part.get("emoji"):
        form.wrong("A button needs a label or an emoji.", "BASE_TYPE_REQUIRED")
    if part.get("style") == LINK_STYLE:
        form.text(part, "url", low=1, high=512, is_needed=True)
        if "custom_id" in part:
            form.wrong("A custom id and a url cannot both be given.")
    else:
        form.text(part, "custom_id", low=1, high=100, is_needed=True)
        if part.get("url"):
            form.wrong("A custom id and a url cannot both be given.")


def _check_select(form: Form, part: dict[str, Any], _names: set[str]) -> None:
    form.keys(
        part,
        "type id custom_id options channel_types placeholder default_values min_values max_values"
        " disabled required",
    )
    form.text(part, "custom_id", low=1, high=100, is_needed=True)
    form.text(part, "placeholder", high=150)
    form.number(part, "min_values", low=0, high=25)
    form.number(part, "max_values", low=1, high=25)
    if part["type"] == SELECT:
        _check_options(form, part, low=1, high=25)
        if part.get("max_values", 1) > len(part.get("options", ())):
            form.wrong("max_values exceeds the number of options.")


def _check_options(form: Form, part: dict[str, Any], *, low: int, high: int) -> None:
    options = form.items(part, "options", low=low, high=high)
    with form.at("options"):
        for index, option in enumerate(options):
            with form.at(index):
                form.keys(option, "label value description emoji default")
                form.text(option, "label", low=1, high=100, is_needed=True)
                form.text(option, "value", low=1, high=100, is_needed=True)
                form.text(option, "description", low=1, high=100)
        _check_unique(form, options, "value")
        if sum(bool(option.get("default")) for option in options) > part.get("max_values", 1):
            form.wrong("More options are default than can be chosen.")


def _check_section(form: Form, part: dict[str, Any], names: set[str]) -> None:
    form.keys(part, "type id components accessory")
    _check_inside(form, part, {TEXT}, names, high=3)
    with form.at("accessory"):
        accessory = part.get("accessory")
        if not isinstance(accessory, dict) or accessory.get("type") not in (BUTTON, THUMBNAIL):
            form.wrong("A section needs a button or a thumbnail.", "BASE_TYPE_REQUIRED")
        else:
            _check_part(form, accessory, names)


def _check_inside(
    form: Form,
    part: dict[str, Any],
    kinds: frozenset[int] | set[int],
    names: set[str],
    *,
    high: int,
) -> None:
    inside = form.items(part, "components", low=1, high=high)
    with form.at("components"):
        for index, one in enumerate(inside):
            with form.at(index):
                if one.get("type") not in kinds:
                    form.wrong(f"Type {one.get('type')} is not allowed here.")
                else:
                    _check_part(form, one, names)


def _check_text(form: Form, part: dict[str, Any], _names: set[str]) -> None:
    form.keys(part, "type id content")
    form.text(part, "content", low=1, high=_MAX_TEXT, is_needed=True)


def _check_media(form: Form, owner: dict[str, Any], key: str, names: set[str]) -> None:
    media = owner.get(key)
    with form.at(key, "url"):
        if not isinstance(media, dict) or not isinstance(media.get("url"), str):
            form.wrong("This field is required", "BASE_TYPE_REQUIRED")
        else:
            check_address(form, media["url"], names)


def check_address(form: Form, url: str, names: set[str]) -> None:
    """Check an address of something shown; a file must be one of the message's own."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("http", "https", "attachment"):
        form.wrong(f"Scheme {scheme!r} is not supported.", "URL_TYPE_INVALID_SCHEME")
    if scheme == "attachment" and rest not in names:
        form.wrong(
            f"The attachment {rest} was not found.",
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
        )


def _check_thumbnail(form: Form, part: dict[str, Any], names: set[str]) -> None:
    form.keys(part, "type id media description spoiler")
    form.text(part, "description", low=1, high=1024)
    _check_media(form, part, "media", names)


def _check_gallery(form: Form, part: dict[str, Any], names: set[str]) -> None:
    form.keys(part, "type id items")
    with form.at("items"):
        for index, item in enumerate(form.items(part, "items", low=1, high=10)):
            with form.at(index):
                form.keys(item, "media description spoiler")
                form.text(item, "description", low=1, high=1024)
                _check_media(form, item, "media", names)


def _check_file(form: Form, part: dict[str, Any], names: set[str]) -> None:
    form.keys(part, "type id file spoiler")
    _check_media(form, part, "file", names)


def _check_separator(form: Form, part: dict[str, Any], _names: set[str]) -> None:
    form.keys(part, "type id divider spacing")
    form.number(part, "spacing", low=1, high=2)


def _check_container(form: Form, part: dict[str, Any], names: set[str]) -> None:
    form.keys(part, "type id components accent_color spoiler")
    form.number(part, "accent_color", low=0, high=0xFFFFFF)
    _check_inside(form, part, _IN_CONTAINER, names, high=_MAX_PARTS)


_CHECKS: dict[int, Callable[[Form, dict[str, Any], set[str]], None]] = {
    ROW: _check_row, BUTTON: _check_button, SECTION: _check_section, TEXT: _check_text,
    THUMBNAIL: _check_thumbnail, GALLERY: _check_gallery, FILE: _check_file,
    SEPARATOR: _check_separator, CONTAINER: _check_container,
    **dict.fromkeys(SELECTS, _check_select),
}  # fmt: skip


def check_modal(form: Form, modal: dict[str, Any]) -> None:
    """Check a modal."""
    form.keys(modal, "custom_id title components")
    form.text(modal, "custom_id", low=1, high=100, is_needed=True)
    form.text(modal, "title", low=1, high=45, is_needed=True)
    parts = form.items(modal, "components", low=1, high=5)
    with form.at("components"):
        for index, part in enumerate(parts):
            with form.at(index):
                if part.get("type") == TEXT:
                    _check_text(form, part, set())
                elif part.get("type") == LABEL:
                    _check_label(form, part)
                else:
                    form.wrong(f"Type {part.get('type')} is not allowed in a modal.")
        _check_unique(form, list(parts_of(parts)), "custom_id")


def _check_label(form: Form, part: dict[str, Any]) -> None:
    form.keys(part, "type id label description component")
    form.text(part, "label", low=1, high=45, is_needed=True)
    form.text(part, "description", low=1, high=100)
    inside = part.get("component")
    with form.at("component"):
        if not isinstance(inside, dict) or inside.get("type") not in _IN_LABEL:
            form.wrong("A label needs one input.", "BASE_TYPE_REQUIRED")
            return
        form.text(inside, "custom_id", low=1, high=100, is_needed=True)
        if inside["type"] == INPUT:
            _check_input(form, inside)
        elif inside["type"] == UPLOAD:
            _check_upload(form, inside)
        elif inside["type"] in SELECTS:
            _check_select(form, inside, set())
        elif inside["type"] in (RADIO, CHECKS):
            _check_options(form, inside, low=2 if inside["type"] == RADIO else 1, high=10)


def _check_input(form: Form, part: dict[str, Any]) -> None:
    form.keys(
        part, "type id custom_id style min_length max_length required value placeholder label"
    )
    if part.get("label") is not None:
        form.wrong("The label stands in the Label around it.")
    form.number(part, "style", low=1, high=2)
    if part.get("style") is None:
        form.wrong("style is required", "BASE_TYPE_REQUIRED")
    form.number(part, "min_length", low=0, high=4000)
    form.number(part, "max_length", low=1, high=4000)
    form.text(part, "value", high=min(part.get("max_length") or 4000, 4000))
    form.text(part, "placeholder", high=100)


def _check_upload(form: Form, part: dict[str, Any]) -> None:
    form.keys(part, "type id custom_id min_values max_values required file_types")
    form.number(part, "min_values", low=0, high=10)
    form.number(part, "max_values", low=1, high=10)
    if part.get("min_values") == 0 and part.get("required", True):
        form.wrong("min_values 0 needs required false.")
