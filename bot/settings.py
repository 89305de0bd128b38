"""The only reader of `config.yaml` and of the environment: one frozen object, or every mistake at once.

The environment wins over `.env`, and `.env` over the file: `GEURYEOJWO_WEB__PORT=9000` is
`web.port`. Does not know what the values do; a part of the program receives the smallest section that it needs.
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline import (
    UNSAFE_LABELS,
    DeepLOptions,
    KtOptions,
    OpenAiOptions,
    PapagoOptions,
    Quality,
)

PREFIX = "GEURYEOJWO_"
_REMOTE_CONTROL = "DBOS__"  # how DBOS names a control plane and where it reports
DEFAULT_FILE = Path("config.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake of the operator: where, what kind (pydantic's error type), and what is allowed."""

    key: str  # "web.port", or the name of a file or a variable
    kind: str
    allowed: str = ""


class SettingsInvalid(Exception):  # the operator's mistake: outside the pipeline's tree
    """The configuration cannot be used; `problems` names every mistake."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(f"{p.key}: {p.kind}" for p in problems))
        self.problems = problems


class Section(BaseModel):
    """A frozen part of the settings that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Key = Annotated[SecretStr | None, Field(default=None, exclude=True)]
"""A secret: read from the environment only, never shown, never part of a dump."""


def revealed(key: SecretStr | None) -> str:
    """Give a secret to who needs it; empty where there is none."""
    return key.get_secret_value() if key else ""


_MIN_PASSWORD_CHARS = 8


