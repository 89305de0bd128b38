"""What an operator reads on the shell, in 해요체: what happened, and what to do next."""

import re

from bot.korean import with_particle
from bot.settings import Problem
from bot.texts import credentials, provider, source
from pipeline import Credentials, Marks, Obstacle

SHELL_ABOUT = "우리말로 부탁하면 그림을 그리는 봇이에요."
SHELL_CONFIG = "설정 파일 (기본값: config.yaml)"
SHELL_RUN = "봇을 켜요: 웹 채팅이 열리고, 토큰이 있으면 디스코드에도 이어져요"
SHELL_CHAT = "사람과 말하는 쪽만 켜요: 그림은 worker가 그려요"
SHELL_WORKER = "그림을 그리는 쪽만 켜요: GPU마다 하나씩"
SHELL_CHECK = "설정, 기록, 모델, 저장 폴더, 포트, 디스코드가 괜찮은지 확인해요"
SHELL_PREPARE = "그리지 않고 문장이 어떤 프롬프트가 되는지 보여 줘요 (JSON)"
SHELL_VERIFY = "그림 파일에 AI 표시가 있는지, 누가 서명했는지 확인해요"
SHELL_ROTATE_MARKS = "그림에 서명하는 열쇠를 새로 만들어요"
SHELL_DRAW = "그림 한 장을 파일로 그려요"
SHELL_TEXT = "그리고 싶은 것, 우리말로"
SHELL_FILE = "한 줄에 text가 있는 JSON이 하나씩 든 파일"
SHELL_OUT = "그림을 저장할 PNG 파일"
SHELL_JSON = "결과를 JSON으로 표준 출력에 적어요"
SHELL_NEGATIVE = "그림에 나오지 않았으면 하는 것"
SHELL_NUM = "그림의 장수 (1~4). 둘째부터는 파일 이름 뒤에 -2처럼 붙어요"
SHELL_SIZE = "정사각, 가로, 세로, 넓게, 길게, 16:9, 1024x768처럼 적어요"
SHELL_INTERVAL = "가이던스를 주는 구간 (0.2~0.8처럼)"
SHELL_LORA = "LoRA의 이름과 세기. 여러 번 적을 수 있어요"
SHELL_VARIATION = "다른 시드 쪽으로 조금 바꾼 그림 (9:0.2처럼)"
SHELL_IMAGE = "그 위에 덧그릴 사진"
SHELL_STRENGTH = "사진을 얼마나 바꿀지 (0~1)"
SHELL_ENLARGE = "사진을 더 크게 그려요"

SERVING = "웹 채팅을 열었어요. 브라우저에서 {url} 주소로 들어가 보세요. 끝내려면 Ctrl+C를 누르세요."
SERVING_TELEGRAM = "텔레그램에서도 받아요. 봇과의 대화에 ‘고래 그려줘’라고 적어 보세요."
TELEGRAM_REFUSED = (
    "텔레그램이 토큰을 받아 주지 않아요. BotFather의 /token에서 확인하고 .env의 GEURYEOJWO_TELEGRAM__TOKEN을 "
    "바꾼 다음 다시 켜 주세요. 다른 곳은 그대로 열려 있어요."
)
SERVING_DISCORD = "디스코드에서도 받아요. 봇이 있는 서버에서 ‘/그려줘’를 적어 보세요."
READY = "그림 모델이 준비됐어요."
READY_TO_READ = "글을 읽을 준비가 됐어요. 그림은 일꾼(python -m bot worker)이 그려요."
STOPPING = "끝내는 중이에요. 바로 끝내려면 Ctrl+C를 한 번 더 누르세요."
STOPPED = "끝냈어요."
SAVED = "그림을 저장했어요: {path}"
CANNOT_WRITE = "{path}에 쓸 수 없어요: {reason}. 다른 경로를 적어 주세요."
BAD_SEED = "시드는 0부터 4294967295까지의 정수로 적어 주세요."
NEEDS_IMAGE = "--strength와 --enlarge에는 --image가 있어야 해요."
BAD_LINE = "{path}의 {line}번째 줄을 읽을 수 없어요. 한 줄에 text가 있는 JSON 하나씩 적어 주세요."
PREPARE_NEEDS_TEXT = "문장이나 --file 가운데 하나만 적어 주세요."
INTERRUPTED = "멈췄어요."

