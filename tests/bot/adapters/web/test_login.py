"""A password is tried a few times a minute at most, and a login lasts until it is left."""

import asyncio
import unicodedata

import pytest

from bot.adapters.web.login import (
    LOGIN_AGE_S,
    MAX_TRIES,
    MAX_TRIES_TOGETHER,
    Logins,
    TooManyTries,
    WrongPassword,
)
from tests.clock import ManualClock

PASSWORD = "열려라 참깨야!"
HERE, ELSEWHERE = "203.0.113.7", "203.0.113.8"


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still."""
    return ManualClock()


@pytest.fixture
def logins(clock: ManualClock) -> Logins:
    """The logins of a server with a password."""
    return Logins(PASSWORD, clock=clock)


async def fail(logins: Logins, address: str | None = HERE) -> None:
    """Try a wrong password once."""
    with pytest.raises(WrongPassword):
        await logins.enter("열려라 들깨!", address=address)


async def test_the_password_opens(logins: Logins) -> None:
    """Each login has a cookie of its own, that nobody can guess; anything else opens nothing."""
    one, other = [await logins.enter(PASSWORD, address=HERE) for _ in range(2)]

    assert logins.admits(one)
    assert one != other
    assert len(one) >= 43
    assert not any(map(logins.admits, ("", one[:-1], PASSWORD)))


async def test_a_password_is_the_same_on_every_keyboard(logins: Logins) -> None:
    """Some systems take Korean syllables apart."""
    typed = unicodedata.normalize("NFD", PASSWORD)

    assert logins.admits(await logins.enter(typed, address=HERE))


@pytest.mark.fault(56)
async def test_an_address_fails_five_times_a_minute(logins: Logins, clock: ManualClock) -> None:
    """Then even the right password is not looked at; others go on, and so does it a minute later."""
    for _ in range(MAX_TRIES):
        await fail(logins)
        clock.pass_(1)

    with pytest.raises(TooManyTries) as caught:
        await logins.enter(PASSWORD, address=HERE)
    assert 60 - MAX_TRIES == caught.value.retry_after_s
    assert logins.admits(await logins.enter(PASSWORD, address=ELSEWHERE))
    clock.pass_(caught.value.retry_after_s)
    assert logins.admits(await logins.enter(PASSWORD, address=HERE))


async def test_tries_that_come_together_count(logins: Logins) -> None:
    """Whoever sends many at once is not ahead of the count."""
    tries = (logins.enter("열려라 들깨!", address=HERE) for _ in range(MAX_TRIES + 3))
    kinds = [type(error) for error in await asyncio.gather(*tries, return_exceptions=True)]

    assert {WrongPassword: MAX_TRIES, TooManyTries: 3} == {
        kind: kinds.count(kind) for kind in kinds
    }


async def test_whoever_knows_it_is_not_counted(logins: Logins) -> None:
    """A family behind one address may all come in the same minute."""
    for _ in range(MAX_TRIES + 1):
        await logins.enter(PASSWORD, address=HERE)
    await fail(logins)


async def test_a_network_is_one_address(logins: Logins) -> None:
    """Whoever has IPv6 has more addresses than there are tries in the world."""
    for number in range(MAX_TRIES):
        await fail(logins, f"2001:db8:1:2::{number}")

    with pytest.raises(TooManyTries):
        await logins.enter(PASSWORD, address="2001:db8:1:2:ffff::1")
    await fail(logins, "2001:db8:1:3::1")


async def test_all_addresses_together_are_bounded(logins: Logins) -> None:
    """Many machines guess no faster."""
    for number in range(MAX_TRIES_TOGETHER):
        await fail(logins, f"198.51.100.{number}")

    with pytest.raises(TooManyTries):
        await logins.enter(PASSWORD, address=HERE)


async def test_a_login_ends(logins: Logins, clock: ManualClock) -> None:
    """When it is left, and after a month; another one goes on."""
    left, kept = [await logins.enter(PASSWORD, address=HERE) for _ in range(2)]
    logins.leave(left)
    logins.leave("nobody's")

    assert [False, True] == [logins.admits(left), logins.admits(kept)]
    clock.pass_(LOGIN_AGE_S)
    assert not logins.admits(kept)


def test_without_a_password_everybody_is_in() -> None:
    """The page of this machine asks for none."""
    logins = Logins("")

    assert not logins.is_needed
    assert logins.admits("")
