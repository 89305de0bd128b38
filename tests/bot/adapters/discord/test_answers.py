"""Answers to interactions: in time, once, and seen through whatever the network does."""

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.port import (
    Action,
    ChatPort,
    Field,
    Form,
    Message,
    PlaceGone,
    PortError,
    Press,
    Unclear,
)
from tests.bot.adapters.discord.stage import (
    JOB,
    NONCE,
    PNG,
    Listener,
    Pictures,
    done,
    note,
    running,
    waiting,
)
from tests.discord.faults import CUT_AFTER, CUT_BEFORE, Fault, error, html, limited
from tests.discord.server import DiscordServer
from tests.discord.things import CallbackType

DRAW = "그려줘"
CALLBACK, ORIGINAL = "/callback$", "/messages/@original$"


async def test_a_slow_answer_is_deferred_and_filled(server: DiscordServer) -> None:
    """An answer that takes long keeps its person waiting in sight, and fills that very message."""
    listener, may_answer = Listener(), asyncio.Event()

    async def slow(event: Message | Press, port: ChatPort) -> None:
        await may_answer.wait()
        await listener.accept(event, port)

    listener.reaction = slow
    async with running(server, listener):
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        kind = await asked.acknowledged()
        may_answer.set()
        message = await asked.message()
        await listener.done()

    assert CallbackType.DEFERRED_MESSAGE is kind
    assert "순서를 기다려요" == message.content
    assert [message.id] == [int(ref.id.split(":")[0]) for ref in listener.refs]
    assert [] == server.problems


async def test_what_is_for_one_person_is_deferred_for_one(server: DiscordServer) -> None:
    """A command whose answer is private says so from its first moment."""
    listener, may_answer = Listener(), asyncio.Event()

    async def slow(event: Message | Press, port: ChatPort) -> None:
        await may_answer.wait()
        await port.send(event.place, note(is_private=True), reply_to=event.event_id)

    listener.reaction = slow
    async with running(server, listener):
        asked = server.person().slash(server.channel, "내데이터")
        await asked.acknowledged()
        assert asked.original is not None
        is_ephemeral_at_first = asked.original.is_ephemeral
        may_answer.set()
        message = await asked.message()

    assert is_ephemeral_at_first
    assert message.is_ephemeral
    assert [] == server.problems


async def test_a_secret_does_not_fill_a_deferral_that_all_see(server: DiscordServer) -> None:
    """It follows for its person alone, and what all saw goes away."""
    listener, may_answer = Listener(), asyncio.Event()

    async def slow(event: Message | Press, port: ChatPort) -> None:
        await may_answer.wait()
        await port.send(event.place, note("비밀", is_private=True), reply_to=event.event_id)

    listener.reaction = slow
    async with running(server, listener):
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        await asked.acknowledged()
        may_answer.set()
        secret = await asked.follow_up()
        await listener.done()

    assert ("비밀", True) == (secret.content, secret.is_ephemeral)
    assert asked.original is not None
    assert asked.original.is_deleted
    assert all("비밀" not in version.content for version in asked.original.versions)
    assert [] == server.problems


async def test_a_refusal_is_for_the_eyes_of_its_person(server: DiscordServer) -> None:
    """An answer without a job is ephemeral, the card of a job is not."""
    listener = Listener()

    async def refuse(event: Message | Press, port: ChatPort) -> None:
        await port.send(event.place, note("안 돼요"), reply_to=event.event_id)

    async with running(server, listener):
        card = await server.person("민지").slash(server.channel, DRAW, 설명="고래").message()
        listener.reaction = refuse
        refusal = await server.person("수아").slash(server.channel, DRAW, 설명="고래").message()

    assert (False, True) == (card.is_ephemeral, refusal.is_ephemeral)
    assert [] == server.problems


async def test_a_second_answer_follows(server: DiscordServer) -> None:
    """What else is said to one event is a message of its own."""
    listener = Listener()

    async def twice(event: Message | Press, port: ChatPort) -> None:
        await port.send(event.place, waiting(), reply_to=event.event_id, nonce=NONCE)
        await port.send(event.place, done(), reply_to=event.event_id, nonce="other")

    listener.reaction = twice
    async with running(server, listener):
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        follow_up = await asked.follow_up()
        await listener.done()

    assert ("고래를 그렸어요", [PNG]) == (
        follow_up.content,
        [file.data for file in follow_up.files],
    )
    assert [] == server.problems


