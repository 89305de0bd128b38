"""What goes wrong between the program and Discord, and what people send that is no request.

Whatever happens, nothing is lost, nothing is shown twice, and somebody who waits reads a Korean sentence.
The program, its model and the client are real; Discord is the local one, which notes every rule that the
program breaks: each test ends with none.
"""

import io
import re
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio
from PIL import Image

from bot import texts
from tests.discord.asked import Asked
from tests.discord.bot import (
    LIMIT_S,
    Bot,
    cancelled,
    card_of,
    drawn,
    finished,
    is_done,
    job_of,
    living,
    told,
)
from tests.discord.faults import CUT_AFTER, CUT_BEFORE, Fault, banned, error, html, limited
from tests.discord.options import NotPossible
from tests.discord.people import Person
from tests.discord.things import Channel, Message, Permission

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(600)]

APPLE = "빨간 사과"
LONG = f"{APPLE} 스텝:100"
TOKEN_LIFE_S = 15 * 60.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """A program that runs for all tests of this file."""
    folder = tmp_path_factory.mktemp("discord")
    async with living(folder, TEXT__KEYWORDS='["frequency"]') as bot:  # loads in no time
        yield bot


@pytest.fixture(autouse=True)
def rules_are_kept(bot: Bot) -> Iterator[None]:
    """Nothing that the program sent in a test was against Discord's rules."""
    yield
    bot.server.faults.clear()
    broken = list(bot.server.problems)
    bot.server.problems.clear()
    assert [] == broken


def ask(person: Person, channel: Channel, text: str = APPLE) -> Asked:
    """Ask for a picture."""
    return person.slash(channel, "그려줘", 설명=text)


async def only_picture(bot: Bot, channel: Channel) -> Message:
    """Wait until a channel shows what was drawn, and give the one message of ours that there is."""

    def ours() -> list[Message]:
        messages = bot.server.world.messages_in(channel)
        return [message for message in messages if message.author is bot.server.world.bot]

    await bot.server.wait_for(lambda: any(map(is_done, ours())), LIMIT_S)
    (message,) = ours()
    return message


# On the way to Discord.


async def ask_in_trouble(bot: Bot, fault: Fault, method: str, *, skip: int = 0) -> Channel:
    """Ask for a picture where one request about it goes wrong, and give the channel."""
    channel = bot.channel()
    token = ask(bot.server.person(), channel).interaction.token
    bot.server.faults.add(fault, method=method, path=re.escape(token), skip=skip)
    return channel


async def test_a_first_answer_survives_what_the_network_does(bot: Bot) -> None:
    """Servers that fail, and connections that break, before or after: each card is shown once, and ends."""
    faults = [html(500), html(502), html(503), html(520), html(524), CUT_BEFORE, CUT_AFTER]
    channels = [await ask_in_trouble(bot, fault, "POST") for fault in (*faults, limited(1.0))]

    for channel in channels:
        await only_picture(bot, channel)


@pytest.mark.parametrize(
    "faults",  # few at once: a platform that fails often is left alone for long
    [
        pytest.param((html(500), CUT_AFTER), id="500, cut after"),
        pytest.param((html(520), CUT_BEFORE), id="520, cut before"),
        pytest.param((limited(1.0), html(503)), id="429, 503"),
    ],
)
async def test_a_picture_survives_what_the_network_does(
    bot: Bot, faults: tuple[Fault, ...]
) -> None:
    """Whatever becomes of the edit that brings a picture, it is there in the end, and once."""
    channels = [await ask_in_trouble(bot, fault, "PATCH", skip=1) for fault in faults]

    for channel in channels:
        await only_picture(bot, channel)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(limited(3.0, scope="global"), id="global"),
        pytest.param(limited(3.0, scope="shared"), id="shared"),
        pytest.param(banned(3.0), id="cloudflare"),
    ],
)
async def test_who_is_told_to_wait_waits(bot: Bot, fault: Fault) -> None:
    """Nothing is sent while the bot is told to wait, and then the card goes on."""
    channel = bot.channel()
    said = bot.server.person().say(channel, f"{bot.server.mention} {APPLE}")
    bot.server.faults.add(fault, method="PATCH", path=f"/channels/{channel.id}/")

    card = await only_picture(bot, channel)

    assert said is card.reference


