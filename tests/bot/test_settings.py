"""Settings are read once, checked wholly, and every mistake is named at the same time."""

import re
from pathlib import Path

import pytest
import yaml

from bot import shell_texts
from bot.options import text_options
from bot.settings import (
    Problem,
    Settings,
    SettingsInvalid,
    load_settings,
    revealed,
    secret_names,
    variable_names,
)

ROOT = Path(__file__).parents[2]


def write(folder: Path, content: str) -> Path:
    """Write a settings file."""
    file = folder / "config.yaml"
    file.write_text(content, encoding="utf-8")
    return file


def problems_of(file: Path) -> dict[str, Problem]:
    """Load a file that cannot be used and give its problems by key."""
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(file)
    return {problem.key: problem for problem in caught.value.problems}


def test_the_shipped_file_says_what_the_defaults_are() -> None:
    """`config.yaml` has every key, with the value that holds without the file."""
    content = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))

    assert Settings().model_dump(mode="json") == content


def test_five_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """Nobody has to start the program five times to mend five mistakes."""
    file = write(
        tmp_path,
        "web: {port: 99999}\nmodel: {device: gpu}\ndraw: {num_steps: viele}\n"
        "queue: {max_per_persn: 3}\ntext: {translate: [papapago]}\n",
    )

    keys = set(problems_of(file))

    assert {
        "web.port",
        "model.device",
        "draw.num_steps",
        "queue.max_per_persn",
        "text.translate.0",
    } == keys


def test_a_problem_never_shows_the_value_that_was_given(tmp_path: Path) -> None:
    """What somebody typed into the wrong field may be a secret."""
    file = write(tmp_path, "model: {device: s3cr3t-t0ken}\nlog_level: s3cr3t-t0ken\n")

    with pytest.raises(SettingsInvalid) as caught:
        load_settings(file)

    assert "s3cr3t" not in shell_texts.of_problems(caught.value.problems)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable replaces the one key that it names and leaves its neighbours alone."""
    file = write(tmp_path, "web: {host: localhost, port: 1000}\n")
    monkeypatch.setenv("GEURYEOJWO_WEB__PORT", "2000")

    settings = load_settings(file)

    assert ("localhost", 2000) == (settings.web.host, settings.web.port)


def test_a_misspelt_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable under our prefix that no setting has is a mistake, not ignored."""
    monkeypatch.setenv("GEURYEOJWO_WEB__PROT", "2000")

    assert "GEURYEOJWO_WEB__PROT" in problems_of(write(tmp_path, ""))


def test_an_unreadable_variable_is_a_problem_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that is no JSON is reported in the same form as a wrong value."""
    monkeypatch.setenv("GEURYEOJWO_TEXT__TRANSLATE", "[")

    assert "env_unreadable" in {p.kind for p in problems_of(write(tmp_path, "")).values()}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("web: [", "file_unreadable"),
        ("- a\n- b\n", "file_no_mapping"),
        ("\xff\xfe".encode("utf-16").decode("latin-1") + "\x00", "file_unreadable"),
        ("web: " + "[" * 20_000, "file_unreadable"),
    ],
    ids=["broken", "list", "binary", "nested"],
)
def test_a_file_that_is_no_settings_file_is_a_problem(
    tmp_path: Path, content: str, kind: str
) -> None:
    """A broken file is reported in the same form as a wrong value."""
    assert {kind} == {p.kind for p in problems_of(write(tmp_path, content)).values()}


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    """Only the default file may be missing."""
    assert {"file_missing"} == {p.kind for p in problems_of(tmp_path / "no.yaml").values()}


def test_every_kind_of_problem_has_its_sentence(tmp_path: Path) -> None:
    """The general sentence is only for kinds that no setting of ours can have."""
    file = write(
        tmp_path,
        "web: 3\nmodel: {source: '', num_threads: 1.5}\ndraw: {guidance_scale: hoch, quality: x}\n"
        "queue: {max_per_place: 0, max_per_person: [1]}\ntext: {translate: [], keywords: keybert}\nnope: 1\n",
    )

    sentences = [shell_texts.of_problem(problem) for problem in problems_of(file).values()]

    assert [] == [sentence for sentence in sentences if "값을 읽을 수 없어요" in sentence]


def test_every_setting_has_a_variable() -> None:
    """Sections and their keys are all reachable from the environment."""
    assert {"GEURYEOJWO_DATA_DIR", "GEURYEOJWO_WEB__PORT", "GEURYEOJWO_TEXT__MAX_KEYWORDS"} <= set(
        variable_names(Settings)
    )


def test_a_secret_comes_from_the_environment_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever prints the settings, or dumps them, sees no key."""
    monkeypatch.setenv("GEURYEOJWO_PAPAGO__CLIENT_SECRET", "s3cr3t")
    settings = load_settings(write(tmp_path, ""))

    assert "s3cr3t" == revealed(settings.papago.client_secret)
    assert "s3cr3t" not in repr(settings) + str(settings.model_dump())
    assert "s3cr3t" not in repr(text_options(settings))


