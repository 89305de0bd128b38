"""What the local Discord refuses, and what it notes against a bot."""

import asyncio

import aiohttp
import pytest

from tests.discord import faults
from tests.discord.caller import ADMIN, DRAW, NOBODY, Caller
from tests.discord.limits import Allowance
from tests.discord.server import DiscordServer
from tests.discord.things import Channel, Interaction, Permission

DEADLINE_S = 60.0
DEFERRED, EPHEMERAL, V2 = 5, 1 << 6, 1 << 15
ROW = {"type": 1, "components": [{"type": 2, "style": 1, "label": "다시", "custom_id": "1:again"}]}
TEXT = {**NOBODY, "content": "안녕"}


async def asked_for(server: DiscordServer, caller: Caller) -> Interaction:
    """Let somebody ask for a picture; there is time to answer, however slow the machine is."""
    server.answers.ack_deadline_s = DEADLINE_S
    await caller.register()
    return server.person().slash(server.channel, "그려줘", 설명="고래").interaction


async def test_a_wrong_token_is_refused(server: DiscordServer, caller: Caller) -> None:
    """Without the bot's token there is nothing, and it is noted."""
    got = await caller.ask("GET", "/users/@me", token="wrong")

    assert (401, 0) == (got.status, got.code)
    assert 1 == len(server.problems)
    assert 1 == server.log.num_invalid


async def test_an_unknown_route_is_a_problem(server: DiscordServer, caller: Caller) -> None:
    """What Discord does not have is not there, and it is noted."""
    got = await caller.ask("GET", "/nothing")

    assert (404, ["GET /nothing: unknown route"]) == (got.status, server.problems)


async def test_another_agent_is_a_problem(server: DiscordServer, caller: Caller) -> None:
    """Who does not say that it is a bot is served, and it is noted."""
    got = await caller.ask("GET", "/users/@me", headers={"User-Agent": "curl"})

    assert (200, 1) == (got.status, len(server.problems))


async def test_an_ack_after_the_deadline_is_unknown(server: DiscordServer, caller: Caller) -> None:
    """After its deadline an interaction cannot be answered any more."""
    asked = await asked_for(server, caller)
    server.world.clock.pass_by(DEADLINE_S + 0.1)

    got = await caller.answer(asked, DEFERRED)

    assert (404, 10062) == (got.status, got.code)


async def test_nobody_answering_is_seen(server: DiscordServer, caller: Caller) -> None:
    """Who gets no answer reads that the application did not respond."""
    server.answers.ack_deadline_s = 0.01
    await caller.register()
    asked = server.person().slash(server.channel, "그려줘", 설명="고래")

    assert (await asked.answer()).has_failed


async def test_an_interaction_is_acknowledged_once(server: DiscordServer, caller: Caller) -> None:
    """A second answer is refused."""
    asked = await asked_for(server, caller)
    first = await caller.answer(asked, DEFERRED)
    second = await caller.answer(asked, DEFERRED)

    assert first.body["interaction"]["response_message_loading"]
    assert (400, 40060) == (second.status, second.code)
    assert [] == server.problems


@pytest.mark.parametrize("kind", [1, 6, 7, 8, 12, "4"])
async def test_an_answer_fits_what_was_asked(
    kind: int, server: DiscordServer, caller: Caller
) -> None:
    """A command takes neither an update, nor choices, nor what nobody knows."""
    asked = await asked_for(server, caller)
    got = await caller.answer(asked, kind, {"content": "안녕", **NOBODY})

    assert (400, 50035, 1) == (got.status, got.code, len(server.problems))
    assert asked.callback_type is None


async def test_a_deferred_answer_takes_one_flag(server: DiscordServer, caller: Caller) -> None:
    """Only EPHEMERAL goes with type 5."""
    asked = await asked_for(server, caller)
    wrong = await caller.answer(asked, DEFERRED, {"flags": EPHEMERAL | V2})
    right = await caller.answer(asked, DEFERRED, {"flags": EPHEMERAL})

    assert (50035, 200) == (wrong.code, right.status)
    assert asked.original is not None
    assert asked.original.is_ephemeral