async def test_an_answer_that_came_too_late_is_given_in_the_channel(bot: Bot) -> None:
    """Where Discord does not know the interaction any more, the bot answers by itself."""
    person, channel = bot.server.person(), bot.channel()
    asked = ask(person, channel)
    bot.server.faults.add(
        error(10062, status=404), method="POST", path=re.escape(asked.interaction.token), count=None
    )

    card = await only_picture(bot, channel)

    assert card.interaction is None


async def test_what_comes_twice_is_done_once(bot: Bot) -> None:
    """An event that the gateway brings again, at once or later, draws nothing again."""
    channel = bot.channel()
    bot.server.gateway.is_doubling = True
    try:
        asked = ask(bot.server.person(), channel)
    finally:
        bot.server.gateway.is_doubling = False
    await finished(bot.server, [await card_of(asked)])
    bot.server.gateway.repeat("INTERACTION_CREATE")
    await bot.draw(bot.server.person(), APPLE)

    await only_picture(bot, channel)


async def test_the_gateway_may_be_lost_in_any_way(bot: Bot) -> None:
    """Lost, closed, asked to come again or refused a session: what is drawn goes on, and people are heard."""
    gateway, person, channel = bot.server.gateway, bot.server.person(), bot.channel()

    async def forget() -> None:
        gateway.invalidate(is_resumable=False)

    async def lose() -> None:
        gateway.drop()

    async def call() -> None:
        gateway.ask_to_reconnect()

    def num_greeted() -> int:
        return gateway.num_resumes + gateway.num_identifies

    async def greeted_again(before: int) -> None:
        await bot.server.wait_for(lambda: num_greeted() > before, LIMIT_S)

    ways: tuple[Callable[[], Awaitable[None]], ...] = (
        lose,
        call,
        lambda: gateway.close(4000),
        forget,
    )
    card = await card_of(person.slash(channel, "그려줘", 설명=LONG))
    for way in ways:
        before = num_greeted()
        await way()
        await greeted_again(before)
        assert "준비되어 있어요" in await told(person.slash(channel, "상태"))
    await finished(bot.server, [card])

    assert gateway.num_resumes
    assert card is await only_picture(bot, channel)


async def test_a_card_goes_on_after_a_restart(bot: Bot) -> None:
    """The program dies in the middle of a drawing: the same card says so, and ends as the picture."""
    person, channel = bot.server.person(), bot.channel()
    before = await bot.draw(person, APPLE, channel=bot.channel())
    card = await card_of(ask(person, channel, LONG))

    await bot.kill()
    await bot.start()

    assert card is await only_picture(bot, channel)
    assert texts.RESUMED in "".join(version.content for version in card.versions)
    await drawn(bot.server, person.press(before, texts.AGAIN))


# What is not there any more.


async def test_a_card_that_was_deleted_is_shown_anew(bot: Bot) -> None:
    """Who deletes the card of a picture that is on its way does not stop it: it comes once."""
    channel = bot.channel()
    card = await card_of(ask(bot.server.person(), channel))

    bot.server.world.remove(card)

    assert card is not await only_picture(bot, channel)


async def test_a_picture_whose_channel_is_gone_is_kept(bot: Bot) -> None:
    """What cannot be brought waits for whoever asked, who sees it with their pictures."""
    person, channel = bot.server.person(), bot.channel()
    card = await card_of(ask(person, channel))

    bot.server.world.remove_channel(channel)
    await bot.noted("closing=held", job_of(card))
    own = await card_of(person.slash(bot.channel(), "내그림"))

    assert 1 == len(own.files)