SHELL_PREPARE_JSON = (
    "결과를 JSON 한 줄로 적어요. 화면이 아니라 파일이나 다른 명령으로 보내면 늘 그렇게 해요"
)
SHELL_DEMO_PROVIDERS = "진짜 서비스 대신 이 컴퓨터에 잠깐 켠 흉내 서버로 확인해요"
SHELL_DOWNLOAD = "이 컴퓨터에서 쓸 모델을 받아요"
SHELL_BACKUP = "부탁과 그 결과의 기록을 복사해 둬요. 봇이 켜져 있어도 돼요"
SHELL_BACKUP_FOLDER = "복사한 것을 둘 폴더"
SHELL_DOWNLOAD_WHAT = "marian: 인터넷 없이 쓰는 한국어→영어 번역 모델"

DOWNLOADING = "번역 모델을 {folder}에 받고 있어요. 420 MB쯤 돼요. 멈췄다가 다시 해도 이어서 받아요."
DOWNLOADED = "번역 모델을 받았어요: {folder}. 다음에 켤 때부터 쓰여요."
_OBSTACLES = {
    Obstacle.PACKAGES: "필요한 패키지가 없어요. pip install -e '.[marian]'로 설치하고 다시 해 주세요",
    Obstacle.OFFLINE: "HF_HUB_OFFLINE이 내려받기를 막고 있어요. 지우고 다시 해 주세요",
    Obstacle.UNREACHABLE: "연결되지 않거나 도중에 끊겼어요. 다시 하면 이어서 받아요",
    Obstacle.NOT_FOUND: "허브에서 모델을 찾지 못했어요. 주소를 확인해 주세요",
    Obstacle.DISK: "디스크가 가득 찼거나 쓸 수 없어요. 자리를 만들고 다시 해 주세요",
    Obstacle.OCCUPIED: "폴더에 다른 것이 들어 있어요. 비우거나 marian.folder를 바꾸어 주세요",
    Obstacle.UNREADABLE: "받은 파일을 읽을 수 없어요. 다시 하면 처음부터 받아요",
}


def download_failed(obstacle: Obstacle, detail: str) -> str:
    """Say why a model could not be fetched, and what to do."""
    return f"번역 모델을 받지 못했어요: {_OBSTACLES[obstacle]}." + (
        f" ({detail})" if detail else ""
    )


_DISCORD_REASONS = {
    "token": "봇의 토큰을 받아 주지 않아요. 개발자 포털의 Bot에서 Reset Token을 눌러 새로 받고, "
    ".env의 GEURYEOJWO_DISCORD__TOKEN을 바꾼 다음 다시 켜 주세요",
    "intents": "봇이 바라는 인텐트를 막고 있어요. 개발자 포털의 Bot을 확인하고 다시 켜 주세요",
    "other": "봇을 받아 주지 않아요. python -m bot check로 확인하고 다시 켜 주세요",
}


def discord_refused(reason: str) -> str:
    """Say that Discord is left out, and what would mend it."""
    return f"디스코드가 {_DISCORD_REASONS[reason]}. 다른 곳은 그대로 열려 있어요."


def already_running(name: str) -> str:
    """Say that another process has the name."""
    who = with_particle(f"‘{name}’", "이/가")
    return (
        f"{who} 이미 켜져 있어요. 먼저 켠 것을 끄거나, 일꾼이라면 worker.name을 다르게 적어 주세요."
    )


def locks_unreachable(detail: str) -> str:
    """Say that PostgreSQL does not answer."""
    return (
        "PostgreSQL에 이을 수 없어요. GEURYEOJWO_DATABASE__URL과 서버를 확인해 주세요. "
        f"[{detail.strip()}]"
    )


def key_missing(path: str) -> str:
    """Say that what opens the records is gone."""
    return (
        f"저장된 기록을 여는 열쇠 파일이 없어요: {path}. 백업해 둔 열쇠를 그 자리에 되돌려 주세요. "
        "그림만 그리는 컴퓨터라면 사람과 말하는 컴퓨터의 열쇠를 복사해 주세요. "
        "열쇠 없이는 저장된 기록과 그림을 열 수 없어요."
    )