async def test_before_the_ack_there_is_no_webhook(server: DiscordServer, caller: Caller) -> None:
    """Neither an edit nor another message comes before the first answer."""
    asked = await asked_for(server, caller)

    assert 10015 == (await caller.edit(asked, TEXT)).code
    assert 10015 == (await caller.follow_up(asked, TEXT)).code


async def test_a_token_lives_fifteen_minutes(server: DiscordServer, caller: Caller) -> None:
    """Afterwards the message is reached through its channel, if everybody sees it."""
    asked = await asked_for(server, caller)
    await caller.answer(asked, DEFERRED)
    server.world.clock.pass_by(901)
    assert asked.original is not None

    late = await caller.edit(asked, TEXT)
    path = f"/channels/{server.channel.id}/messages/{asked.original.id}"
    other = await caller.ask("PATCH", path, TEXT)

    assert (401, 50027) == (late.status, late.code)
    assert (200, "안녕") == (other.status, asked.original.content)
    assert [] == server.problems


async def test_a_private_answer_is_not_in_the_channel(
    server: DiscordServer, caller: Caller
) -> None:
    """The bot's token does not reach what only one person sees."""
    asked = await asked_for(server, caller)
    await caller.answer(asked, 4, {**TEXT, "flags": EPHEMERAL})
    assert asked.original is not None

    path = f"/channels/{server.channel.id}/messages/{asked.original.id}"

    assert 10008 == (await caller.ask("PATCH", path, TEXT)).code
    assert [] == (await caller.ask("GET", f"/channels/{server.channel.id}/messages")).body


async def test_a_follow_up_fills_what_is_loading(server: DiscordServer, caller: Caller) -> None:
    """After type 5 the first further message is the answer itself."""
    asked = await asked_for(server, caller)
    await caller.answer(asked, DEFERRED)
    got = await caller.follow_up(asked, TEXT)

    assert asked.original is not None
    assert (str(asked.original.id), "안녕") == (got.body["id"], asked.original.content)
    assert [] == asked.follow_ups


async def test_a_personal_install_has_five_follow_ups(
    server: DiscordServer, caller: Caller
) -> None:
    """Where the bot is no member, the sixth further message is refused, an edit never."""
    elsewhere = server.world.add_guild("다른 방", has_bot=False)
    channel = server.world.add_channel(elsewhere, "그림")
    person = server.person(guild=elsewhere)
    person.user.has_installed_app = True
    await caller.register()
    asked = person.slash(channel, "그려줘", 설명="고래").interaction
    server.limits.allowances["webhook"] = server.limits.allowances["read"]
    await caller.answer(asked, 4, TEXT)

    codes = [(await caller.follow_up(asked, TEXT)).code for _ in range(6)]

    assert [None] * 5 + [40094] == codes
    assert 200 == (await caller.edit(asked, TEXT)).status
    assert 50001 == (await caller.send(channel, TEXT)).code


async def test_a_personal_install_may_be_kept_private(
    server: DiscordServer, caller: Caller
) -> None:
    """Who may not use external apps in public gets the answer alone."""
    elsewhere = server.world.add_guild("다른 방", has_bot=False)
    elsewhere.everyone.permissions &= ~Permission.USE_EXTERNAL_APPS
    channel = server.world.add_channel(elsewhere, "그림")
    person = server.person(guild=elsewhere)
    person.user.has_installed_app = True
    await caller.register()
    asked = person.slash(channel, "그려줘", 설명="고래").interaction
    await caller.answer(asked, 4, TEXT)

    assert asked.original is not None
    assert asked.original.is_ephemeral


async def test_what_is_not_listed_is_removed(server: DiscordServer, caller: Caller) -> None:
    """The attachments of an edit are all that the message keeps."""
    asked = await asked_for(server, caller)
    await caller.answer(asked, DEFERRED)
    server.log.edit_interval_s = 0.0
    first = [{"id": 0, "filename": "a.png"}]
    await caller.edit(asked, {"attachments": first}, files=[("a.png", b"one")])
    await caller.edit(asked, {"content": "그대로"})
    assert asked.original is not None
    kept = asked.original.files
    await caller.edit(asked, {"attachments": first}, files=[("a.png", b"two")])

    assert [b"one"] == [file.data for file in kept]
    assert [b"two"] == [file.data for file in asked.original.files]