@pytest.mark.parametrize(("section", "name", "variable"), secret_names())
def test_a_secret_in_the_file_is_refused(
    tmp_path: Path, section: str, name: str, variable: str
) -> None:
    """A file is read by others: the problem names the variable to use, and not the secret."""
    problems = problems_of(write(tmp_path, f"{section}: {{{name}: s3cr3t}}\n"))

    sentence = shell_texts.of_problem(problems[f"{section}.{name}"])
    assert variable in sentence
    assert "s3cr3t" not in sentence


def test_the_example_of_the_environment_lists_every_secret() -> None:
    """`.env.example` names all of them, and only variables that exist."""
    names = re.findall(r"^#?(GEURYEOJWO_\w+)=", (ROOT / ".env.example").read_text("utf-8"), re.M)

    assert {variable for _, _, variable in secret_names()} <= set(names)
    assert set(names) <= set(variable_names(Settings))


@pytest.mark.parametrize(
    ("content", "key", "kind"),
    [
        ("worker: {name: GPU 1}", "worker.name", "name_characters"),
        ("worker: {name: a/b}", "worker.name", "name_characters"),
        ("data_dir: keys", "key_file", "key_in_data_dir"),
        ("data_dir: .", "key_file", "key_in_data_dir"),
        ("{data_dir: a/b, key_file: a/b/c/key}", "key_file", "key_in_data_dir"),
        ("{data_dir: a/b, marks: {key_dir: a/b/c}}", "marks", "key_in_data_dir"),
        ("marks: {credentials: false, require_credentials: true}", "marks", "credentials_off"),
        (
            'queue: {role_weights: {"discord:1": 0}}',
            "queue.role_weights.discord:1",
            "greater_than_equal",
        ),
        ("keep: {prompts_days: 0}", "keep.prompts_days", "greater_than_equal"),
        ("metrics: {port: -1}", "metrics.port", "greater_than_equal"),
        ("log_format: xml", "log_format", "literal_error"),
    ],
)
def test_a_value_that_could_harm_is_refused(
    tmp_path: Path, content: str, key: str, kind: str
) -> None:
    """A lock's name, the key's place, weights and days are judged before anything starts."""
    assert {key: kind} == {p.key: p.kind for p in problems_of(write(tmp_path, content)).values()}


@pytest.mark.fault(56)
@pytest.mark.parametrize(
    "content",
    ["{host: 0.0.0.0}", '{host: "::"}', '{host: ""}', "{host: draw.example}", "{hosts: [draw.example]}"],
)  # fmt: skip
def test_what_is_reached_from_elsewhere_has_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    """Neither an open address nor a name for a proxy is taken without one; the problem says where it goes."""
    file = write(tmp_path, f"web: {content}")
    (problem,) = problems_of(file).values()
    monkeypatch.setenv("GEURYEOJWO_WEB__PASSWORD", "")
    assert ["web.password"] == list(problems_of(file))
    monkeypatch.setenv("GEURYEOJWO_WEB__PASSWORD", "열려라 참깨야!")

    assert ("web.password", "web_open") == (problem.key, problem.kind)
    assert "GEURYEOJWO_WEB__PASSWORD" in shell_texts.of_problem(problem)
    assert "열려라 참깨야!" == revealed(load_settings(file).web.password)


