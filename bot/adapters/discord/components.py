"""The buttons below a card as Discord's components: rows of buttons, and one menu for the choices.

Pure. Every one of them carries its job, so no state is kept for it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bot.adapters.discord import custom_id
from bot.adapters.discord.markdown import one_line
from bot.adapters.port import Action, Button, Card

# Types of components, and styles of buttons.
ACTION_ROW, BUTTON, STRING_SELECT = 1, 2, 3
PRIMARY, SECONDARY, DANGER = 1, 2, 4

MAX_ROWS = 5
MAX_BUTTONS_IN_ROW = 5
MAX_OPTIONS = 25
MAX_LABEL_CHARS = 80
MAX_OPTION_CHARS = 100
MAX_PLACEHOLDER_CHARS = 150

_STYLES = {
    Action.AGAIN: PRIMARY,
    Action.CANCEL: DANGER,
    Action.DELETE: DANGER,
    Action.ERASE: DANGER,
}
_EMOJI = {
    Action.AGAIN: "🔁",
    Action.VARY: "🎲",
    Action.ENLARGE: "🔍",
    Action.EDIT: "✏️",
    Action.INFO: "ℹ️",  # noqa: RUF001 - the sign, not a letter
    Action.DELETE: "🗑️",
    Action.REPORT: "🚩",
}
_MENU = "menu"  # keeps the menu's own id apart from those of buttons
_NO_CHOICE = frozenset({Action.PAGE})  # its values lead on and back: two buttons are shorter


def rows_of(card: Card, *, nonce: str) -> list[dict[str, Any]]:
    """Lay the buttons of a card out in at most five rows; what finds no room is left out."""
    buttons = _distinct(card.buttons)
    counts = Counter(button.action for button in buttons)
    chosen = [
        button
        for button in buttons
        if card.choice_label and counts[button.action] > 1 and button.action not in _NO_CHOICE
    ]
    single = [button for button in buttons if button not in chosen]
    rows = [
        _row(
            [_button(button, card, nonce) for button in single[start : start + MAX_BUTTONS_IN_ROW]]
        )
        for start in range(0, len(single), MAX_BUTTONS_IN_ROW)
    ]
    menu = [_row([_menu(chosen, card, nonce)])] if chosen else []
    return [*rows[: MAX_ROWS - len(menu)], *menu]


def _distinct(buttons: Sequence[Button]) -> list[Button]:
    """Keep one button for everything that can be asked: a custom id stands once in a message."""
    asked: dict[tuple[Action, str], Button] = {}
    for button in buttons:
        asked.setdefault((button.action, button.value), button)
    return list(asked.values())


def _row(inside: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": ACTION_ROW, "components": inside}


def _button(button: Button, card: Card, nonce: str) -> dict[str, Any]:
    return {
        "type": BUTTON,
        "style": _STYLES.get(button.action, SECONDARY),
        "label": _label(button, max_chars=MAX_LABEL_CHARS),
        "custom_id": custom_id.write(button.action, card.job_id or "", button.value, nonce),
        **_emoji(button),
    }


def _menu(buttons: Sequence[Button], card: Card, nonce: str) -> dict[str, Any]:
    """Offer buttons as the options of one menu; the chosen value is what a button would carry."""
    job_id = card.job_id or ""
    return {
        "type": STRING_SELECT,
        "custom_id": custom_id.write(buttons[0].action, job_id, _MENU, nonce),
        "placeholder": one_line(card.choice_label, max_chars=MAX_PLACEHOLDER_CHARS),
        "options": [
            {
                "label": _label(button, max_chars=MAX_OPTION_CHARS),
                "value": custom_id.write(button.action, job_id, button.value, nonce),
                **_emoji(button),
            }
            for button in buttons[:MAX_OPTIONS]
        ],
    }


def _label(button: Button, *, max_chars: int) -> str:
    return one_line(button.label, max_chars=max_chars) or button.action.value


def _emoji(button: Button) -> dict[str, Any]:
    emoji = _EMOJI.get(button.action)
    return {"emoji": {"name": emoji}} if emoji else {}