async def test_a_file_over_the_limit_is_too_large(server: DiscordServer, caller: Caller) -> None:
    """Size is checked for each file, by whoever asked."""
    asked = await asked_for(server, caller)
    asked.user.upload_limit_bytes = 3
    await caller.answer(asked, DEFERRED)
    listed = {"attachments": [{"id": 0, "filename": "a.png"}]}
    over = await caller.edit(asked, listed, files=[("a.png", b"four")])
    under = await caller.edit(asked, listed, files=[("a.png", b"two")])

    assert (413, 40005, 200) == (over.status, over.code, under.status)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        pytest.param({"content": "가" * 2001}, ["content"], id="long content"),
        pytest.param({"content": 3}, ["content"], id="content is no text"),
        pytest.param(
            {"components": [{**ROW, "components": ROW["components"] * 2}]},  # type: ignore[operator]
            ["components"],
            id="custom id twice",
        ),
        pytest.param({"components": [ROW] * 6}, ["components"], id="six rows"),
        pytest.param(
            {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "가"}]}]},
            ["components", "0", "components", "0", "custom_id"],
            id="button without custom id",
        ),
        pytest.param(
            {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "custom_id": "a",
                                                        "label": "가" * 81}]}]},
            ["components", "0", "components", "0", "label"],
            id="long label",
        ),
        pytest.param(
            {"components": [{"type": 1, "components": [{"type": 3, "custom_id": "a",
                                                        "options": []}]}]},
            ["components", "0", "components", "0", "options"],
            id="menu without options",
        ),
        pytest.param({"components": [{"type": 10, "content": "가"}]}, ["components", "0"],
                     id="text without the flag"),
        pytest.param({"flags": V2, "content": "가", "components": [{"type": 10, "content": "가"}]},
                     ["content"], id="content with the flag"),
        pytest.param({"flags": 1 << 7}, ["flags"], id="loading set by hand"),
        pytest.param({"embeds": [{"image": {"url": "attachment://none.png"}}]},
                     ["embeds", "0", "image", "url"], id="file that is not there"),
        pytest.param({"embeds": [{"description": "가" * 4097}]},
                     ["embeds", "0", "description"], id="long embed"),
        pytest.param({"attachments": [{"id": 0, "filename": "a.png"}]}, ["attachments", "0"],
                     id="attachment without a file"),
        pytest.param({"allowed_mentions": {"parse": ["all"]}}, ["allowed_mentions"],
                     id="unknown mention"),
    ],
)  # fmt: skip
async def test_a_bad_form_is_refused_at_its_field(
    fields: dict, where: list[str], server: DiscordServer, caller: Caller
) -> None:
    """The error tree names the field, nothing is shown, and it is noted."""
    got = await caller.send(server.channel, {"content": "가", **fields})
    place = got.body["errors"]
    for key in where:
        place = place[key]

    assert (400, 50035) == (got.status, got.code)
    assert place["_errors"]
    assert () == server.world.messages_in(server.channel)
    assert any("50035" in problem for problem in server.problems)


async def test_an_empty_message_is_refused(server: DiscordServer, caller: Caller) -> None:
    """Nothing at all cannot be sent."""
    assert 50006 == (await caller.send(server.channel, {})).code


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        pytest.param({"allowed_mentions": None}, "allowed_mentions", id="mentions left open"),
        pytest.param({"allowed_mentions": {"parse": ["everyone"]}}, "everyone", id="everyone"),
        pytest.param({"enforce_nonce": False}, "nonce", id="without a nonce"),
        pytest.param({"colour": 3}, "unknown fields", id="unknown field"),
    ],
)
async def test_what_discord_lets_pass_is_noted(
    fields: dict, word: str, server: DiscordServer, caller: Caller
) -> None:
    """A message that is shown may break a rule of ours."""
    got = await caller.send(server.channel, {"content": "가", **fields})

    assert 200 == got.status
    assert [True] == [word in problem for problem in server.problems]


