"""What Discord's codes mean to whoever delivers."""

import pytest

from bot.adapters.discord.refusal import port_error_of
from bot.adapters.discord.rest import Refused
from bot.adapters.port import MessageGone, PlaceGone, PlatformDown, PortError


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (10008, MessageGone),
        (50005, MessageGone),
        (50083, MessageGone),
        (10003, PlaceGone),
        (50001, PlaceGone),
        (50013, PlaceGone),
        (50007, PlaceGone),
        (50278, PlaceGone),
        (20009, PlaceGone),
        (30046, PlatformDown),
        (20028, PlatformDown),
        (20029, PlatformDown),
        (40003, PlatformDown),
        (130000, PlatformDown),
    ],
)
def test_a_refusal_says_what_may_be_done(code: int, kind: type[PortError]) -> None:
    """Each code of Discord's has one meaning."""
    assert kind is type(port_error_of(Refused(status=400, code=code)))


@pytest.mark.parametrize("code", [50006, 50035, 50109, 999999])
def test_a_mistake_of_ours_is_no_state_of_discord(code: int) -> None:
    """A form that is wrong is neither repeated nor taken for a place that is gone."""
    assert port_error_of(Refused(status=400, code=code)) is None
