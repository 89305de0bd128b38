"""The directions of dependency, read from the imports of every file.

A failure names the edge: the file that imports and what it must not import.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A package or file → what nothing in it may import.
FORBIDDEN = {
    "pipeline": ("bot", "tools", "benchmarks", "tests"),
    "pipeline/text": ("pipeline.engine", "pipeline.safety"),
    "pipeline/engine": ("pipeline.text", "pipeline.safety"),
    "pipeline/safety": tuple(
        f"pipeline.engine.{path.stem}" for path in (ROOT / "pipeline/engine").glob("*.py")
        if path.stem not in ("__init__", "folder", "hub", "options")  # where files come from
    ),
    "pipeline/marks": ("pipeline.engine", "pipeline.safety", "pipeline.text"),
    "pipeline/photo_decoder.py": ("pipeline",),
    "bot": ("tools", "benchmarks", "tests"),
    "bot/adapters": (
        "bot.jobs", "bot.store", "bot.app", "bot.conversation", "bot.cards", "bot.settings",
        "bot.texts", "bot.check_texts", "bot.error_texts", "bot.shell_texts", "pipeline",
    ),
    "bot/adapters/port.py": ("bot",),
    "bot/command.py": ("bot",),
    "bot/commands.py": tuple(
        f"bot.{path.stem}" for path in (ROOT / "bot").iterdir() if path.stem != "command"
    ),
    "bot/store": ("bot.app", "bot.conversation", "bot.cards", "bot.jobs", "bot.settings", "bot.texts",
        "bot.error_texts", "bot.shell_texts"),
    "bot/certificates.py": ("bot",),
    "bot/fairness.py": ("bot",),
    "bot/strikes.py": ("bot",),
}  # fmt: skip

# A foreign library → the only places that may import it.
HOMES = {
    "alembic": ("bot/store/",),
    "aiohttp": (
        "bot/adapters/discord/",
        "bot/adapters/telegram/",
        "bot/adapters/web/",
        "pipeline/text/http.py",
    ),
    "compel": ("pipeline/engine/",),
    "diffusers": ("pipeline/engine/",),
    "discord": ("bot/adapters/discord/",),
    "torch": (
        "pipeline/engine/",
        "pipeline/safety/classifier.py",
        "pipeline/safety/timm_layout.py",
        "pipeline/text/keywords.py",
    ),
    "transformers": ("pipeline/engine/", "pipeline/safety/classifier.py"),
    "keybert": ("pipeline/text/keywords.py",),
    "sentence_transformers": ("pipeline/text/keywords.py",),
    "kiwipiepy": ("pipeline/text/",),
    "openai": ("pipeline/text/llm.py",),
    "PIL": (
        "pipeline/marks/",
        "pipeline/photo.py",
        "pipeline/photo_decoder.py",
        "pipeline/safety/classifier.py",
        "bot/cards.py",
    ),
    "c2pa": ("pipeline/marks/credentials.py",),
    "cryptography": ("bot/certificates.py", "bot/sealing.py"),
    "fsspec": ("bot/files.py",),
    "prometheus_client": ("bot/metrics.py",),
    "psycopg": ("bot/locks.py",),
    "pydantic_core": ("bot/settings.py",),
    "pydantic": ("bot/codec.py", "bot/settings.py"),
    "pydantic_settings": ("bot/settings.py",),
    "yaml": ("bot/settings.py",),
    "safetensors": (
        "pipeline/engine/",
        "pipeline/safety/classifier.py",
        "pipeline/text/translate/marian_download.py",
    ),
    "sqlalchemy": ("bot/store/",),
    "telegram": ("bot/adapters/telegram/",),
    "tqdm": ("bot/shell.py", "pipeline/engine/download.py"),
    "argparse": ("bot/__main__.py", "bot/check.py", "bot/shell.py"),
    "rich": ("bot/report.py",),
    "stamina": ("pipeline/text/retry.py",),
    "ctranslate2": (
        "pipeline/text/translate/marian.py",
        "pipeline/text/translate/marian_download.py",
    ),
    "httpx": ("bot/adapters/telegram/",),
    "httpx2": ("pipeline/engine/hub.py", "pipeline/text/translate/marian_download.py"),
    "huggingface_hub": (
        "pipeline/engine/hub.py",
        "pipeline/engine/download.py",
        "pipeline/text/translate/marian_download.py",
    ),
    "sentencepiece": ("pipeline/text/translate/marian.py",),
}

WITHOUT_TORCH = (
    "pipeline/engine/admission.py",
    "pipeline/engine/fairness.py",
    "pipeline/engine/pace.py",
    "pipeline/engine/request.py",
    "pipeline/engine/scheduler.py",
    "pipeline/engine/standing.py",
)
STANDARD_LIBRARY_ONLY = ("pipeline/types.py", "pipeline/errors.py", "pipeline/vocabulary.py", "bot/adapters/port.py")  # fmt: skip


def sources() -> tuple[Path, ...]:
    """All files of the two packages."""
    return tuple(
        sorted(path for package in ("bot", "pipeline") for path in (ROOT / package).rglob("*.py"))
    )


def imports_of(path: Path) -> Iterator[str]:
    """Name every module that a file imports when it runs; what only type checkers see is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _running_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _running_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _running_nodes(child)