async def test_a_nonce_is_honoured_for_a_while(server: DiscordServer, caller: Caller) -> None:
    """The same nonce gives the same message, later another, and none once it was deleted."""
    first = await caller.send(server.channel, TEXT)
    again = await caller.send(server.channel, TEXT)
    server.world.clock.pass_by(181)
    later = await caller.send(server.channel, TEXT)
    server.world.remove(server.world.messages[int(later.body["id"])])
    gone = await caller.send(server.channel, TEXT)

    assert first.body["id"] == again.body["id"] != later.body["id"]
    assert (404, 10008) == (gone.status, gone.code)


@pytest.mark.parametrize(
    ("deny", "fields", "code"),
    [
        pytest.param(Permission.VIEW_CHANNEL, {}, 50001, id="cannot see it"),
        pytest.param(Permission.SEND_MESSAGES, {}, 50013, id="cannot send"),
        pytest.param(Permission.EMBED_LINKS, {"embeds": [{"title": "가"}]}, 50013, id="no embeds"),
        pytest.param(Permission.READ_MESSAGE_HISTORY,
                     {"message_reference": {"message_id": "1"}}, 160002, id="no replies"),
        pytest.param(Permission.SEND_MESSAGES_IN_THREADS, {}, None, id="matters in threads only"),
    ],
)  # fmt: skip
async def test_permissions_of_a_channel_count(
    deny: Permission, fields: dict, code: int | None, server: DiscordServer, caller: Caller
) -> None:
    """What the bot was denied in a channel is refused there."""
    channel = server.add_channel("조용", deny=deny)

    assert code == (await caller.send(channel, {"content": "가", **fields})).code


async def test_a_gone_channel_is_unknown(server: DiscordServer, caller: Caller) -> None:
    """Nothing can be sent into a channel that was deleted."""
    server.world.remove_channel(server.channel)

    assert 10003 == (await caller.send(server.channel, TEXT)).code


async def test_the_words_of_others_are_theirs(server: DiscordServer, caller: Caller) -> None:
    """The bot cannot edit or delete what a person wrote."""
    message = server.person().say(server.channel, "안녕")
    path = f"/channels/{server.channel.id}/messages/{message.id}"

    assert 50005 == (await caller.ask("PATCH", path, TEXT)).code
    assert 50013 == (await caller.ask("DELETE", path)).code


async def test_a_person_may_refuse_to_be_written_to(server: DiscordServer, caller: Caller) -> None:
    """A private message arrives, unless it is refused or nothing is shared."""
    person, stranger = server.person(), server.person("하준", is_member=False)

    async def send_to(channel: Channel, nonce: str) -> int | None:
        return (await caller.send(channel, TEXT, nonce=nonce)).code

    assert await send_to(person.dm, "1") is None
    person.user.refuses_dms = True
    assert 50007 == await send_to(person.dm, "2")
    assert 50278 == await send_to(stranger.dm, "3")


async def test_edits_keep_their_distance(server: DiscordServer, caller: Caller) -> None:
    """A second edit of one message within two seconds is noted, a repeat after a fault is not."""
    asked = await asked_for(server, caller)
    await caller.answer(asked, DEFERRED)
    server.log.edit_interval_s = 60.0  # so that a slow machine keeps it, too
    server.faults.add(faults.held_after(0.0), method="PATCH")
    await caller.edit(asked, TEXT)
    await caller.edit(asked, TEXT)
    assert [] == server.problems
    await caller.edit(asked, TEXT)

    assert ["edited again"] == [problem.split(": ")[1][:12] for problem in server.problems]