async def test_the_same_nonce_shows_nothing_twice(server: DiscordServer) -> None:
    """A repeated send gives the message of the first one."""
    listener = Listener()

    async def twice(event: Message | Press, port: ChatPort) -> None:
        for _ in range(2):
            ref = await port.send(event.place, waiting(), reply_to=event.event_id, nonce=NONCE)
            listener.refs.append(ref)

    listener.reaction = twice
    async with running(server, listener):
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        await asked.message()
        await listener.done()

    first, second = listener.refs
    assert first == second
    assert () == asked.follow_ups


async def test_pictures_do_not_delay_the_answer(server: DiscordServer) -> None:
    """An answer with files is acknowledged before they are read."""
    listener, pictures = Listener(), Pictures()
    reads: list[CallbackType | None] = []

    class Slow(Pictures):
        async def __call__(self, key: str, *, max_bytes: int | None = None) -> bytes | None:
            reads.append(asked.callback_type)
            return await pictures(key, max_bytes=max_bytes)

    async def show(event: Message | Press, port: ChatPort) -> None:
        await port.send(event.place, done(), reply_to=event.event_id, nonce=NONCE)

    listener.reaction = show
    async with running(server, listener, Slow()):
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        message = await asked.message()
        await listener.done()

    assert [CallbackType.DEFERRED_MESSAGE] == reads
    assert [PNG] == [file.data for file in message.files]
    assert [] == server.problems


@pytest.mark.parametrize(
    "fault",
    [CUT_BEFORE, CUT_AFTER, html(502), html(520), error(40060)],
    ids=["cut before", "cut after", "502", "520", "a retry that had landed"],
)
async def test_an_answer_that_fails_once_is_seen_once(server: DiscordServer, fault: Fault) -> None:
    """Whatever becomes of the first try, the person sees the card, and sees it once."""
    server.faults.add(fault, path=CALLBACK)
    listener = Listener()
    async with running(server, listener):
        if fault.code:  # it is only true of an interaction that was answered
            server.faults.add(CUT_AFTER, path=CALLBACK)
            server.faults.rules.reverse()
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        message = await asked.message()
        await listener.done()

    assert "순서를 기다려요" == message.content
    assert 1 == len(listener.refs)
    assert [message] == list(server.world.messages.values())


async def test_an_answer_that_never_lands_goes_on_in_the_channel(server: DiscordServer) -> None:
    """Where no first answer gets through, the card of a job is a message of its own."""
    server.faults.add(CUT_BEFORE, path=CALLBACK, count=None)
    listener = Listener()
    async with running(server, listener):
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        await listener.done()

    (shown,) = server.world.messages_in(server.channel)
    assert ("순서를 기다려요", NONCE) == (shown.content, shown.nonce)
    assert asked.callback_type is None


@pytest.mark.parametrize("pause_s", [0.3, 60.0], ids=["in time", "too long"])
async def test_a_first_answer_is_not_given_while_it_may_not(
    server: DiscordServer, pause_s: float
) -> None:
    """A limit is waited for while there is time, else the card goes on in the channel at once."""
    server.limits.grace_s = 0.0  # nobody may say that it was on its way
    server.faults.add(limited(pause_s), path=CALLBACK)
    listener = Listener()
    async with running(server, listener):
        server.person().slash(server.channel, DRAW, 설명="고래")
        await listener.done()

    (shown,) = server.world.messages_in(server.channel)
    assert "순서를 기다려요" == shown.content
    assert [] == server.log.of("PATCH")
    assert [] == server.problems


async def test_an_answer_that_discord_does_not_know_yet_is_filled(server: DiscordServer) -> None:
    """Shortly after a good first answer Discord may deny it; it is asked again."""
    server.faults.add(error(10015, status=404), path=ORIGINAL)
    listener = Listener()

    async def show(event: Message | Press, port: ChatPort) -> None:
        await port.send(event.place, done(), reply_to=event.event_id, nonce=NONCE)

    listener.reaction = show
    async with running(server, listener):
        message = await server.person().slash(server.channel, DRAW, 설명="고래").message()
        await listener.done()

    assert [PNG] == [file.data for file in message.files]
    assert [message] == list(server.world.messages.values())


