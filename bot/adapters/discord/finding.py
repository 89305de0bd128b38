"""What a look at Discord can find: values, which somebody else puts into words. Knows no library."""

from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import TypeAlias
from urllib.parse import urlencode

_AUTHORIZE = "https://discord.com/oauth2/authorize"
_ADMINISTRATOR = 1 << 3  # has every permission


class Permission(IntFlag):
    """What the bot needs in a server; the values are Discord's."""

    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    SEND_MESSAGES_IN_THREADS = 1 << 38


def missing(held: int) -> tuple[Permission, ...]:
    """Name the permissions that are not among those that the bot holds in a server."""
    if held & _ADMINISTRATOR:
        return ()
    return tuple(permission for permission in Permission if not held & permission)


class Part(StrEnum):
    """What is looked at."""

    TOKEN = "token"
    APPLICATION = "application"
    GATEWAY = "gateway"
    SERVERS = "servers"
    COMMANDS = "commands"


class Cause(StrEnum):
    """Why a look ended."""

    UNREACHABLE = "unreachable"
    DOWN = "down"
    BUSY = "busy"  # we asked too often
    TOKEN_REFUSED = "token_refused"
    REFUSED = "refused"
    NOT_DISCORD = "not_discord"  # something else answers at the address


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A part that could not be looked at."""

    part: Part
    cause: Cause
    detail: str = ""  # Discord's own words, or how many seconds it wants to be left alone
    is_problem: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BotFound:
    """The token is one, and whose."""

    name: str
    is_problem: bool = False


class Obstacle(StrEnum):
    """What in an application's settings keeps the bot from working."""

    ENDPOINT = "endpoint"  # interactions go to an address instead of to the bot
    CODE_GRANT = "code_grant"  # nobody can be invited by a link alone
    NO_SERVERS = "no_servers"  # cannot be installed into servers


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFound:
    """How the bot may be installed."""

    id: str
    name: str
    is_public: bool  # whether others than its owner may invite it
    is_for_users: bool  # whether people may install it for themselves
    says_ai: bool = True  # in its description, which people see before they write
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def is_problem(self) -> bool:
        """Whether there is something to mend."""
        return bool(self.obstacles)

    @property
    def invitation(self) -> str:
        """The link that brings the bot into a server, with the least permissions."""
        permissions = sum(Permission)
        return self._link(scope="bot applications.commands", permissions=str(permissions))

    @property
    def own_invitation(self) -> str:
        """The link by which somebody installs the bot for themselves."""
        return self._link(scope="applications.commands", integration_type="1")

    def _link(self, **wanted: str) -> str:
        return f"{_AUTHORIZE}?{urlencode({'client_id': self.id, **wanted})}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFound:
    """Discord's events can be heard."""

    num_starts_left: int  # until Discord refuses new sessions for the day
    is_problem: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server in which the bot lacks something."""

    name: str
    missing: tuple[Permission, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServersFound:
    """Where the bot is; permissions are the server's, which a channel may narrow."""

    num: int
    lacking: tuple[Server, ...] = ()

    @property
    def is_problem(self) -> bool:
        """Whether there is something to mend."""
        return bool(self.lacking)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandsFound:
    """The commands are registered."""

    num: int
    were_changed: bool  # and had to be registered again
    is_problem: bool = False


Finding: TypeAlias = (
    Refusal | BotFound | ApplicationFound | GatewayFound | ServersFound | CommandsFound
)