class WebSection(Section):
    """The local web chat."""

    host: str = "127.0.0.1"
    port: int = Field(default=8765, ge=0, le=65535)
    hosts: tuple[
        Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[\w.-]+)(:\d{1,5})?$")], ...
    ] = ()
    password: Annotated[Key, Field(validate_default=True)] = None

    @field_validator("password")
    @classmethod
    def _guards_what_is_open(
        cls, password: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        """Whoever is reached from elsewhere asks for a password that is not guessed."""
        if not revealed(password):
            if not _is_here(info.data.get("host", "")) or info.data.get("hosts"):
                raise PydanticCustomError("web_open", "reached from elsewhere without a password")
            return None
        if len(revealed(password)) < _MIN_PASSWORD_CHARS:
            raise PydanticCustomError(
                "password_short", "too short", {"expected": str(_MIN_PASSWORD_CHARS)}
            )
        return password


def _is_here(host: str) -> bool:
    """Whether only this machine reaches an address to listen on."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _cleaned_token(key: SecretStr | None) -> SecretStr | None:
    """Drop the blanks around a token; one with others was not copied well."""
    return _cleaned(key, form="[!-~]*", kind="discord_token")


def _cleaned_telegram_token(key: SecretStr | None) -> SecretStr | None:
    """Drop the blanks around a token; it stands in addresses, so nothing but its own form is taken."""
    return _cleaned(key, form=r"(\d{1,20}:[\w-]{1,100})?", kind="telegram_token")


def _cleaned(key: SecretStr | None, *, form: str, kind: str) -> SecretStr | None:
    token = revealed(key).strip()
    if not re.fullmatch(form, token, re.ASCII):
        raise PydanticCustomError(kind, "not a token")
    return SecretStr(token) if token else None


class DiscordSection(Section):
    """Discord; without a token it is left out."""

    allow_other_base: bool = False  # read before the address that needs it
    api_base: str = Field(
        default="https://discord.com/api/v10", pattern=r"^https?://[\w.:\[\]-]+(/[\w./-]*)?$"
    )
    token: Annotated[Key, AfterValidator(_cleaned_token)] = None

    @field_validator("api_base")
    @classmethod
    def _is_trusted(cls, api_base: str, info: ValidationInfo) -> str:
        """The token goes there: to Discord, to this machine, or where the operator said so."""
        if info.data.get("allow_other_base") is False and not _is_here_or("discord.com", api_base):
            raise PydanticCustomError("discord_base", "neither Discord nor this machine")
        return api_base.rstrip("/")


def _is_here_or(name: str, address: str) -> bool:
    """Whether an address is of this machine, or of a platform by this name and not in the clear."""
    try:
        parts = urlsplit(address)
        if parts.hostname in (name, "localhost"):
            return (parts.scheme, parts.hostname) != ("http", name)
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:  # another name, or no address at all
        return False


class WebhookSection(Section):
    """Where Telegram brings updates, and where this program takes them; null asks for them."""

    url: str | None = Field(default=None, pattern=r"^https?://[\w.:\[\]-]+(/[\w./-]*)?$")
    host: str = "127.0.0.1"
    port: int = Field(default=8443, ge=1, le=65535)


class TelegramSection(Section):
    """Telegram; without a token it is left out."""

    allow_other_base: bool = False  # read before the addresses that need it
    base_url: str = Field(
        default="https://api.telegram.org/bot", pattern=r"^https?://[\w.:\[\]-]+/[\w./-]*$"
    )
    base_file_url: str = Field(
        default="https://api.telegram.org/file/bot", pattern=r"^https?://[\w.:\[\]-]+/[\w./-]*$"
    )
    webhook: WebhookSection = WebhookSection()
    token: Annotated[Key, AfterValidator(_cleaned_telegram_token)] = None

    @field_validator("base_url", "base_file_url")
    @classmethod
    def _is_trusted(cls, address: str, info: ValidationInfo) -> str:
        """The token goes there: to Telegram, to this machine, or where the operator said so."""
        if info.data.get("allow_other_base") is False and not _is_here_or(
            "api.telegram.org", address
        ):
            raise PydanticCustomError("telegram_base", "neither Telegram nor this machine")
        return address


class ModelSection(Section):
    """Which model draws, where it comes from, and on what it runs."""

    source: str = Field(default="demo", min_length=1)
    revision: str | None = Field(default=None, min_length=1)
    vae: str | None = Field(default=None, min_length=1)
    prediction: Literal["auto", "epsilon", "v_prediction"] = "auto"
    lora_dir: Path | None = None
    taesd: Path | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    recipe: Literal["auto", "24gb", "12gb", "8gb", "6gb"] = "auto"
    compile: Literal["none", "regional", "whole"] = "none"
    num_threads: int = Field(default=0, ge=0, le=256)


class DrawSection(Section):
    """What a request gets that does not say otherwise; null leaves it to the model."""

    quality: Quality = Quality.NORMAL
    num_steps: int | None = Field(default=None, ge=1, le=150)
    guidance_scale: float | None = Field(default=None, ge=0, le=30)


Weight = Annotated[float, Field(ge=0.01, le=100)]
Limit = Annotated[int | None, Field(default=None, ge=1, le=1_000_000)]


class QueueSection(Section):
    """How much may be asked for, and how long it may wait; null is no limit."""

    max_per_person: int = Field(default=3, ge=1, le=1_000)
    max_per_place: Limit = None
    daily_per_person: Limit = None
    daily_per_place: Limit = None
    max_wait_s: float = Field(default=900.0, ge=1, le=86_400)
    cool_down_s: float = Field(default=0.0, ge=0, le=86_400)
    role_weights: dict[str, Weight] = {}  # "discord:1234" → how many others its members count for
    max_worker_deaths: int = Field(default=2, ge=1, le=1_000)


def _is_postgresql(key: SecretStr | None) -> SecretStr | None:
    if key and not revealed(key).startswith("postgresql://"):
        raise PydanticCustomError("database_url", "not an address of PostgreSQL")
    return key


def _is_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise PydanticCustomError("name_characters", "not a name")
    return name


class DatabaseSection(Section):
    """Where jobs are written down; null is SQLite in `data_dir`."""

    url: Annotated[Key, AfterValidator(_is_postgresql)] = None  # its password makes it a secret


class StorageSection(Section):
    """Where pictures lie: a folder or an address that fsspec knows; null is `data_dir`."""

    url: str | None = Field(default=None, min_length=1)


class WorkerSection(Section):
    """Who this process is when it draws apart from the chat."""

    name: Annotated[str, AfterValidator(_is_name)] = "worker-0"  # no two may share one


Days = Annotated[int | None, Field(ge=1, le=36_500)]


class KeepSection(Section):
    """How many days what people asked for is kept; null is for ever."""

    prompts_days: Days = 365  # buttons live as long
    pictures_days: Days = 30
    strikes_days: int = Field(default=365, ge=1, le=36_500)


class OperatorSection(Section):
    """Who runs the bot: named to the people, and known by id where only the operator may do something."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    contact: str | None = Field(default=None, min_length=1, max_length=200)
    ids: tuple[Annotated[str, Field(pattern=r"^(discord|telegram):[0-9]{1,20}$")], ...] = ()


class SafetySection(Section):
    """What is not drawn, who judges it, and what becomes of those who ask for it again and again."""

    adults: bool = False
    forbidden_words: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = ()
    allowed_words: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = ()
    second_opinion: Literal["none", "moderation", "guard"] = "none"
    opinion_base_url: str = Field(default="https://api.openai.com/v1", pattern="^https?://")
    opinion_model: str | None = Field(default=None, min_length=1)
    opinion_s: float = Field(default=2.0, ge=0.1, le=60)
    opinion_api_key: Key = None
    classifier: str = Field(default="auto", min_length=1)
    classifier_revision: str | None = Field(default=None, min_length=1)
    unsafe_labels: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = UNSAFE_LABELS
    spoiler_from: float = Field(default=0.4, ge=0, le=1)
    block_from: float = Field(default=0.8, ge=0, le=1)
    judge_s: float = Field(default=10.0, ge=0.1, le=600)
    strikes_to_cool_down: int = Field(default=3, ge=1, le=1_000)
    cool_down_s: float = Field(default=3_600.0, ge=1, le=2_592_000)
    strikes_to_suspend: int = Field(default=5, ge=1, le=1_000)


class MarksSection(Section):
    """The marks of pictures beside those that are always there."""

    label: Literal["realistic", "always"] = "realistic"
    credentials: bool = True
    require_credentials: bool = False
    key_dir: Path | None = None  # None: the folder `marks` beside the key of the data


class MetricsSection(Section):
    """Figures for Prometheus, on this machine only; null serves none."""

    port: int | None = Field(default=None, ge=0, le=65535)


Glossary = dict[str, str]


class TextSection(Section):
    """How Korean becomes a prompt: providers in the order in which they are tried, limits in seconds."""

    mode: Literal["fast", "origin"] = "fast"
    one_call: tuple[Literal["openai", "none"], ...] = Field(default=("openai",), min_length=1)
    paraphrase: tuple[Literal["openai", "kt", "offline", "none"], ...] = Field(
        default=("openai", "kt", "offline"), min_length=1
    )
    translate: tuple[Literal["papago", "deepl", "openai", "marian", "glossary"], ...] = Field(
        default=("papago", "deepl", "marian", "glossary"), min_length=1
    )
    keywords: tuple[Literal["keybert", "frequency"], ...] = Field(
        default=("keybert", "frequency"), min_length=1
    )
    keyword_model: str | None = Field(default=None, min_length=1)
    max_keywords: int = Field(default=8, ge=0, le=8)
    weigh_keywords: bool = False
    total_s: float = Field(default=12.0, ge=1, le=600)
    one_call_s: float = Field(default=8.0, ge=0.5, le=600)
    translate_s: float = Field(default=6.0, ge=0.5, le=600)
    daily_chars: int | None = Field(default=None, ge=0)
    cache_mb: int = Field(default=64, ge=0, le=100_000)
    glossary: Glossary = {}
    place_glossaries: dict[str, Glossary] = {}

    def terms_of(self, place: str) -> Glossary:
        """Give the words with a fixed English in a place, such as "discord:1234"."""
        return {**self.glossary, **self.place_glossaries.get(place, {})}


class PapagoSection(Section):
    """NAVER Cloud's Papago."""

    endpoint: str = Field(default=PapagoOptions().endpoint, pattern="^https?://")
    glossary_key: str | None = Field(default=None, min_length=1)
    client_id: Key = None
    client_secret: Key = None


class KtSection(Section):
    """KT Genie Labs' paraphrasing."""

    endpoint: str = Field(default=KtOptions().endpoint, pattern="^https?://")
    client_id: Key = None
    client_secret: Key = None
    client_key: Key = None


class OpenAiSection(Section):
    """OpenAI, or any server that speaks its Chat Completions: Ollama, vLLM, llama.cpp."""

    base_url: str = Field(default=OpenAiOptions().base_url, pattern="^https?://")
    model: str | None = Field(default=None, min_length=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    request_s: float = Field(default=OpenAiOptions().request_s, ge=0.5, le=600)
    api_key: Key = None


class DeepLSection(Section):
    """DeepL."""

    endpoint: str = Field(default=DeepLOptions().endpoint, pattern="^https?://")
    auth_key: Key = None


class MarianSection(Section):
    """A translation model on this machine."""

    folder: Path = Path("var/marian")


class Settings(BaseSettings):
    """Everything that an operator can set, checked and frozen."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        extra="forbid",
        frozen=True,
    )

    data_dir: Path = Path("var")
    key_file: Path = Field(default=Path("keys/data.key"), validate_default=True)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    web: WebSection = WebSection()
    discord: DiscordSection = DiscordSection()
    telegram: TelegramSection = TelegramSection()
    model: ModelSection = ModelSection()
    draw: DrawSection = DrawSection()
    queue: QueueSection = QueueSection()
    database: DatabaseSection = DatabaseSection()
    storage: StorageSection = StorageSection()
    worker: WorkerSection = WorkerSection()
    keep: KeepSection = KeepSection()
    operator: OperatorSection = OperatorSection()
    safety: SafetySection = SafetySection()
    marks: MarksSection = MarksSection()
    metrics: MetricsSection = MetricsSection()
    text: TextSection = TextSection()
    papago: PapagoSection = PapagoSection()
    kt: KtSection = KtSection()
    openai: OpenAiSection = OpenAiSection()
    deepl: DeepLSection = DeepLSection()
    marian: MarianSection = MarianSection()

    @property
    def lacks_operator(self) -> bool:
        """Whether others use the bot who cannot learn who runs it, or how to reach them."""
        is_for_others = any((self.discord.token, self.telegram.token, self.web.password))
        return is_for_others and not (self.operator.name and self.operator.contact)

    @property
    def signing_dir(self) -> Path:
        """The folder of the key that signs pictures."""
        return self.marks.key_dir or self.key_file.parent / "marks"

    @field_validator("key_file")
    @classmethod
    def _key_lies_apart(cls, key_file: Path, info: ValidationInfo) -> Path:
        """Whoever copies the data must not have the key with it."""
        data_dir = info.data.get("data_dir")
        if data_dir is not None and key_file.absolute().is_relative_to(data_dir.absolute()):
            raise PydanticCustomError("key_in_data_dir", "the key lies in data_dir")
        return key_file

    @field_validator("marks")
    @classmethod
    def _signing_key_lies_apart(cls, marks: MarksSection, info: ValidationInfo) -> MarksSection:
        """Nor the key that signs pictures; what is required is not switched off."""
        data_dir = info.data.get("data_dir")
        if (
            data_dir is not None
            and marks.key_dir is not None
            and marks.key_dir.absolute().is_relative_to(data_dir.absolute())
        ):
            raise PydanticCustomError("key_in_data_dir", "the key lies in data_dir")
        if marks.require_credentials and not marks.credentials:
            raise PydanticCustomError("credentials_off", "credentials are required and off")
        return marks

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over what the file gave to the constructor."""
        return env_settings, dotenv_settings, init_settings


def load_settings(path: Path | None = None) -> Settings:
    """Read `path` (default: `config.yaml` here, if there is one) and the environment.

    Raises SettingsInvalid with every mistake that was found.
    """
    from_file, problems = _read_file(path)
    problems += _secrets_in(from_file) + _unknown_variables(os.environ)
    problems += _remote_controls(os.environ)
    try:
        settings = Settings(**from_file)
    except ValidationError as error:
        named = {problem.key for problem in problems}  # a secret in the file is never judged
        found = map(_problem, error.errors(include_input=False, include_url=False))
        problems += [problem for problem in found if problem.key not in named]
    except ValueError:  # pydantic-settings wraps a variable whose JSON cannot be read in this
        problems.append(Problem(key=PREFIX + "…", kind="env_unreadable"))
    if problems:
        raise SettingsInvalid(_most_specific(problems))
    return settings


def _most_specific(problems: list[Problem]) -> tuple[Problem, ...]:
    """Leave out a problem of a list as a whole when one of its entries is named."""
    keys = {problem.key for problem in problems}
    return tuple(p for p in problems if not any(key.startswith(f"{p.key}.") for key in keys))


def _read_file(path: Path | None) -> tuple[dict[str, Any], list[Problem]]:
    if path is None and not DEFAULT_FILE.exists():
        return {}, []
    file = path or DEFAULT_FILE
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError:
        return {}, [Problem(key=str(file), kind="file_missing")]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = str(mark.line + 1) if mark else ""
        return {}, [Problem(key=str(file), kind="file_unreadable", allowed=where)]
    if content is None:
        return {}, []
    if not isinstance(content, dict):
        return {}, [Problem(key=str(file), kind="file_no_mapping")]
    return {str(key): value for key, value in content.items()}, []


def _secrets_in(content: Mapping[str, Any]) -> list[Problem]:
    """Name the secrets that stand in the file, where others can read them."""
    return [
        Problem(key=f"{section}.{name}", kind="secret_in_file", allowed=variable)
        for section, name, variable in secret_names()
        if isinstance(content.get(section), dict) and content[section].get(name) is not None
    ]


def secret_names() -> tuple[tuple[str, str, str], ...]:
    """List every secret: its section, its name and the environment variable that carries it."""
    return tuple(
        (section, name, f"{PREFIX}{section}__{name}".upper())
        for section, info in Settings.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section)
        for name, field in info.annotation.model_fields.items()
        if field.exclude
    )


def _unknown_variables(environ: Mapping[str, str]) -> list[Problem]:
    """Name the variables under our prefix that no setting has: a misspelt one is never ignored."""
    known = {name.lower() for name in variable_names(Settings)}
    return [
        Problem(key=name, kind="env_unknown")
        for name in sorted(environ)
        if name.upper().startswith(PREFIX) and name.lower() not in known
    ]


def _remote_controls(environ: Mapping[str, str]) -> list[Problem]:
    """Name the variables with which DBOS would let itself be steered, or report, elsewhere."""
    return [
        Problem(key=name, kind="env_remote_control")
        for name in sorted(environ)
        if name.upper().startswith(_REMOTE_CONTROL)
    ]


def variable_names(model: type[BaseModel], prefix: str = PREFIX) -> tuple[str, ...]:
    """List the environment names of all settings, sections included."""
    names: list[str] = []
    for name, info in model.model_fields.items():
        names.append(prefix + name.upper())
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            names += variable_names(info.annotation, f"{prefix}{name.upper()}__")
    return tuple(names)


def _problem(item: Mapping[str, Any]) -> Problem:
    key = ".".join(str(part) for part in item["loc"])
    context = item.get("ctx", {})
    allowed = context.get("expected", context.get("ge", context.get("le", "")))
    return Problem(key=key, kind=str(item["type"]), allowed=str(allowed))
