"""A photo waits for its message: one for each session, for some minutes, within limits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.adapters.port import Place
from bot.adapters.web.photo import (
    KEPT_S,
    MAX_RECEIVING,
    PhotoRefused,
    Photos,
    TooManyBytes,
    TooManyPhotos,
    WrongKind,
)
from bot.adapters.web.site import STATIC
from tests.clock import ManualClock

HERE, THERE = Place(platform="web", id="here"), Place(platform="web", id="there")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
MAX_BYTES = 100


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    """A file as it arrives."""
    for chunk in chunks:
        yield chunk


@pytest.fixture
def clock() -> ManualClock:
    """Time in the test's hands."""
    return ManualClock()


@pytest.fixture
def photos(clock: ManualClock) -> Photos:
    """What was received so far: nothing."""
    return Photos(max_bytes=MAX_BYTES, clock=clock)


async def receive(photos: Photos, place: Place, *chunks: bytes) -> str:
    """Receive a photo whose length nobody told."""
    return await photos.receive(place, pieces(*chunks), told_bytes=None)


async def test_a_photo_is_given_away_once(photos: Photos) -> None:
    """The pieces are joined, and whoever asks again gets nothing."""
    photo_id = await receive(photos, HERE, PNG[:5], PNG[5:])

    assert PNG == photos.take(HERE, photo_id)
    assert None is photos.take(HERE, photo_id)


async def test_a_session_cannot_name_the_photo_of_another(photos: Photos) -> None:
    """An id opens nothing without its session, and is not used up by the attempt."""
    photo_id = await receive(photos, HERE, PNG)

    assert None is photos.take(THERE, photo_id)
    assert PNG == photos.take(HERE, photo_id)


async def test_a_second_photo_takes_the_place_of_the_first(photos: Photos) -> None:
    """A session has one photo on its way; others keep theirs."""
    elsewhere = await receive(photos, THERE, PNG)
    first = await receive(photos, HERE, PNG)
    second = await receive(photos, HERE, PNG + b"2")

    assert None is photos.take(HERE, first)
    assert PNG + b"2" == photos.take(HERE, second)
    assert PNG == photos.take(THERE, elsewhere)


async def test_a_photo_that_nobody_names_is_forgotten(photos: Photos, clock: ManualClock) -> None:
    """After some minutes its memory is free."""
    photo_id = await receive(photos, HERE, PNG)
    clock.pass_(KEPT_S + 1)
    photos.forget_old()

    assert None is photos.take(HERE, photo_id)


@pytest.mark.parametrize(
    "data",
    [PNG, b"\xff\xd8\xff\xe0" + bytes(20), b"RIFF\x10\0\0\0WEBPVP8 " + bytes(8)],
    ids=["png", "jpeg", "webp"],
)
async def test_the_three_kinds_are_known_by_their_first_bytes(photos: Photos, data: bytes) -> None:
    """Names and types that a browser tells are not looked at."""
    assert data == photos.take(HERE, await receive(photos, HERE, data))


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + bytes(20), b"<svg xmlns=", b"RIFF\x10\0\0\0WAVEfmt ", b"\0\0\0\x18ftypheic"],
    ids=["nothing", "gif", "svg", "wave", "heic"],
)
async def test_other_kinds_are_refused(photos: Photos, data: bytes) -> None:
    """What does not begin as one of the three is not kept."""
    with pytest.raises(WrongKind):
        await receive(photos, HERE, data)


async def test_a_wrong_kind_is_refused_before_it_is_read(photos: Photos) -> None:
    """The first bytes are enough; the rest is not waited for."""

    async def endless() -> AsyncIterator[bytes]:
        yield b"no picture at all"
        await asyncio.Event().wait()

    async with asyncio.timeout(5):
        with pytest.raises(WrongKind):
            await photos.receive(HERE, endless(), told_bytes=None)


@pytest.mark.parametrize("told_bytes", [None, 10, MAX_BYTES + 1])
async def test_a_file_may_not_be_larger_than_is_allowed(
    photos: Photos, told_bytes: int | None
) -> None:
    """It is counted while it comes, whatever was told; what is told too large is not begun."""
    with pytest.raises(TooManyBytes):
        await photos.receive(
            HERE, pieces(PNG, bytes(MAX_BYTES - len(PNG) + 1)), told_bytes=told_bytes
        )


async def test_the_largest_file_is_taken(photos: Photos) -> None:
    """The limit itself is allowed."""
    data = PNG + bytes(MAX_BYTES - len(PNG))

    assert data == photos.take(HERE, await receive(photos, HERE, data))


async def test_few_are_received_at_once(photos: Photos) -> None:
    """One too many is refused; whoever breaks off makes room."""

    begun = asyncio.Semaphore(0)

    async def stuck() -> AsyncIterator[bytes]:
        yield PNG
        begun.release()
        await asyncio.Event().wait()

    receiving = [
        asyncio.create_task(photos.receive(HERE, stuck(), told_bytes=None))
        for _ in range(MAX_RECEIVING)
    ]
    for _ in receiving:
        await asyncio.wait_for(begun.acquire(), 5)
    with pytest.raises(TooManyPhotos):
        await receive(photos, THERE, PNG)
    receiving[0].cancel()
    await asyncio.gather(receiving[0], return_exceptions=True)

    assert await receive(photos, THERE, PNG)
    for task in receiving:
        task.cancel()
    await asyncio.gather(*receiving, return_exceptions=True)


def test_every_refusal_has_a_sentence_on_the_page() -> None:
    """The page looks it up by the reason."""
    sentences = (STATIC / "strings.js").read_text(encoding="utf-8")

    assert [] == [
        kind.reason for kind in PhotoRefused.__subclasses__() if f"{kind.reason}:" not in sentences
    ]