async def test_a_full_bucket_says_when_to_come_again(server: DiscordServer, caller: Caller) -> None:
    """Headers count down, then comes a 429; who comes at once again does not listen."""
    server.limits.allowances["create"] = Allowance(num=5, window_s=60.0)
    sent = [await caller.send(server.channel, TEXT, nonce=str(number)) for number in range(6)]
    left = [got.headers.get("X-RateLimit-Remaining") for got in sent]
    server.limits.grace_s = 0.0
    await caller.send(server.channel, TEXT, nonce="7")

    assert ["4", "3", "2", "1", "0", None] == left
    assert (429, "user") == (sent[5].status, sent[5].headers["X-RateLimit-Scope"])
    assert 0 < sent[5].body["retry_after"] <= 60
    assert ["sent during a Retry-After"] == server.log.requests[-1].problems


async def test_another_bucket_stays_open(server: DiscordServer, caller: Caller) -> None:
    """A limit of one channel does not close another, a ban closes everything."""
    other = server.add_channel("잡담")
    server.faults.add(faults.limited(60.0), path=f"/channels/{server.channel.id}/")
    closed = await caller.send(server.channel, TEXT)
    opened = await caller.send(other, TEXT)
    server.faults.add(faults.banned(60.0))
    ban = await caller.send(other, TEXT, nonce="2")
    all_closed = await caller.ask("GET", "/users/@me")

    assert (429, 200, 429, 429) == (closed.status, opened.status, ban.status, all_closed.status)
    assert (True, False) == ("Via" in closed.headers, "Via" in ban.headers)


async def test_a_storm_of_refusals_is_a_problem(server: DiscordServer, caller: Caller) -> None:
    """Asking again and again for what is refused is noted."""
    channel = server.add_channel("조용", deny=Permission.SEND_MESSAGES)
    for number in range(4):
        await caller.send(channel, TEXT, nonce=str(number))

    assert [True] == ["again and again (50013)" in problem for problem in server.problems]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param({"name": "그려 줘"}, id="blank"),
        pytest.param({"name": "Draw"}, id="capital"),
        pytest.param({"name": "그" * 33}, id="long name"),
        pytest.param({"description": ""}, id="no description"),
        pytest.param({"name_localizations": {"kr": "그려줘"}}, id="no locale"),
        pytest.param({"options": [*DRAW["options"][1:], DRAW["options"][0]]}, id="required last"),
        pytest.param({"options": [DRAW["options"][0]] * 2}, id="name twice"),
        pytest.param(
            {"options": [{**DRAW["options"][1], "autocomplete": True}]}, id="choices offered twice"
        ),
        pytest.param({"options": [{**DRAW["options"][0], "max_length": 6001}]}, id="text too long"),
        pytest.param({"type": 3, "options": []} | {"name": "정보"}, id="menu with a description"),
    ],
)
async def test_a_bad_command_is_refused(
    command: dict, server: DiscordServer, caller: Caller
) -> None:
    """The whole set is refused, and what was registered stays."""
    await caller.register(DRAW, ADMIN)
    got = await caller.register({**DRAW, **command})

    assert (400, 50035) == (got.status, got.code)
    assert ["그려줘", "설정"] == [one["name"] for one in server.world.commands[None]]


async def test_a_modal_is_checked(server: DiscordServer, caller: Caller) -> None:
    """A title of 46 characters is too long, and what is fine opens."""
    asked = await asked_for(server, caller)
    field = {"type": 4, "custom_id": "a", "style": 1}
    modal = {
        "custom_id": "1:edit",
        "title": "가" * 46,
        "components": [{"type": 18, "label": "설명", "component": field}],
    }
    wrong = await caller.answer(asked, 9, modal)
    right = await caller.answer(asked, 9, {**modal, "title": "고치기"})

    assert (50035, ["title"]) == (wrong.code, list(wrong.body["errors"]["data"]))
    assert 200 == right.status
    assert asked.modal is not None


async def test_links_expire(server: DiscordServer, caller: Caller) -> None:
    """A file is downloaded as it was sent, until its address is too old."""
    listed = {"attachments": [{"id": 0, "filename": "a.png"}]}
    sent = await caller.send(server.channel, listed, files=[("a.png", b"bytes")])
    url = sent.body["attachments"][0]["url"]
    fresh = await caller.ask("GET", url)
    forged = await caller.ask("GET", url.replace("hm=", "hm=0"))
    server.world.clock.pass_by(server.links.life_s + 1)
    stale = await caller.ask("GET", url)

    assert (200, b"bytes") == (fresh.status, fresh.body)
    assert (404, 404) == (forged.status, stale.status)