def key_foreign(path: str) -> str:
    """Say that the key is not the one that the records were sealed with."""
    return (
        f"열쇠 파일({path})이 저장된 기록을 잠근 열쇠가 아니어서 켜지 않았어요. "
        "백업해 둔 그 열쇠로 되돌리거나, 그 열쇠와 함께 쓰던 data_dir를 적어 주세요."
    )


def key_unreadable(path: str) -> str:
    """Say that what opens the records cannot be used."""
    return f"열쇠 파일을 읽을 수 없어요: {path}. 32바이트 열쇠가 맞는지, 읽을 권한이 있는지 확인해 주세요."


def store_damaged(reason: str) -> str:
    """Say that the records cannot be read, and how to get them back."""
    return (
        f"기록이 든 데이터베이스가 망가져서 켜지 않았어요({reason}). "
        "망가진 파일을 다른 곳에 옮겨 두고, python -m bot backup으로 떠 둔 것을 그 자리에 되돌린 뒤 "
        "다시 켜 주세요."
    )


def store_planted(table: str) -> str:
    """Say that somebody else wrote into the queues."""
    return (
        f"작업 데이터베이스에 그려줘가 쓰지 않은 기록이 있어서 켜지 않았어요({table}). "
        "읽기만 해도 남의 코드가 실행될 수 있어요. 누가 이 파일이나 서버에 쓸 수 있었는지 확인하고, "
        "출처를 아는 백업으로 되돌린 뒤 다시 켜 주세요."
    )


def store_too_new(revision: str) -> str:
    """Say that a newer program wrote the records."""
    return f"더 새로운 그려줘가 쓰던 기록이에요({revision}). 그 판으로 켜거나 예전 백업을 되돌려 주세요."


def store_unavailable(reason: str) -> str:
    """Say that the records cannot be reached now."""
    return (
        f"기록이 든 데이터베이스를 쓸 수 없어요({reason}). 디스크와 서버를 확인하고 다시 켜 주세요."
    )


RULES_MISSING = (
    "그리지 않을 것을 정한 목록(pipeline/safety의 words_ko.txt, words_en.txt)을 읽을 수 없어요. "
    "그 목록 없이는 켜지 않으니 프로그램을 다시 받아 주세요."
)

STORAGE_UNUSABLE = (
    "storage.url의 주소에는 그림을 저장할 수 없어요. 폴더 경로가 맞는지, "
    "그 저장소에 필요한 라이브러리(예: s3fs)를 설치했는지 확인해 주세요."
)


def storage_linked(path: str) -> str:
    """Say that nothing is kept, and removed, behind a link."""
    return (
        f"{with_particle(path, '은/는')} 다른 곳으로 가는 링크예요. 링크 너머의 파일을 지우지 않으려고 켜지 않았어요. "
        "링크 대신 폴더를 두고, 다른 곳에 저장하려면 그 경로를 storage.url에 적어 주세요."
    )


def backed_up(folder: object, *, key_file: object) -> str:
    """Say what was copied, and what must be kept apart from it."""
    return (
        f"{folder}에 기록을 복사했어요(app.db, jobs.db). "
        "되돌리려면 봇을 끄고, data_dir에서 이름이 -wal과 -shm으로 끝나는 파일을 지운 다음 두 파일을 옮겨 주세요.\n"
        f"기록을 여는 열쇠({key_file})는 담지 않았어요. 없으면 아무것도 열 수 없으니 다른 곳에 따로 챙겨 주세요.\n"
        "그림도 담지 않았어요. data_dir의 pictures와 photos 폴더를 그대로 복사하면 돼요."
    )


def not_backed_up(path: object, reason: str) -> str:
    """Say which file could not be copied."""
    return f"복사하지 못했어요: {path} ({reason}). 봇을 켠 적이 있는지, 폴더에 쓸 수 있는지 확인해 주세요."


def back_up_with(tool: str) -> str:
    """Say who copies a database server."""
    return f"PostgreSQL을 쓰고 있어요. {with_particle(tool, '으로/로')} 복사해 주세요."


