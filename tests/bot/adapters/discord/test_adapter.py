"""The adapter on the local Discord: what it hears, and how cards go on after the token's death."""

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.discord import app_commands
from bot.adapters.port import (
    Action,
    ChatPort,
    Field,
    Form,
    Message,
    MessageGone,
    NotForEverybody,
    Person,
    Place,
    PlaceGone,
    PlatformDown,
    Press,
    Unclear,
)
from tests.bot.adapters.discord.stage import (
    JOB,
    NONCE,
    PNG,
    Listener,
    done,
    drawing,
    note,
    running,
    waiting,
)
from tests.discord.faults import CUT_AFTER, error, limited
from tests.discord.server import DiscordServer
from tests.discord.things import Channel, Permission
from tests.discord.things import Message as Posted

DRAW = "그려줘"
LATER_S = 16 * 60.0
FORM = Form(
    action=Action.OVER,
    title="사진 위에 그리기",
    fields=(Field(name="", label="무엇을 그릴까요", is_long=True, is_required=True),),
)


def place_of(channel: Channel) -> Place:
    """A channel as a place."""
    return Place(
        platform="discord", id=str(channel.id), home=str(channel.guild and channel.guild.id)
    )


async def asked(
    server: DiscordServer, listener: Listener, channel: Channel | None = None
) -> Posted:
    """The first card of a command that somebody used."""
    card = await server.person().slash(channel or server.channel, DRAW, 설명="고래").message()
    await listener.done()
    return card


async def for_oneself(server: DiscordServer, listener: Listener) -> tuple[Posted, Channel]:
    """The first card of somebody who brought the bot where it is no member; and their own channel."""
    guild = server.world.add_guild("남의 집", has_bot=False)
    person = server.person(guild=guild)
    person.user.has_installed_app = True
    channel = server.world.add_channel(guild, "수다")
    card = await person.slash(channel, DRAW, 설명="고래").message()
    await listener.done()
    return card, person.dm


# What is heard.


async def test_a_command_is_answered_with_its_card(server: DiscordServer) -> None:
    """The event says what was asked, by whom and where, and the answer is the card."""
    listener = Listener()
    async with running(server, listener):
        person = server.person()
        message = await person.slash(server.channel, DRAW, 설명="노을 지는 바다").message()
        await listener.done()

    (event,) = listener.events
    assert isinstance(event, Message)
    assert ("/그려줘 노을 지는 바다", str(person.id)) == (event.text, event.person.id)
    assert place_of(server.channel) == event.place
    assert str(server.guild.id) == event.place.home
    assert ("순서를 기다려요", ["취소"]) == (
        message.content,
        [label.split()[-1] for label in message.labels],
    )
    assert [] == server.problems


async def test_a_mention_is_answered_below_it(server: DiscordServer) -> None:
    """Words that call the bot are a request, and the card replies to them."""
    listener = Listener()
    async with running(server, listener):
        said = server.person().say(server.channel, f"{server.mention} 고래 그려줘")
        await listener.done()

    (event,) = listener.events
    shown = server.world.messages_in(server.channel)[-1]
    assert isinstance(event, Message)
    assert (str(said.id), "고래 그려줘") == (event.event_id, event.text)
    assert (said, NONCE, "순서를 기다려요") == (shown.reference, shown.nonce, shown.content)
    assert [] == server.problems


async def test_a_reply_to_a_card_is_about_its_job(server: DiscordServer) -> None:
    """Words below a picture of ours say how it should be."""
    listener = Listener()
    async with running(server, listener):
        card = await asked(server, listener)
        server.person("수아").say(server.channel, "더 밝게", reply_to=card)
        await listener.done(2)

    event = listener.events[1]
    assert isinstance(event, Message)
    assert ("더 밝게", JOB) == (event.text, event.about)