@pytest.mark.parametrize("fault", [faults.CUT_BEFORE, faults.CUT_AFTER, faults.HALF])
async def test_a_download_may_break(
    fault: faults.Fault, server: DiscordServer, caller: Caller
) -> None:
    """A file may not come, or not in full, and comes the next time."""
    listed = {"attachments": [{"id": 0, "filename": "a.png"}]}
    sent = await caller.send(server.channel, listed, files=[("a.png", b"bytes")])
    url = sent.body["attachments"][0]["url"]
    server.faults.add(fault, path="^/attachments/", count=None)  # HTTP clients repeat by themselves
    with pytest.raises((aiohttp.ClientError, OSError)):
        await caller.ask("GET", url)
    server.faults.clear()

    assert b"bytes" == (await caller.ask("GET", url)).body


@pytest.mark.parametrize(
    ("fault", "status"),
    [(faults.html(502), 502), (faults.html(520), 520), (faults.error(130000, status=500), 500)],
)
async def test_a_fault_leaves_everything_undone(
    fault: faults.Fault, status: int, server: DiscordServer, caller: Caller
) -> None:
    """A spoilt request shows nothing, and the next one goes well."""
    server.faults.add(fault, method="POST", path="/messages$")
    spoilt = await caller.send(server.channel, TEXT)
    nothing = server.world.messages_in(server.channel)
    fine = await caller.send(server.channel, TEXT)

    assert (status, 200) == (spoilt.status, fine.status)
    assert () == nothing


@pytest.mark.parametrize(
    ("fault", "num"), [(faults.CUT_BEFORE, 0), (faults.CUT_AFTER, 1), (faults.HALF, 1)]
)
async def test_a_cut_hides_what_was_done(
    fault: faults.Fault, num: int, server: DiscordServer, caller: Caller
) -> None:
    """A connection that is cut after the work has shown the message all the same."""
    server.faults.add(fault, method="POST", skip=1)
    await caller.register()  # a PUT is not meant
    await caller.send(server.channel, TEXT, nonce="first")
    with pytest.raises((aiohttp.ClientError, OSError)):
        await caller.send(server.channel, TEXT, nonce="second")

    assert 1 + num == len(server.world.messages_in(server.channel))


async def test_something_held_waits_until_it_is_released(
    server: DiscordServer, caller: Caller
) -> None:
    """A request that is held is carried out when it is let go."""
    rule = server.faults.add(faults.held_before(), method="POST")
    sending = asyncio.create_task(caller.send(server.channel, TEXT))
    await server.wait_for(lambda: rule.num_hit)
    before = server.world.messages_in(server.channel)
    rule.release()
    got = await sending

    assert ((), 200) == (before, got.status)


async def test_servers_are_told_in_pages(server: DiscordServer, caller: Caller) -> None:
    """The list of servers goes on after an id, and leaves out where the bot is no member."""
    server.world.add_guild("다른 방", has_bot=False)
    second = server.world.add_guild("셋째 방")

    first = await caller.ask("GET", "/users/@me/guilds?limit=1")
    rest = await caller.ask("GET", f"/users/@me/guilds?limit=1&after={first.body[0]['id']}")

    assert [server.guild.name] == [guild["name"] for guild in first.body]
    assert [second.name] == [guild["name"] for guild in rest.body]


async def test_registered_commands_are_told(server: DiscordServer, caller: Caller) -> None:
    """Ids stay when a command is registered again; localizations are told when asked for."""
    before = (await caller.register(DRAW, ADMIN)).body
    after = (await caller.register(ADMIN, DRAW)).body
    path = f"/applications/{caller.application_id}/commands"
    short = (await caller.ask("GET", path)).body
    full = (await caller.ask("GET", f"{path}?with_localizations=true")).body

    assert {one["id"] for one in before} == {one["id"] for one in after}
    assert "description_localizations" not in short[1]
    assert DRAW["description_localizations"] == full[1]["description_localizations"]