def test_a_password_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of seven characters is refused, on this machine too."""
    monkeypatch.setenv("GEURYEOJWO_WEB__PASSWORD", "s3cr3t!")
    (problem,) = problems_of(write(tmp_path, "")).values()

    assert ("web.password", "password_short", "8") == (problem.key, problem.kind, problem.allowed)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", '"::1"', "localhost"])
def test_this_machine_needs_no_password(tmp_path: Path, host: str) -> None:
    """Nobody else reaches it."""
    assert None is load_settings(write(tmp_path, f"web: {{host: {host}}}")).web.password


def test_nothing_has_to_be_limited_or_thrown_away(tmp_path: Path) -> None:
    """null lifts the limits that are there for those who want them."""
    settings = load_settings(write(tmp_path, "keep: {prompts_days: null, pictures_days: null}"))

    assert (None, None) == (settings.keep.prompts_days, settings.keep.pictures_days)
    assert (None, None) == (settings.queue.max_per_place, settings.queue.daily_per_person)


def test_only_postgresql_can_be_named_as_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another database is refused without showing the address, which holds a password."""
    monkeypatch.setenv("GEURYEOJWO_DATABASE__URL", "mysql://me:s3cr3t@db/jobs")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(write(tmp_path, ""))
    monkeypatch.setenv("GEURYEOJWO_DATABASE__URL", "postgresql://me:s3cr3t@db/jobs")
    settings = load_settings(write(tmp_path, ""))

    assert (Problem(key="database.url", kind="database_url"),) == caught.value.problems
    assert "postgresql://me:s3cr3t@db/jobs" == revealed(settings.database.url)
    assert "s3cr3t" not in repr(settings) + str(settings.model_dump())


@pytest.mark.parametrize(
    "address",
    [
        "https://discord.com/api/v10",
        "http://127.0.0.1:1234/api/v10",
        "http://[::1]:1234/api/v10",
        "http://localhost:1234/api/v10/",
    ],
)
def test_the_token_may_go_to_discord_and_to_this_machine(tmp_path: Path, address: str) -> None:
    """A path can be put behind the address as it is."""
    settings = load_settings(write(tmp_path, f'discord: {{api_base: "{address}"}}'))

    assert address.rstrip("/") == settings.discord.api_base


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://proxy.example/api/v10", "discord_base"),
        ("https://discord.com.example/api/v10", "discord_base"),
        ("http://discord.com/api/v10", "discord_base"),  # for everybody on the way to read
        ("http://192.168.0.2:1234/api/v10", "discord_base"),
        ("http://0.0.0.0:1234/api/v10", "discord_base"),
        ("http://[::1/api/v10", "discord_base"),
        ("https://discord.com@proxy.example/api/v10", "string_pattern_mismatch"),
        ("ftp://discord.com/api/v10", "string_pattern_mismatch"),
    ],
)
def test_the_token_goes_nowhere_else_unless_it_was_said(
    tmp_path: Path, address: str, kind: str
) -> None:
    """Another address is refused; an operator who trusts it says so."""
    refused = problems_of(write(tmp_path, f'discord: {{api_base: "{address}"}}'))
    trusted = f'discord: {{api_base: "{address}", allow_other_base: true}}'

    assert {"discord.api_base": kind} == {key: problem.kind for key, problem in refused.items()}
    if kind == "discord_base":
        assert address == load_settings(write(tmp_path, trusted)).discord.api_base


@pytest.mark.parametrize("token", ["MTA abc.def.ghi", "토큰.def.ghi", "abc\ndef"])
def test_a_token_that_was_not_copied_well_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """No header could carry it; the problem does not show it."""
    monkeypatch.setenv("GEURYEOJWO_DISCORD__TOKEN", token)

    problem = problems_of(write(tmp_path, ""))["discord.token"]

    assert "discord_token" == problem.kind
    assert token not in shell_texts.of_problem(problem)