async def test_words_that_do_not_mean_the_bot_are_left(server: DiscordServer) -> None:
    """People talk to each other."""
    listener = Listener()
    async with running(server, listener):
        server.person("민지").say(server.channel, "고래 그려줘")
        server.person("수아").say(server.channel, f"{server.mention} 상어 그려줘")
        await listener.done()

    assert ["상어 그려줘"] == [one.text for one in listener.events if isinstance(one, Message)]


async def test_a_picture_that_came_along_is_loaded(server: DiscordServer) -> None:
    """A photo of a command, and one of a message, are there when the conversation hears of them."""
    listener = Listener()
    async with running(server, listener):
        person = server.person()
        options = {"설명": "고래", app_commands.PHOTO: ("a.png", PNG)}
        await person.slash(server.channel, DRAW, **options).message()
        person.say(server.channel, f"{server.mention} 고래", files=[("b.png", PNG + b"!")])
        await listener.done(2)

    assert [PNG, PNG + b"!"] == [one.photo for one in listener.events if isinstance(one, Message)]
    assert [] == server.problems


async def test_a_picture_that_cannot_be_had_is_empty(server: DiscordServer) -> None:
    """The conversation hears that there was one, and says that it cannot be read."""
    listener = Listener()
    async with running(server, listener):
        server.links.life_s = -1.0
        options = {"설명": "고래", app_commands.PHOTO: ("a.png", PNG)}
        await server.person().slash(server.channel, DRAW, **options).message()
        await listener.done()

    (event,) = listener.events
    assert isinstance(event, Message)
    assert b"" == event.photo


@pytest.mark.parametrize("is_remembered", [True, False], ids=["remembered", "after a restart"])
async def test_a_chosen_picture_comes_with_the_filled_form(
    server: DiscordServer, *, is_remembered: bool
) -> None:
    """Whoever draws over somebody's picture fills in a form, and the picture is there with it."""
    listener = Listener()

    async def react(event: Message | Press, port: ChatPort) -> None:
        if isinstance(event, Press):
            card = replace(note(), form=replace(FORM, value=event.value))
            await port.send(event.place, card, reply_to=event.event_id)
        else:
            await listener.accept(event, port)

    listener.reaction = react
    person = server.person()
    async with running(server, listener) as chat:
        picture = person.say(server.channel, f"{server.mention} 봐", files=[("a.png", PNG)])
        await listener.done(1)
        modal = await person.context(picture, app_commands.DRAW_OVER).modal()
        if not is_remembered:
            await chat.forget(Person(platform="discord", id=str(person.id)))
        await person.submit(modal, {"무엇을 그릴까요": "고래"}).message()
        await listener.done(3)

    filled = listener.events[-1]
    assert isinstance(filled, Message)
    assert ("고래", Action.OVER, PNG) == (filled.text, filled.form, filled.photo)
    assert [] == server.problems


# While the token lives.


async def test_a_card_is_edited_by_its_token(server: DiscordServer) -> None:
    """Progress and the picture replace what the answer shows."""
    listener = Listener()
    async with running(server, listener) as chat:
        message = await asked(server, listener)
        await chat.edit(listener.refs[0], drawing(3))
        await chat.edit(listener.refs[0], done())

    assert ["순서를 기다려요", "고래를 그렸어요"] == [
        message.versions[0].content,
        message.content,
    ]
    assert 3 == len(message.versions)
    assert [PNG] == [file.data for file in message.files]
    assert ["고래"] == [file.description for file in message.files]
    assert [] == server.log.of("PATCH", f"/channels/{server.channel.id}/messages/{message.id}")
    assert [] == server.problems


async def test_a_card_that_is_gone_is_told(server: DiscordServer) -> None:
    """A message that somebody deleted cannot be edited, and is removed already."""
    listener = Listener()
    async with running(server, listener) as chat:
        message = await asked(server, listener)
        server.world.remove(message)
        with pytest.raises(MessageGone):
            await chat.edit(listener.refs[0], done())
        await chat.remove(listener.refs[0])