def is_within(module: str, package: str) -> bool:
    """Whether a module is a package or lies in it."""
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("place", FORBIDDEN)
def test_no_edge_points_the_wrong_way(place: str) -> None:
    """What lies below does not know what lies above, and neighbours do not know each other."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources()
        if path.relative_to(ROOT).as_posix().startswith(place)
        for module in imports_of(path)
        if any(is_within(module, forbidden) for forbidden in FORBIDDEN[place])
    ]

    assert [] == wrong


def test_an_adapter_does_not_know_another() -> None:
    """Every adapter stands alone beside the port."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources()
        if path.relative_to(ROOT).parts[:2] == ("bot", "adapters")
        and len(path.relative_to(ROOT).parts) > 3
        for module in imports_of(path)
        if is_within(module, "bot.adapters")
        and not is_within(module, "bot.adapters.port")
        and not is_within(module, f"bot.adapters.{path.relative_to(ROOT).parts[2]}")
    ]

    assert [] == wrong


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library: str) -> None:
    """A foreign library is imported in its home only, so that it can be replaced there."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources()
        if not path.relative_to(ROOT).as_posix().startswith(HOMES[library])
        for module in imports_of(path)
        if is_within(module, library)
    ]

    assert [] == wrong


@pytest.mark.parametrize("file", WITHOUT_TORCH)
def test_the_scheduler_knows_no_tensor(file: str) -> None:
    """Who runs next is decided in plain Python."""
    libraries = {"torch", "diffusers", "transformers", "compel", "numpy"}

    assert set() == {module.partition(".")[0] for module in imports_of(ROOT / file)} & libraries


@pytest.mark.parametrize("file", STANDARD_LIBRARY_ONLY)
def test_shared_values_need_nothing(file: str) -> None:
    """What everybody imports loads nothing but the standard library and each other."""
    each_other = {
        Path(other).with_suffix("").as_posix().replace("/", ".") for other in STANDARD_LIBRARY_ONLY
    }
    others = [
        module
        for module in imports_of(ROOT / file)
        if module.partition(".")[0] not in sys.stdlib_module_names
        and not any(is_within(module, one) for one in each_other)
    ]

    assert [] == others


def test_outsiders_use_the_public_face() -> None:
    """The bot imports from `pipeline` itself, not from its insides."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources()
        if path.relative_to(ROOT).parts[0] == "bot"
        for module in imports_of(path)
        if module.startswith("pipeline.")
        and module.split(".")[1] in _modules_of_the_pipeline()
        and not (path.name == "error_texts.py" and module.startswith("pipeline.errors"))
    ]

    assert [] == wrong


def _modules_of_the_pipeline() -> set[str]:
    return {
        path.stem
        for path in (ROOT / "pipeline").iterdir()
        if path.stem not in ("errors", "__init__")
    }