@pytest.mark.parametrize(("given", "token"), [(" abc.def \n", "abc.def"), ("  ", ""), ("", "")])
def test_blanks_around_a_token_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, token: str
) -> None:
    """They come with copying; nothing but blanks is no token."""
    monkeypatch.setenv("GEURYEOJWO_DISCORD__TOKEN", given)

    assert token == revealed(load_settings(write(tmp_path, "")).discord.token)


def test_the_modes_are_two_ways_of_asking(tmp_path: Path) -> None:
    """`fast` asks once for everything; `origin` makes sentences first and translates each."""
    fast = text_options(load_settings(write(tmp_path, "")))
    origin = text_options(load_settings(write(tmp_path, "text: {mode: origin}")))

    assert (("openai",), False) == (fast.one_call, fast.translates_variants)
    assert ((), True) == (origin.one_call, origin.translates_variants)


@pytest.mark.parametrize("key", ["base_url", "base_file_url"])
@pytest.mark.parametrize(
    "address",
    ["https://api.telegram.org/bot", "http://127.0.0.1:8081/bot", "http://localhost:8081/bot"],
)
def test_telegrams_token_may_go_to_telegram_and_to_this_machine(
    tmp_path: Path, key: str, address: str
) -> None:
    """Nothing is changed in the address: the token stands right behind it."""
    settings = load_settings(write(tmp_path, f'telegram: {{{key}: "{address}"}}'))

    assert address == getattr(settings.telegram, key)


@pytest.mark.parametrize("key", ["base_url", "base_file_url"])
@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://proxy.example/bot", "telegram_base"),
        ("https://api.telegram.org.example/bot", "telegram_base"),
        ("http://api.telegram.org/bot", "telegram_base"),
        ("http://192.168.0.2:8081/bot", "telegram_base"),
        ("https://api.telegram.org@proxy.example/bot", "string_pattern_mismatch"),
        ("https://api.telegram.org", "string_pattern_mismatch"),
        ("https://api.telegram.org/bot{token}", "string_pattern_mismatch"),
    ],
)
def test_telegrams_token_goes_nowhere_else_unless_the_operator_says_so(
    tmp_path: Path, key: str, address: str, kind: str
) -> None:
    """A local Bot API server of one's own is named with one more line."""
    refused = problems_of(write(tmp_path, f'telegram: {{{key}: "{address}"}}'))
    trusted = f'telegram: {{{key}: "{address}", allow_other_base: true}}'

    assert {f"telegram.{key}": kind} == {name: one.kind for name, one in refused.items()}
    if kind == "telegram_base":
        assert address == getattr(load_settings(write(tmp_path, trusted)).telegram, key)


@pytest.mark.parametrize("token", ["토큰", "123", "123:", "123:a b", "123:a/../b", "bot123:abc"])
def test_what_is_no_token_of_telegram_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """It becomes a part of an address."""
    monkeypatch.setenv("GEURYEOJWO_TELEGRAM__TOKEN", token)

    assert "telegram_token" == problems_of(write(tmp_path, ""))["telegram.token"].kind


@pytest.mark.parametrize(
    ("given", "token"), [(" 123:AbC-d_e\n", "123:AbC-d_e"), ("", ""), ("  ", "")]
)
def test_blanks_around_a_token_of_telegram_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, token: str
) -> None:
    """They come with what is copied; nothing at all leaves Telegram out."""
    monkeypatch.setenv("GEURYEOJWO_TELEGRAM__TOKEN", given)

    assert token == revealed(load_settings(write(tmp_path, "")).telegram.token)


def test_a_webhook_is_an_address_and_where_it_leads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part can be set apart, in the file and in the environment."""
    monkeypatch.setenv("GEURYEOJWO_TELEGRAM__WEBHOOK__PORT", "8080")
    text = 'telegram: {webhook: {url: "https://bot.example/telegram"}}'
    webhook = load_settings(write(tmp_path, text)).telegram.webhook

    assert ("https://bot.example/telegram", "127.0.0.1", 8080) == (
        webhook.url,
        webhook.host,
        webhook.port,
    )