async def test_a_card_is_removed(server: DiscordServer) -> None:
    """While the token lives, and afterwards too."""
    listener = Listener()
    async with running(server, listener) as chat:
        early = await asked(server, listener)
        await chat.remove(listener.refs[0])
        late = await server.person("수아").slash(server.channel, DRAW, 설명="상어").message()
        await listener.done(2)
        server.world.clock.pass_by(LATER_S)
        await chat.remove(listener.refs[1])

    assert [True, True] == [early.is_deleted, late.is_deleted]
    assert [] == server.problems


# After the token's death.


async def test_a_card_is_edited_by_the_bot_after_fifteen_minutes(server: DiscordServer) -> None:
    """The picture arrives in the same message."""
    listener = Listener()
    async with running(server, listener) as chat:
        message = await asked(server, listener)
        server.world.clock.pass_by(LATER_S)
        await chat.edit(listener.refs[0], done())

    assert ("고래를 그렸어요", [PNG]) == (message.content, [file.data for file in message.files])
    assert [] == server.problems


async def test_a_dead_token_is_not_asked_twice(server: DiscordServer) -> None:
    """After it was refused once, the channel is asked at once."""
    listener = Listener()
    async with running(server, listener) as chat:
        message = await asked(server, listener)
        server.world.clock.pass_by(LATER_S)
        await chat.edit(listener.refs[0], drawing(3))
        await chat.edit(listener.refs[0], done())

    assert 1 == len(server.log.of("PATCH", f"/messages/{message.id}")) - len(
        server.log.of("PATCH", f"/channels/{server.channel.id}/messages/{message.id}")
    )


async def test_a_new_card_goes_into_the_channel_after_fifteen_minutes(
    server: DiscordServer,
) -> None:
    """With its nonce, so that it is there once however often it is sent."""
    listener = Listener()
    async with running(server, listener) as chat:
        message = await asked(server, listener)
        (event,) = listener.events
        server.world.clock.pass_by(LATER_S)
        server.world.remove(message)
        server.faults.add(CUT_AFTER, method="POST", path=f"/channels/{server.channel.id}/messages$")
        with pytest.raises(Unclear):
            await chat.send(event.place, done(), reply_to=event.event_id, nonce="ending")
        ref = await chat.send(event.place, done(), reply_to=event.event_id, nonce="ending")

    (shown,) = server.world.messages_in(server.channel)
    assert (str(shown.id), "ending", [PNG]) == (
        ref.id,
        shown.nonce,
        [file.data for file in shown.files],
    )
    assert [] == server.problems


async def test_another_process_goes_on_with_a_card(server: DiscordServer) -> None:
    """What is written down of a message is all that editing it needs."""
    first, second = Listener(), Listener()
    async with running(server, first):
        message = await asked(server, first)
    async with running(server, second) as chat:
        await chat.edit(first.refs[0], done())

    assert [PNG] == [file.data for file in message.files]
    assert [] == server.problems


async def test_another_process_fills_an_answer_whose_message_nobody_kept(
    server: DiscordServer,
) -> None:
    """A crash after the first card leaves one message, which shows the picture in the end."""
    first, second = Listener(), Listener()
    async with running(server, first):
        message = await asked(server, first)
    (event,) = first.events
    async with running(server, second) as chat:
        ref = await chat.send(event.place, done(), reply_to=event.event_id, nonce="ending")

    assert str(message.id) == ref.id.split(":")[0]
    assert [PNG] == [file.data for file in message.files]
    assert [message] == list(server.world.messages.values())
    assert [] == server.problems


async def test_whoever_brought_the_bot_gets_one_direct_message(server: DiscordServer) -> None:
    """Where the bot is no member, a finished card goes to its person, once, and progress does not."""
    listener = Listener()
    async with running(server, listener) as chat:
        _, own = await for_oneself(server, listener)
        server.world.clock.pass_by(LATER_S)
        with pytest.raises(PlaceGone):
            await chat.edit(listener.refs[0], drawing(3))
        await chat.edit(listener.refs[0], done())
        await chat.edit(listener.refs[0], done())

    (shown,) = server.world.messages_in(own)
    assert [PNG] == [file.data for file in shown.files]
    assert [] == server.problems