async def test_a_picture_that_may_not_be_sent_is_kept(bot: Bot) -> None:
    """Without the permission to write, a card whose token is dead ends with its person's pictures."""
    person, channel = bot.server.person(), bot.channel()
    card = await card_of(ask(person, channel))

    channel.deny = Permission.VIEW_CHANNEL
    bot.server.world.emit("CHANNEL_UPDATE", channel)
    bot.server.world.clock.pass_by(TOKEN_LIFE_S + 60)
    await bot.noted("closing=held", job_of(card))
    own = await card_of(person.slash(bot.channel(), "내그림"))

    assert 1 == len(own.files)


async def test_a_card_outlives_its_token(bot: Bot) -> None:
    """After fifteen minutes the bot goes on in the same message by itself, and its buttons work."""
    person, channel = bot.server.person(), bot.channel()
    card = await card_of(ask(person, channel))

    bot.server.world.clock.pass_by(TOKEN_LIFE_S + 60)

    assert card is await only_picture(bot, channel)
    assert bot.server.log.of("PATCH", f"/channels/{channel.id}/messages/{card.id}")
    assert await told(person.press(card, texts.INFO))


async def test_who_leaves_is_drawn_for_all_the_same(bot: Bot) -> None:
    """A member who left while the picture was on its way has it where it was asked for."""
    person, channel = bot.server.person(), bot.channel()
    card = await card_of(ask(person, channel))

    bot.server.leave(person)

    assert card is await only_picture(bot, channel)


async def test_who_brings_the_bot_along_gets_the_picture(bot: Bot) -> None:
    """Where the bot is no member it answers by the token, and by a direct message when that is dead."""
    guild = bot.server.world.add_guild("남의 집", has_bot=False)
    channel = bot.server.world.add_channel(guild, "남의 방")
    people = [bot.server.person(name, guild=guild) for name in ("민지", "서준")]
    for person in people:
        person.user.has_installed_app = True

    shown = await card_of(ask(people[0], channel))
    await finished(bot.server, [shown])
    assert "apple" in await told(people[0].press(shown, texts.INFO))
    await card_of(ask(people[1], channel))
    bot.server.world.clock.pass_by(TOKEN_LIFE_S + 60)
    letter = await only_picture(bot, people[1].dm)

    assert "다 그렸어요" in letter.text
    assert () == bot.server.world.messages_in(people[0].dm)


# What Discord does not take.


async def test_blocked_words_are_left_out(bot: Bot) -> None:
    """A server that blocks the words of a card gets the picture without them."""
    channel = bot.channel()
    asked = ask(bot.server.person(), channel)
    bot.server.faults.add(
        error(200000), method="PATCH", path=re.escape(asked.interaction.token), count=2
    )

    card = await only_picture(bot, channel)

    assert 1 == len(card.files)


async def test_a_picture_that_is_too_large_becomes_smaller(bot: Bot) -> None:
    """A file that Discord does not take is sent again in fewer bytes, or the card says what there is."""
    channel = bot.channel()
    asked = ask(bot.server.person(), channel)
    rule = bot.server.faults.add(
        error(40005, status=413), method="PATCH", path=re.escape(asked.interaction.token), count=2
    )

    card = await only_picture(bot, channel)

    assert 2 == rule.num_hit
    assert 1 == len(card.files)


# What people send.


def png(width_px: int, height_px: int) -> bytes:
    """A picture that is small as a file and as large as one says once it is unpacked."""
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    row = bytes(width_px + 1)
    data = b"".join(rows.compress(row) for _ in range(min(height_px, 2_000))) + rows.flush()

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def animated(format_name: str) -> bytes:
    """A picture of two frames."""
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    written = io.BytesIO()
    frames[0].save(written, format_name, save_all=True, append_images=frames[1:], duration=100)
    return written.getvalue()


def no_pictures() -> dict[str, bytes]:
    """Make files that cannot be drawn over, by the names that they are sent under."""
    return {
        "넓은.png": png(30_000, 30_000),
        "움직임.gif": animated("GIF"),
        "사진.heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(500),
        "글.png": "그림이 아니에요".encode(),
        "페이지.png": b"<html><script>alert(1)</script>",
        "빈.png": b"",
        "잘린.png": png(64, 64)[:60],
    }


