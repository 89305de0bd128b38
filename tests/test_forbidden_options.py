"""Options and calls that would run somebody else's code, or lose what people sent, are in no file.

Each rule is tried on a planted line first: one that finds nothing anywhere would hold for ever.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
SHIPPED = ("bot", "pipeline")
PACKAGES = (*SHIPPED, "tools", "benchmarks")

# An option → the values that it may have; with none it may not be named.
OPTIONS: dict[str, tuple[object, ...]] = {
    "trust_remote_code": (False,),
    "custom_pipeline": (),
    "custom_revision": (),
    "allow_pickle": (False,),
    "weights_only": (True,),
    "use_safetensors": (True,),
    "shell": (False,),
    "drop_pending_updates": (False,),  # what was written while the bot was away
    "parse_mode": (),  # entities say where a style begins, and no text is markup
    "conductor_key": (),
    "enable_otlp": (False,),
    "hide_parameters": (True,),
}
OFF = ("verify", "ssl", "check_hostname")  # what may not be switched off
CALLS = (
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.load", "pickle.loads",
    "marshal.loads", "shelve.open", "joblib.load", "yaml.load", "yaml.unsafe_load", "torch.hub.load",
    "asyncio.create_subprocess_shell", "tempfile.mktemp", "numpy.load", "np.load",
)  # fmt: skip
IMPORTS = (
    "cloudpickle",
    "dill",
    "joblib",
    "jsonpickle",
    "marshal",
    "pickle",
    "shelve",
    "telnetlib",
)
# Who starts processes, and with what: never with a word of anybody's.
STARTING = ("subprocess", "pty", "multiprocessing")
STARTS = "asyncio.create_subprocess_exec"
# The decoder of photos, and the stand-ins that `check` shows to whoever asks for them.
MAY_START = ("pipeline/photo.py", "bot/check.py")


def files(*packages: str) -> list[Path]:
    """Every source file of some packages."""
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def faults_in(source: str) -> Iterator[str]:
    """Name what a file must not hold, with the line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _faults_of_call(node)
        elif isinstance(node, ast.Import):
            names = [one.name.partition(".")[0] for one in node.names]
            yield from (f"{node.lineno}: import {name}" for name in names if name in IMPORTS)
        elif isinstance(node, ast.ImportFrom):
            name = (node.module or "").partition(".")[0]
            if name in IMPORTS:
                yield f"{node.lineno}: import {name}"
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            for key, value in pairs:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield from _fault_of_option(key.value, value, node.lineno)


def _faults_of_call(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func)
    if called in CALLS:
        yield f"{node.lineno}: {called}"
    for keyword in node.keywords:
        yield from _fault_of_option(keyword.arg or "", keyword.value, node.lineno)
    given = {keyword.arg for keyword in node.keywords}
    if called == "torch.load" and "weights_only" not in given:
        yield f"{node.lineno}: torch.load"


def _fault_of_option(name: str, value: ast.expr, line: int) -> Iterator[str]:
    if name in OFF and isinstance(value, ast.Constant) and value.value is False:
        yield f"{line}: {name}=False"
    if name not in OPTIONS:
        return
    if not isinstance(value, ast.Constant) or value.value not in OPTIONS[name]:
        yield f"{line}: {name}={ast.unparse(value)}"


@pytest.mark.parametrize("path", files(*PACKAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_runs_somebody_elses_code(path: Path) -> None:
    """No pickles, no code from a model's folder, no shell, no `eval`, no updates thrown away."""
    assert [] == list(faults_in(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "line",
    [
        *(f"{name}(x)" for name in CALLS),
        *(f"import {name}" for name in IMPORTS),
        *(f"from {name} import x" for name in IMPORTS),
        *(f"f({name}={'True' if () == allowed else not allowed[0]})" for name, allowed in OPTIONS.items()),
        *(f"f({name}=False)" for name in OFF),
        "f(trust_remote_code=wanted)",
        "config = {'conductor_key': key}",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
    ],
)  # fmt: skip
def test_a_planted_line_is_found(line: str) -> None:
    """Each rule finds what it is there for."""
    assert 1 == len(list(faults_in(line)))


def test_two_files_start_processes() -> None:
    """A program that starts others is asked with what: here with no word of anybody's."""
    starting = {
        str(path.relative_to(ROOT))
        for path in files(*SHIPPED)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and {one.name for one in node.names} & set(STARTING))
        or (isinstance(node, ast.Attribute) and ast.unparse(node) == STARTS)
    }

    assert set(MAY_START) == starting


LOADERS = ("from_pretrained", "from_single_file", "load_lora_weights")
WITHOUT_WEIGHTS = ("Tokenizer", "Processor")


def unsafe_loads(source: str) -> list[str]:
    """Name the lines that would load weights from elsewhere, or as pickles."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in LOADERS:
            continue
        given = {one.arg: ast.unparse(one.value) for one in node.keywords}
        needs = {"local_files_only"}
        # A single file is opened by what it is called, which is checked before.
        is_plain = any(word in ast.unparse(node.func) for word in WITHOUT_WEIGHTS)
        if node.func.attr != "from_single_file" and not is_plain:
            needs.add("use_safetensors")
        found += [f"{node.lineno}: {name}" for name in sorted(needs) if given.get(name) != "True"]
    return found


@pytest.mark.parametrize("path", files("pipeline"), ids=lambda path: str(path.relative_to(ROOT)))
def test_weights_are_safetensors_from_this_machine(path: Path) -> None:
    """Whatever loads a model says that it is not fetched, and that it is no pickle."""
    assert [] == unsafe_loads(path.read_text(encoding="utf-8"))


def test_a_careless_load_is_found() -> None:
    """A name of a hub alone would fetch whatever is there."""
    assert ["1: local_files_only", "1: use_safetensors"] == unsafe_loads("M.from_pretrained(name)")


@pytest.mark.parametrize(
    ("package", "least"),
    [
        ("transformers", "5.3.0"),  # CVE-2026-4372, CVE-2026-5241: code from config.json
        ("torch", "2.6.0"),  # CVE-2025-32434: code in spite of weights_only
    ],
)
def test_what_ran_code_from_models_is_not_installed(package: str, least: str) -> None:
    """Versions with known holes in loading are below what is asked for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = next(one for one in map(Requirement, project["dependencies"]) if one.name == package)

    pinned = {Version(one.version) for one in asked.specifier if one.operator == "=="}
    assert len(pinned) == 1
    assert min(pinned) >= Version(least)