async def test_a_form_opens(server: DiscordServer) -> None:
    """A card with a form is a modal, and what is filled in comes back."""
    listener = Listener()
    form = Form(
        action=Action.EDIT,
        title="그림 고치기",
        fields=(Field(name="", label="한국어", value="고래", is_long=True, is_required=True),),
    )

    async def react(event: Message | Press, port: ChatPort) -> None:
        if isinstance(event, Press):
            await port.send(event.place, replace(waiting(), form=form), reply_to=event.event_id)
        else:
            await listener.accept(event, port)

    listener.reaction = react
    async with running(server, listener) as chat:
        place = server.channel
        person = server.person()
        card = await person.slash(place, DRAW, 설명="고래").message()
        modal = await person.press(card, card.labels[0]).modal()
        answer = await person.submit(modal, {"한국어": "파란 고래"}).message()
        await listener.done(3)
        assert chat.is_connected

    filled = listener.events[2]
    assert isinstance(filled, Message)
    assert ("파란 고래", Action.EDIT, JOB) == (filled.text, filled.form, filled.about)
    assert "순서를 기다려요" == answer.content
    assert [] == server.problems


async def test_a_press_without_an_answer_ends(server: DiscordServer) -> None:
    """A button that needs no words stops showing that it is busy."""
    listener = Listener()

    async def react(event: Message | Press, port: ChatPort) -> None:
        if isinstance(event, Message):
            await listener.accept(event, port)

    listener.reaction = react
    async with running(server, listener):
        person = server.person()
        card = await person.slash(server.channel, DRAW, 설명="고래").message()
        kind = await person.press(card, card.labels[0]).acknowledged()
        await listener.done(2)

    press = listener.events[1]
    assert isinstance(press, Press)
    assert (Action.CANCEL, JOB) == (press.action, press.job_id)
    assert CallbackType.DEFERRED_UPDATE is kind
    assert [] == server.problems


async def test_a_slow_press_without_an_answer_leaves_nothing(server: DiscordServer) -> None:
    """A deferral that nothing came to fill is taken away."""
    listener, may_end = Listener(), asyncio.Event()

    async def react(event: Message | Press, port: ChatPort) -> None:
        if isinstance(event, Message):
            await listener.accept(event, port)
        else:
            await may_end.wait()

    listener.reaction = react
    async with running(server, listener):
        person = server.person()
        card = await person.slash(server.channel, DRAW, 설명="고래").message()
        pressed = person.press(card, card.labels[0])
        await pressed.acknowledged()
        may_end.set()
        await server.wait_for(lambda: pressed.original and pressed.original.is_deleted)

    assert not card.is_deleted
    assert [] == server.problems


async def test_what_is_typed_is_completed(server: DiscordServer) -> None:
    """An option offers what fits, from memory."""
    async with running(server, Listener()):
        asked = server.person().autocomplete(server.channel, DRAW, "화풍", "수")
        choices = await asked.choices()

    assert ["수채화"] == [one["value"] for one in choices]
    assert CallbackType.CHOICES is asked.callback_type


async def test_an_answer_that_was_taken_away_follows_in_the_channel(
    server: DiscordServer,
) -> None:
    """A deferral that its person deleted leaves the card a message of its own."""
    listener, may_answer = Listener(), asyncio.Event()

    async def slow(event: Message | Press, port: ChatPort) -> None:
        await may_answer.wait()
        await listener.accept(event, port)

    listener.reaction = slow
    async with running(server, listener):
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        await asked.acknowledged()
        assert asked.original is not None
        server.world.remove(asked.original)
        may_answer.set()
        await listener.done()

    (shown,) = server.world.messages_in(server.channel)
    assert ("순서를 기다려요", NONCE) == (shown.content, shown.nonce)