async def test_a_file_that_is_no_picture_is_told(bot: Bot) -> None:
    """Whoever sends what cannot be drawn over reads why, and nothing is drawn."""
    asked = {
        name: bot.server.person().slash(bot.channel(), "그려줘", 설명=APPLE, 참고그림=(name, data))
        for name, data in no_pictures().items()
    }
    answers = {name: await card_of(one) for name, one in asked.items()}

    await bot.server.wait_for(
        lambda: all("사진" in message.text for message in answers.values()), LIMIT_S
    )
    assert [] == [name for name, message in answers.items() if message.files]


async def test_what_moves_is_drawn_over_as_it_begins(bot: Bot) -> None:
    """Of a picture with several frames one is taken, and what is drawn has one."""
    asked = [
        bot.server.person().slash(
            bot.channel(), "그려줘", 설명=APPLE, 참고그림=("a", animated(name))
        )
        for name in ("PNG", "WEBP")
    ]

    for card in await drawn(bot.server, *asked):
        with Image.open(io.BytesIO(card.files[0].data)) as image:
            assert 1 == getattr(image, "n_frames", 1)


async def test_what_hides_behind_a_picture_goes_nowhere(bot: Bot) -> None:
    """A picture that is something else, too, is drawn over as the picture that it is."""
    hidden = b"PK\x03\x04 secret archive"
    person = bot.server.person()

    card = await bot.draw(person, APPLE, 참고그림=("a.png", png(256, 256) + hidden))

    assert hidden not in card.files[0].data


async def test_too_much_is_told(bot: Bot) -> None:
    """A text that is too long, and more requests at once than one may have, get a sentence."""
    person, channel = bot.server.person(), bot.channel()
    person.say(person.dm, "고래 " * 700)
    await bot.server.wait_for(
        lambda: any("너무 길어요" in one.text for one in bot.server.world.messages_in(person.dm)),
        LIMIT_S,
    )
    cards = [await card_of(ask(person, channel, LONG)) for _ in range(3)]

    refused = await told(ask(person, channel))
    for card in cards:
        person.press(card, texts.CANCEL)
        await cancelled(bot.server, card)

    assert "한 번에 3건까지" in refused


async def test_a_form_takes_only_so_much(bot: Bot) -> None:
    """The longest text that a form takes is answered, too: with a picture, or with a sentence."""
    person = bot.server.person()
    card = await bot.draw(person, APPLE)
    form = await person.press(card, texts.EDIT).modal(LIMIT_S)
    most = form.inputs[texts.FIELD_TEXT]["max_length"]

    asked = await card_of(person.submit(form, {texts.FIELD_TEXT: ("빨간 사과 " * most)[:most]}))
    await bot.server.wait_for(lambda: is_done(asked) or "주세요" in asked.text, LIMIT_S)
    with pytest.raises(NotPossible):
        person.submit(form, {texts.FIELD_TEXT: "가" * (most + 1)})


async def test_what_was_forged_is_answered(bot: Bot) -> None:
    """A button that nobody of us made does nothing, and whoever presses it is not left waiting."""
    person, channel = bot.server.person(), bot.channel()
    card = await bot.draw(person, APPLE, channel=channel)
    for custom_id in ("1:again:0000000000::", "1:page::999999 고래:", "nonsense"):
        forged = dict(card.buttons[0]) | {"custom_id": custom_id}
        part = card.last.components[0]["components"]
        part.append(forged)
        assert await person.press(card, custom_id).acknowledged(LIMIT_S)
        part.remove(forged)

    await only_picture(bot, channel)


async def test_questions_are_asked_back(bot: Bot) -> None:
    """Words that ask for no picture are answered with a question and examples."""
    card = await card_of(ask(bot.server.person(), bot.channel(), "ㅁㄴㅇㄹ"))

    await bot.server.wait_for(lambda: "주세요" in card.text or "인가요" in card.text, LIMIT_S)

    assert () == card.files
