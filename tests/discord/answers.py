"""The routes that a bot answers interactions by: the callback, and the webhook of an interaction."""

import time
from typing import Any

from tests.discord.component_forms import check_modal
from tests.discord.forms import check_choices, read_message
from tests.discord.log import Log
from tests.discord.payloads import Payloads
from tests.discord.posting import Posting
from tests.discord.refusal import Refused
from tests.discord.things import (
    CallbackType,
    Flag,
    Interaction,
    InteractionType,
    Message,
    Permission,
    Version,
)
from tests.discord.wire import Call, Reply, Route
from tests.discord.world import World

_VALID = {
    CallbackType.MESSAGE: {InteractionType.COMMAND, InteractionType.COMPONENT, InteractionType.MODAL},
    CallbackType.DEFERRED_MESSAGE: {
        InteractionType.COMMAND, InteractionType.COMPONENT, InteractionType.MODAL,
    },
    CallbackType.DEFERRED_UPDATE: {InteractionType.COMPONENT, InteractionType.MODAL},
    CallbackType.UPDATE: {InteractionType.COMPONENT, InteractionType.MODAL},
    CallbackType.CHOICES: {InteractionType.AUTOCOMPLETE},
    CallbackType.MODAL: {InteractionType.COMMAND, InteractionType.COMPONENT},
}  # fmt: skip
_NEEDS_SOURCE = frozenset({CallbackType.DEFERRED_UPDATE, CallbackType.UPDATE})
_MAX_USER_INSTALL_FOLLOW_UPS = 5
_COMMAND_ANSWER, _MENU_ANSWER = 20, 23