def cannot_listen(host: str, port: int, *, is_taken: bool) -> str:
    """Say why the page cannot be served."""
    if is_taken:
        return (
            f"{port}번 포트를 다른 프로그램이 쓰고 있어요. "
            "그 프로그램을 끄거나 config.yaml의 web.port를 바꾸어 주세요."
        )
    return (
        f"{host} 주소의 {port}번 포트를 열 수 없어요. "
        "config.yaml의 web.host와 web.port를 확인해 주세요."
    )


def cannot_serve_metrics(port: int) -> str:
    """Say why the figures cannot be served."""
    return f"{port}번 포트에 지표를 열 수 없어요. config.yaml의 metrics.port를 바꾸거나 null로 두어 주세요."


def translated(english: str, translator: str | None) -> str:
    """Show a translation with who made it."""
    return f"{english} ({provider(translator)})" if english and translator else english


def cannot_read(path: str) -> str:
    """Say that a file is not there or not readable."""
    return f"{with_particle(path, '을/를')} 읽을 수 없어요. 경로를 확인해 주세요."


def not_a_picture(path: str) -> str:
    """Say that a file is no picture of a format that is read here."""
    return (
        f"{with_particle(path, '은/는')} 읽을 수 있는 그림 파일이 아니에요. "
        "PNG, JPEG, WebP 가운데 하나인 파일을 적어 주세요."
    )


def marks(found: Marks) -> str:
    """List the marks of a file. What a stranger may have written stays on its line."""
    has = {True: "있어요", False: "없어요"}
    lines = [
        f"AI로 만들었다는 표시(XMP): {source(found.source_type)}",
        f"변조를 알 수 있는 서명(C2PA): {credentials(found.credentials)}",
        f"그림 도구가 읽는 설정(parameters): {has[found.parameters is not None]}",
        f"다시 그릴 수 있는 기록: {has[found.receipt is not None]}",
    ]
    if found.receipt:
        lines += [f"  적어 주신 말: {found.receipt.text}", f"  번역: {found.receipt.english}"]
        lines += [f"  시드: {found.receipt.seed}", f"  모델: {found.receipt.model}"]
    if found.credentials is Credentials.NONE and found.says_ai:
        lines.append("서명이 없는 표시는 누구나 적거나 고칠 수 있어요.")
    return "\n".join(map(_printable, lines))