@pytest.mark.parametrize("age_s", [5.0, 20.0], ids=["a little", "much"])
async def test_an_interaction_that_comes_too_late_is_left(
    server: DiscordServer, age_s: float
) -> None:
    """Nobody is asked for what nobody would see; the next command is answered."""
    server.answers.ack_deadline_s = 3.0
    listener = Listener()
    async with running(server, listener):
        server.people.event_age_s = age_s
        late = server.person("민지").slash(server.channel, DRAW, 설명="늦은 고래")
        server.people.event_age_s, server.answers.ack_deadline_s = 0.0, 60.0
        await server.person("수아").slash(server.channel, DRAW, 설명="고래").message()
        await listener.done()

    assert ["/그려줘 고래"] == [one.text for one in listener.events if isinstance(one, Message)]
    assert late.callback_type is None


async def test_an_interaction_that_only_seems_late_is_answered(server: DiscordServer) -> None:
    """Clocks differ, and Discord decides."""
    listener = Listener()
    async with running(server, listener):
        server.people.event_age_s = 5.0
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        message = await asked.message()
        await listener.done()

    assert CallbackType.DEFERRED_MESSAGE is asked.callback_type
    assert "순서를 기다려요" == message.content
    assert [] == server.problems


async def test_an_interaction_that_comes_twice_is_one(server: DiscordServer) -> None:
    """Discord repeats itself; we do not."""
    listener = Listener()
    async with running(server, listener):
        person = server.person()
        card = await person.slash(server.channel, DRAW, 설명="고래").message()
        server.gateway.repeat("INTERACTION_CREATE")
        await person.press(card, card.labels[0]).acknowledged()
        await listener.done(2)

    assert [Message, Press] == [type(event) for event in listener.events]


async def test_an_answer_that_is_too_late_goes_on_in_the_channel(server: DiscordServer) -> None:
    """Where Discord says that the interaction is over, the card of a job is shown all the same."""
    server.faults.add(error(10062, status=404), path=CALLBACK)
    listener = Listener()
    async with running(server, listener):
        server.person().slash(server.channel, DRAW, 설명="고래")
        await listener.done()

    (shown,) = server.world.messages_in(server.channel)
    assert ("순서를 기다려요", NONCE) == (shown.content, shown.nonce)


async def test_a_refusal_that_is_too_late_is_shown_to_nobody_else(server: DiscordServer) -> None:
    """What was for one person does not turn up before all."""
    server.faults.add(error(10062, status=404), path=CALLBACK)
    listener, errors = Listener(), list[PortError]()

    async def refuse(event: Message | Press, port: ChatPort) -> None:
        try:
            await port.send(event.place, note("안 돼요"), reply_to=event.event_id)
        except PortError as error:
            errors.append(error)

    listener.reaction = refuse
    async with running(server, listener):
        server.person().slash(server.channel, DRAW, 설명="고래")
        await listener.done()

    assert [PlaceGone] == [type(error) for error in errors]
    assert {} == server.world.messages


async def test_a_picture_that_is_too_large_is_made_smaller(server: DiscordServer) -> None:
    """A refused file is read again with fewer bytes, and arrives."""
    listener, pictures = Listener(), Pictures()
    pictures.data["picture"] = PNG * 10_000  # 7 MB
    async with running(server, listener, pictures) as chat:
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        message = await asked.message()
        await listener.done()
        server.faults.add(error(40005, status=413), method="PATCH")
        await chat.edit(listener.refs[0], done())

    (file,) = message.files
    first, second = pictures.asked
    assert first is not None
    assert second is not None
    assert len(file.data) <= second < first


async def test_words_that_a_server_blocks_are_left_out(server: DiscordServer) -> None:
    """The picture arrives without what the person wrote."""
    listener = Listener()
    async with running(server, listener) as chat:
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        message = await asked.message()
        await listener.done()
        server.faults.add(error(200000), method="PATCH")
        await chat.edit(listener.refs[0], done("나쁜 말"))

    assert [PNG] == [file.data for file in message.files]
    assert "나쁜 말" not in message.content
    assert ["다시"] == [label.split()[-1] for label in message.labels]


