"""Values that an option may have, for whoever is still typing: from memory, and at once."""

from collections.abc import Callable

from pipeline import STYLE_NAMES, ModelFacts

MAX_SUGGESTIONS = 25


def suggest(facts: Callable[[], ModelFacts | None], option: str, typed: str) -> tuple[str, ...]:
    """Give the values that contain what was typed; those that begin with it come first."""
    match option:
        case "화풍":
            values = STYLE_NAMES
        case "로라":
            known = facts()
            values = known.loras if known else ()
        case _:
            values = ()
    wanted = typed.casefold().strip()
    fitting = [value for value in values if wanted in value.casefold()]
    fitting.sort(key=lambda value: not value.casefold().startswith(wanted))
    return tuple(fitting[:MAX_SUGGESTIONS])