def _printable(line: str) -> str:
    """Replace what steers a terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in line)


def signing_key_rotated(folder: object) -> str:
    """Say that pictures are signed with a new key."""
    return (
        f"서명하는 열쇠와 인증서를 새로 만들었어요: {folder}\n"
        "봇을 다시 켜면 새 열쇠로 서명해요. 지금까지 서명한 그림도 이 봇의 것으로 알아봐요."
    )


def signing_key_not_written(path: object) -> str:
    """Say that a new key could not be written."""
    return f"서명하는 열쇠를 쓸 수 없어요: {path}. 폴더의 권한과 빈 자리를 확인해 주세요."


_USAGE_ERRORS = (
    (r"the following arguments are required: (.+)", "빠진 것이 있어요: {0}"),
    (r"unrecognized arguments: (.+)", "모르는 것이 적혀 있어요: {0}"),
    (
        r"argument (\S+): invalid choice: (\S+) \(choose from (.+)\)",
        "{0}에는 다음 가운데 하나를 적어 주세요: {2}. 적힌 값: {1}",
    ),
    (r"argument (\S+): invalid (?:int|float) value: (\S+)", "{0} 뒤에는 숫자를 적어 주세요: {1}"),
    (r"argument (\S+): expected one argument", "{0} 뒤에 값을 적어 주세요"),
)


def of_usage_error(message: str) -> str:
    """Say in Korean what argparse says of a command line."""
    for pattern, sentence in _USAGE_ERRORS:
        if found := re.fullmatch(pattern, message):
            return sentence.format(*found.groups()) + "."
    return "명령을 알아듣지 못했어요. python -m bot --help로 쓰는 법을 볼 수 있어요."


_PROBLEMS: dict[str, str] = {
    "extra_forbidden": "이런 설정은 없어요. 이름을 확인해 주세요",
    "secret_in_file": "비밀은 설정 파일에 적지 않아요. 지우고 환경 변수 {allowed}에 적어 주세요",
    "string_pattern_mismatch": "‘http://’나 ‘https://’로 시작하는 주소여야 해요",
    "dict_type": "{{이름: 값}} 꼴로 적어 주세요",
    "discord_base": "이 주소에는 봇의 토큰을 보내지 않아요. https://discord.com이나 이 컴퓨터의 주소를 적어 주세요. "
    "믿는 서버라면 discord.allow_other_base를 true로 해 주세요",
    "telegram_base": "이 주소에는 봇의 토큰을 보내지 않아요. https://api.telegram.org나 이 컴퓨터의 주소를 적어 주세요. "
    "믿는 서버라면 telegram.allow_other_base를 true로 해 주세요",
    "telegram_token": "텔레그램의 토큰은 ‘123456:AbC…’ 꼴이에요. BotFather에서 다시 복사해 주세요",
    "discord_token": "토큰에 빈칸이나 한글이 들어 있어요. 개발자 포털에서 다시 복사해 주세요",
    "database_url": "‘postgresql://’로 시작하는 주소여야 해요",
    "web_open": "이 컴퓨터 밖에서 들어올 수 있으면 비밀번호가 있어야 해요. 환경 변수 GEURYEOJWO_WEB__PASSWORD에 적어 주세요",
    "password_short": "비밀번호는 {allowed}자 이상이어야 해요",
    "name_characters": "영어 소문자, 숫자, -로 40자까지 적어 주세요",
    "credentials_off": "require_credentials를 켜려면 credentials도 켜 주세요",
    "key_in_data_dir": "data_dir 밖에 두어 주세요. 자료를 복사한 사람이 열쇠까지 갖게 돼요",
    "env_remote_control": (
        "작업을 바깥에서 조종하거나 기록을 내보내게 하는 DBOS의 변수예요. 지우고 다시 켜 주세요"
    ),
    "env_unknown": "이런 환경 변수는 없어요. 이름을 확인해 주세요",
    "env_unreadable": '환경 변수의 값을 읽을 수 없어요. 목록은 ["offline"]처럼 적어 주세요',
    "file_missing": "설정 파일을 읽을 수 없어요. 경로를 확인해 주세요",
    "file_unreadable": "YAML로 읽을 수 없어요. {allowed}번째 줄의 들여쓰기와 따옴표를 확인해 주세요",
    "file_no_mapping": "‘이름: 값’ 꼴이 아니에요. config.yaml의 처음 모습을 참고해 주세요",
    "greater_than_equal": "{allowed} 이상이어야 해요",
    "less_than_equal": "{allowed} 이하여야 해요",
    "too_short": "하나 이상 적어야 해요",
    "string_too_short": "비어 있을 수 없어요",
    "enum": "다음 가운데 하나여야 해요: {allowed}",
    "literal_error": "다음 가운데 하나여야 해요: {allowed}",
    "int_parsing": "정수여야 해요",
    "int_type": "정수여야 해요",
    "int_from_float": "정수여야 해요",
    "float_parsing": "숫자여야 해요",
    "float_type": "숫자여야 해요",
    "bool_parsing": "true나 false여야 해요",
    "bool_type": "true나 false여야 해요",
    "string_type": "글자여야 해요",
    "tuple_type": "목록이어야 해요. [offline]처럼 적어 주세요",
    "path_type": "경로여야 해요",
    "model_type": "‘이름: 값’ 꼴로 적어 주세요",
}


def of_problem(problem: Problem) -> str:
    """Say what is wrong with one setting."""
    sentence = _PROBLEMS.get(
        problem.kind, "값을 읽을 수 없어요. config.yaml의 설명을 확인해 주세요"
    )
    return f"{problem.key}: {sentence.format(allowed=problem.allowed.replace(' or ', ', '))}"


def of_problems(problems: tuple[Problem, ...]) -> str:
    """Say everything that is wrong with the settings, one line each."""
    lines = "\n".join(f"  · {of_problem(problem)}" for problem in problems)
    return f"설정에 고칠 곳이 {len(problems)}군데 있어요.\n{lines}"