class Answers:
    """Answers to interactions."""

    def __init__(self, world: World, payloads: Payloads, posting: Posting, log: Log) -> None:
        self._world, self._payloads = world, payloads
        self._posting, self._log = posting, log
        self._first = {
            CallbackType.MESSAGE: self._show,
            CallbackType.DEFERRED_MESSAGE: self._defer,
            CallbackType.DEFERRED_UPDATE: self._defer_update,
            CallbackType.UPDATE: self._update,
            CallbackType.CHOICES: self._offer,
            CallbackType.MODAL: self._open,
        }
        self.ack_deadline_s = 3.0
        self.token_life_s = 900.0
        self.needs_attach_files = False  # whether a channel without the right refuses files here

    @property
    def routes(self) -> tuple[Route, ...]:
        """What is served."""
        webhook = "/webhooks/{app}/{token}"
        one = webhook + "/messages/{message}"
        callback = "/interactions/{interaction}/{token}/callback"
        table = (
            ("POST", callback, self._callback, "callback"),
            ("POST", webhook, self._follow_up, "webhook"),
            ("GET", one, self._read, "webhook"),
            ("PATCH", one, self._edit, "webhook"),
            ("DELETE", one, self._delete, "webhook"),
        )
        return tuple(
            Route(
                method=method, path=path, handler=handler, bucket=bucket, owner="token",
                is_for_bot=False,
            )
            for method, path, handler, bucket in table
        )  # fmt: skip

    # The first answer.

    def _callback(self, call: Call) -> Reply:
        asked = self._world.interactions.get(call.id("interaction"))
        if asked is None or asked.token != call.params["token"] or asked.has_failed:
            raise Refused(10062)
        if asked.callback_type is not None:
            raise Refused(40060)
        if self._world.clock.now_s() - asked.created_s > self.ack_deadline_s:
            raise Refused(10062)
        kind = self._kind(call, asked)
        data = call.fields.get("data") or {}
        self._first[kind](call, asked, data)
        asked.callback_type = kind
        asked.ack_ms = (time.monotonic() - asked.began_s) * 1000
        self._world.changed()
        is_told = call.query.get("with_response", "").lower() in ("true", "1")
        return Reply(body=self._told(asked)) if is_told else Reply()

    def _kind(self, call: Call, asked: Interaction) -> CallbackType:
        call.form.keys(call.fields, "type data")
        value = call.fields.get("type")
        if not isinstance(value, int) or value not in list(CallbackType):
            with call.form.at("type"):
                call.form.wrong(f"Value must be one of {[int(kind) for kind in CallbackType]}.")
            call.form.refuse()
        kind = CallbackType(call.fields["type"])
        is_fitting = asked.type in _VALID[kind]
        if not is_fitting or (kind in _NEEDS_SOURCE and asked.source is None):
            with call.form.at("type"):
                call.form.wrong(f"Callback {kind.name} does not answer {asked.type.name}.")
        call.form.refuse()
        return kind

    def _show(self, call: Call, asked: Interaction, data: dict[str, Any]) -> None:
        asked.original = self._new(call, asked, data)

    def _defer(self, call: Call, asked: Interaction, data: dict[str, Any]) -> None:
        flags = Flag(data.get("flags") or 0)
        if flags & ~Flag.EPHEMERAL:
            with call.form.at("data", "flags"):
                call.form.wrong("Only EPHEMERAL goes with a deferred message.")
        call.form.refuse()
        is_ephemeral = Flag.EPHEMERAL in flags or asked.is_forced_ephemeral
        shown = Flag.LOADING | (Flag.EPHEMERAL if is_ephemeral else Flag.NONE)
        asked.original = self._post(asked, Version(at_s=time.monotonic(), flags=shown))

    def _defer_update(self, _call: Call, asked: Interaction, _data: dict[str, Any]) -> None:
        asked.original = asked.source

    def _update(self, call: Call, asked: Interaction, data: dict[str, Any]) -> None:
        assert asked.source is not None
        asked.original = asked.source
        self._revise(call, asked, asked.source, data)

    def _offer(self, call: Call, asked: Interaction, data: dict[str, Any]) -> None:
        with call.form.at("data"):
            check_choices(data, call.form)
        asked.choices = tuple(data.get("choices") or ())

    def _open(self, call: Call, asked: Interaction, data: dict[str, Any]) -> None:
        with call.form.at("data"):
            check_modal(call.form, data)
        call.form.refuse()
        asked.modal = data

    def _told(self, asked: Interaction) -> dict[str, Any]:
        """Give what `with_response` asks for."""
        told: dict[str, Any] = {"id": str(asked.id), "type": int(asked.type)}
        if asked.original is not None:
            told |= {
                "response_message_id": str(asked.original.id),
                "response_message_loading": asked.original.is_loading,
                "response_message_ephemeral": asked.original.is_ephemeral,
            }
        if asked.callback_type not in (CallbackType.MESSAGE, CallbackType.UPDATE):
            return {"interaction": told}
        assert asked.original is not None
        message = self._payloads.message(asked.original)
        return {
            "interaction": told,
            "resource": {"type": int(asked.callback_type), "message": message},
        }

    # The webhook.

    def _asked(self, call: Call) -> Interaction:
        """Find the interaction of a token. Raises Refused."""
        token = call.params["token"]
        asked = next((one for one in self._world.interactions.values() if one.token == token), None)
        if asked is None or call.id("app") != self._world.application_id:
            raise Refused(50027)
        if self._world.clock.now_s() - asked.created_s > self.token_life_s:
            raise Refused(50027)
        if asked.callback_type is None:
            raise Refused(10015)
        if asked.channel.is_gone:
            raise Refused(10003)
        return asked

    def _message(self, call: Call, asked: Interaction) -> Message:
        """Find a message of an interaction. Raises Refused."""
        name = call.params["message"]
        mine = [one for one in (asked.original, *asked.follow_ups) if one is not None]
        found = next((one for one in mine if str(one.id) == name), None)
        if name == "@original":
            found = asked.original
        if found is None or found.is_deleted:
            raise Refused(10008)
        return found

    def _follow_up(self, call: Call) -> Reply:
        asked = self._asked(call)
        original = asked.original
        if original is not None and original.is_deleted and original.is_loading:
            raise Refused(10008)
        if original is not None and original.is_loading:
            self._revise(call, asked, original, call.fields)
            return self._shown(call, original)
        if asked.is_user_install and len(asked.follow_ups) >= _MAX_USER_INSTALL_FOLLOW_UPS:
            raise Refused(40094)
        message = self._new(call, asked, call.fields)
        asked.follow_ups.append(message)
        self._world.changed()
        return self._shown(call, message)

    def _shown(self, call: Call, message: Message) -> Reply:
        is_wanted = call.query.get("wait", "").lower() in ("true", "1")
        return Reply(body=self._payloads.message(message)) if is_wanted else Reply()

    def _read(self, call: Call) -> Reply:
        return Reply(body=self._payloads.message(self._message(call, self._asked(call))))

    def _edit(self, call: Call) -> Reply:
        asked = self._asked(call)
        message = self._message(call, asked)
        self._revise(call, asked, message, call.fields)
        self._log.note_edit(message.id, call.request)
        return Reply(body=self._payloads.message(message))

    def _delete(self, call: Call) -> Reply:
        self._world.remove(self._message(call, self._asked(call)))
        return Reply()

    # Messages.

    def _new(self, call: Call, asked: Interaction, data: dict[str, Any]) -> Message:
        draft = read_message(data, call.uploads, before=None, form=call.form)
        is_ephemeral = Flag.EPHEMERAL in draft.flags or asked.is_forced_ephemeral
        self._check_files(call, asked)
        version = self._posting.version(
            draft, limit_bytes=asked.user.upload_limit_bytes, is_ephemeral=is_ephemeral
        )
        return self._post(asked, version)

    def _post(self, asked: Interaction, version: Version) -> Message:
        kind = 0
        if asked.type is InteractionType.COMMAND:
            kind = _COMMAND_ANSWER if asked.data["type"] == 1 else _MENU_ANSWER
        return self._world.post(
            Message(
                id=self._world.new_id(),
                channel=asked.channel,
                author=self._world.bot,
                type=kind,
                versions=[version],
                created_s=self._world.clock.now_s(),
                interaction=asked,
            )
        )

    def _revise(
        self, call: Call, asked: Interaction, message: Message, data: dict[str, Any]
    ) -> None:
        if message.is_deleted:
            raise Refused(10008)
        draft = read_message(data, call.uploads, before=message, form=call.form)
        self._check_files(call, asked)
        version = self._posting.version(
            draft,
            limit_bytes=asked.user.upload_limit_bytes,
            is_ephemeral=message.is_ephemeral,
        )
        self._world.revise(message, version)

    def _check_files(self, call: Call, asked: Interaction) -> None:
        if call.uploads and self.needs_attach_files and asked.channel.guild is not None:
            allowed = self._world.bot_permissions(asked.channel)
            if Permission.ATTACH_FILES not in allowed and not asked.is_user_install:
                raise Refused(50013)