async def test_where_files_are_refused_the_words_arrive(server: DiscordServer) -> None:
    """Text with its buttons is better than nothing."""
    listener = Listener()
    async with running(server, listener) as chat:
        message = await server.person().slash(server.channel, DRAW, 설명="고래").message()
        await listener.done()
        server.faults.add(error(400001), method="PATCH")
        await chat.edit(listener.refs[0], replace(done(), unshown="올릴 수 없어요."))

    assert ("고래를 그렸어요\n-# 올릴 수 없어요.", ()) == (message.content, message.files)


async def test_a_picture_that_is_not_kept_is_missed_in_words(server: DiscordServer) -> None:
    """Nobody looks for a picture that cannot come."""
    listener = Listener()
    async with running(server, listener) as chat:
        message = await server.person().slash(server.channel, DRAW, 설명="고래").message()
        await listener.done()
        gone = tuple(replace(picture, key="gone") for picture in done().pictures)
        await chat.edit(listener.refs[0], replace(done(), pictures=gone, unshown="올릴 수 없어요."))

    assert ("고래를 그렸어요\n-# 올릴 수 없어요.", ()) == (message.content, message.files)


async def test_another_follow_up_of_a_user_install_takes_the_first_place(
    server: DiscordServer,
) -> None:
    """After five follow-ups the answer itself is edited."""
    listener = Listener()

    async def often(event: Message | Press, port: ChatPort) -> None:
        for number in range(7):
            card = waiting(f"{number}번째")
            await port.send(event.place, card, reply_to=event.event_id, nonce=f"nonce {number}")

    listener.reaction = often
    person = server.person(is_member=False)
    person.user.has_installed_app = True
    guild = server.world.add_guild("남의 집", has_bot=False)
    channel = server.world.add_channel(guild, "수다")
    member = server.person("수아", guild=guild)
    member.user.has_installed_app = True
    async with running(server, listener):
        asked = member.slash(channel, DRAW, 설명="고래")
        message = await asked.message()
        await listener.done()

    assert 5 == len(asked.follow_ups)
    assert "6번째" == message.content


async def test_nothing_is_said_of_tokens(
    server: DiscordServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the bot's nor an interaction's token is logged, whatever goes wrong."""
    server.faults.add(html(500), path=CALLBACK, count=None)
    server.faults.add(error(10062, status=404), path=ORIGINAL)
    listener = Listener()
    async with running(server, listener):
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        await listener.done()

    said = "".join(capsys.readouterr())
    assert "answer" in said or "event" in said
    assert asked.interaction.token not in said
    assert server.token not in said


async def test_what_is_too_much_is_left(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a bound to what is answered at once; whoever is left asks again and is answered."""
    monkeypatch.setattr("bot.adapters.discord.inbox._MAX_TASKS", 2)
    listener, may_answer = Listener(), asyncio.Event()

    async def slow(event: Message | Press, port: ChatPort) -> None:
        await may_answer.wait()
        await listener.accept(event, port)

    listener.reaction = slow
    async with running(server, listener):
        taken = server.person("민지").slash(server.channel, DRAW, 설명="고래")
        left = server.person("수아").slash(server.channel, DRAW, 설명="상어")
        await taken.acknowledged()
        may_answer.set()
        await taken.message()
        await listener.done()
        again = server.person("하나").slash(server.channel, DRAW, 설명="문어")
        await again.message()

    assert left.callback_type is None
    assert ["/그려줘 고래", "/그려줘 문어"] == [
        one.text for one in listener.events if isinstance(one, Message)
    ]


async def test_a_follow_up_that_was_cut_off_is_found(server: DiscordServer) -> None:
    """Sent again, it is not shown again."""
    listener = Listener()
    async with running(server, listener) as chat:
        asked = server.person().slash(server.channel, DRAW, 설명="고래")
        await asked.message()
        await listener.done()
        (event,) = listener.events
        server.faults.add(CUT_AFTER, method="POST", path="^/webhooks/")
        with pytest.raises(Unclear):
            await chat.send(event.place, done(), reply_to=event.event_id, nonce="ending")
        ref = await chat.send(event.place, done(), reply_to=event.event_id, nonce="ending")

    (shown,) = asked.follow_ups
    assert (str(shown.id), [PNG]) == (ref.id, [file.data for file in shown.files])
    assert [] == server.problems