async def test_a_direct_message_that_is_refused_keeps_the_picture(server: DiscordServer) -> None:
    """Nobody is pressed; the answer waits until it is fetched."""
    listener = Listener()
    async with running(server, listener) as chat:
        card, _ = await for_oneself(server, listener)
        assert card.interaction is not None
        card.interaction.user.refuses_dms = True
        server.world.clock.pass_by(LATER_S)
        with pytest.raises(PlaceGone):
            await chat.edit(listener.refs[0], done())


@pytest.mark.fault(31)
async def test_what_is_for_adults_never_becomes_a_direct_message(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the channel cannot be reached any more, the picture does not follow its person."""
    listener = Listener()
    async with running(server, listener) as chat:
        card, own = await for_oneself(server, listener)
        channel = server.world.channels[int(listener.refs[0].place.id)]
        monkeypatch.setattr(chat._gateway, "is_for_adults", lambda _: True)  # so it was, when told
        server.world.clock.pass_by(LATER_S)
        for way in (
            chat.edit(listener.refs[0], done(is_adult=True)),
            chat.send(
                listener.refs[0].place, done(is_adult=True), reply_to=listener.events[0].event_id
            ),
        ):
            with pytest.raises(NotForEverybody):
                await way

    assert () == server.world.messages_in(own)
    assert [card] == [one for one in server.world.messages.values() if one.channel == channel]


async def test_what_is_for_one_person_never_goes_into_the_channel(server: DiscordServer) -> None:
    """A private card whose token is dead has no place."""
    listener = Listener()
    async with running(server, listener) as chat:
        message = await asked(server, listener)
        (event,) = listener.events
        server.world.clock.pass_by(LATER_S)
        with pytest.raises(PlaceGone):
            await chat.send(event.place, note(is_private=True), reply_to=event.event_id)

    assert [message] == list(server.world.messages.values())


# In channels.


async def test_a_place_without_permission_is_gone(server: DiscordServer) -> None:
    """Neither a channel that is denied nor one that was deleted can be written in."""
    denied = server.add_channel("닫힘", deny=Permission.VIEW_CHANNEL)
    gone = server.add_channel("없음")
    gone.is_gone = True
    async with running(server, Listener()) as chat:
        for channel in (denied, gone):
            with pytest.raises(PlaceGone):
                await chat.send(place_of(channel), done(), nonce=NONCE)


async def test_a_reply_without_the_history_is_a_message(server: DiscordServer) -> None:
    """Where replies are not allowed, the answer comes without one."""
    channel = server.add_channel("조용", deny=Permission.READ_MESSAGE_HISTORY)
    listener = Listener()
    async with running(server, listener):
        server.person().say(channel, f"{server.mention} 고래")
        await listener.done()

    shown = server.world.messages_in(channel)[-1]
    assert ("순서를 기다려요", None) == (shown.content, shown.reference)


async def test_a_sent_card_that_was_deleted_counts_as_sent(server: DiscordServer) -> None:
    """A nonce of a message that is gone shows nothing again, and editing says so."""
    place = place_of(server.channel)
    async with running(server, Listener()) as first:
        ref = await first.send(place, done(), nonce=NONCE)
    server.world.remove(server.world.messages[int(ref.id)])
    async with running(server, Listener()) as second:
        again = await second.send(place, done(), nonce=NONCE)
        with pytest.raises(MessageGone):
            await second.edit(again, done())
        await second.remove(again)

    assert () == server.world.messages_in(server.channel)


async def test_a_card_is_found_by_its_nonce(server: DiscordServer) -> None:
    """Also one that an interaction made, among what others wrote; and surely not by another nonce."""
    listener = Listener()
    async with running(server, listener) as chat:
        message = await asked(server, listener)
        for number in range(120):
            server.person().say(server.channel, f"{number}번째 말")
        found = await chat.find(place_of(server.channel), NONCE)
        other = await chat.find(place_of(server.channel), "another")
        assert found is not None
        await chat.edit(found, done())

    assert (str(message.id), None) == (found.id, other)
    assert [PNG] == [file.data for file in message.files]
    assert [] == server.problems


async def test_a_history_that_is_not_seen_is_no_answer(server: DiscordServer) -> None:
    """Nothing to see is not nothing there."""
    blind = server.add_channel("못 봄", deny=Permission.READ_MESSAGE_HISTORY)
    denied = server.add_channel("닫힘", deny=Permission.VIEW_CHANNEL)
    long = server.add_channel("길다")
    for number in range(301):
        server.person().say(long, f"{number}번째 말")
    async with running(server, Listener()) as chat:
        for channel in (blind, denied, long):
            with pytest.raises(Unclear):
                await chat.find(place_of(channel), NONCE)


@pytest.mark.parametrize("is_thread", [False, True], ids=["a channel", "a thread"])
async def test_what_is_for_adults_stays_where_adults_are(
    server: DiscordServer, *, is_thread: bool
) -> None:
    """A channel that is open to everybody by now gets nothing of it; neither does an edit there."""
    parent = server.add_channel("어른", is_nsfw=True)
    channel = server.add_channel("어른의 스레드", parent=parent) if is_thread else parent
    listener = Listener()
    async with running(server, listener) as chat:
        ref = await chat.send(place_of(channel), done(is_adult=True), nonce=NONCE)
        parent.is_nsfw = False
        server.world.emit("CHANNEL_UPDATE", parent)
        await asked(server, listener)  # what was told before is known by then
        with pytest.raises(PlaceGone):
            await chat.edit(ref, done(is_adult=True))
        with pytest.raises(PlaceGone):
            await chat.send(place_of(server.channel), done(is_adult=True), nonce="other")


async def test_a_limit_is_told_and_obeyed(server: DiscordServer) -> None:
    """Whoever delivers hears how long to wait, and nothing is asked meanwhile."""
    async with running(server, Listener()) as chat:
        server.faults.add(limited(60.0), method="POST", path="/messages$")
        with pytest.raises(PlatformDown) as first:
            await chat.send(place_of(server.channel), done(), nonce=NONCE)
        with pytest.raises(PlatformDown):
            await chat.send(place_of(server.channel), done(), nonce=NONCE)

    assert 60.0 == first.value.retry_after_s
    assert 1 == len(server.log.of("POST", "/messages"))


async def test_a_mistake_of_ours_is_an_error(server: DiscordServer) -> None:
    """A form that Discord does not take is no state of the platform."""
    async with running(server, Listener()) as chat:
        server.faults.add(error(50035), method="POST", path="/messages$")
        with pytest.raises(Exception, match="code 50035"):
            await chat.send(place_of(server.channel), done(), nonce=NONCE)


async def test_many_cards_of_one_channel_arrive(server: DiscordServer) -> None:
    """Twelve cards, where five fit into a bucket, arrive without one call too many."""
    place = place_of(server.channel)
    async with running(server, Listener()) as chat:
        refs = await asyncio.gather(
            *(chat.send(place, waiting(), nonce=f"nonce {number}") for number in range(12))
        )

    assert 12 == len(set(refs)) == len(server.world.messages_in(server.channel))
    assert [200] * 12 == [one.status for one in server.log.of("POST", "/messages")]
    assert [] == server.problems


async def test_what_is_for_adults_is_asked_where_nothing_is_known(server: DiscordServer) -> None:
    """A channel that no server told of is asked for; a private conversation is nobody's adult room."""
    person = server.person()
    async with running(server, Listener()) as chat:
        server.gateway.hold()  # it is not told of the channel
        adults = server.add_channel("어른", is_nsfw=True)
        await chat.send(place_of(adults), done(is_adult=True), nonce=NONCE)
        with pytest.raises(PlaceGone):
            await chat.send(
                Place(platform="discord", id=str(person.dm.id)), done(is_adult=True), nonce="dm"
            )
