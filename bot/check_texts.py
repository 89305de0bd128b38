"""What an operator reads in `check`, in 해요체: a line for each part.

✓ works, ✗ has to be mended, and a dash stands before what is left out.
"""

from bot.adapters.discord.finding import (
    ApplicationFound,
    BotFound,
    Cause,
    CommandsFound,
    Finding,
    GatewayFound,
    Obstacle,
    Part,
    Permission,
    Refusal,
    ServersFound,
)
from bot.adapters.telegram import checking as telegram_checking
from bot.korean import with_particle
from bot.marking import KeyTrouble
from bot.texts import OPERATOR_CAUSES, provider
from pipeline import Trial

CHECK_SETTINGS = "설정"
CHECK_DATA_DIR = "저장 폴더"
CHECK_STORE = "기록"
CHECK_PORT = "웹 채팅 포트"
CHECK_MODEL = "그림 모델"
CHECK_CLASSIFIER = "그림 분류기"
DEMO_UNJUDGED = "– 그림 분류기는 쓰지 않아요. demo 모델은 보여 드리지 못할 그림을 그릴 줄 몰라요."
UNJUDGED = (
    "– 그림 분류기는 쓰지 않아요. 그린 그림을 살피는 것이 없으니, 사람들과 함께 쓰려면 "
    "safety.classifier를 auto로 두세요."
)
CHECK_OPERATOR = "운영자 안내"
OPERATOR_UNNAMED = (
    "– 운영자 안내: 이름이나 연락처가 비어 있어요. 사람들이 문의하고 신고할 수 있게 config.yaml의 operator.name과 "
    "operator.contact를 적어 주세요"
)
CHECK_SIGNING = "그림에 서명하는 열쇠"


_SIGNING = {
    KeyTrouble.MISSING: "열쇠가 없어져서 서명 없이 보내고 있어요. 따로 챙겨 둔 것이 있으면 {folder}에 되돌려 놓고, "
    "없으면 새로 만들어 주세요: python -m bot rotate-marks",
    KeyTrouble.UNREADABLE: "{folder}의 열쇠를 읽거나 쓸 수 없어서 서명 없이 보내고 있어요. 권한을 확인하거나 "
    "새로 만들어 주세요: python -m bot rotate-marks",
    KeyTrouble.EXPIRED: "인증서의 기한이 지나서 서명 없이 보내고 있어요. 봇을 다시 켜 주세요",
    KeyTrouble.REFUSED: "이 열쇠로는 서명할 수 없어요. 새로 만들어 주세요: python -m bot rotate-marks",
}


def signing(trouble: KeyTrouble, folder: object) -> str:
    """Say why pictures leave without a signature, and what to do."""
    return _SIGNING[trouble].format(folder=folder)


def check_line(name: str, problem: str | None) -> str:
    """Report one part of `check`."""
    return f"✗ {name}: {problem}" if problem else f"✓ {with_particle(name, '은/는')} 괜찮아요"


_TRIED = {
    "one_call": "한 번에 옮기기",
    "paraphrase": "비슷한 문장",
    "translate": "번역",
    "keywords": "중요한 낱말",
    "opinion": "글을 한 번 더 보기",
}


def trial(tried: Trial) -> str:
    """Report what a provider answered, how long it took and what it was sent."""
    who = f"{_TRIED[tried.stage]} · {provider(tried.provider)}"
    if tried.failure is not None:
        detail = f" ({tried.failure.detail})" if tried.failure.detail else ""
        return f"✗ {who}: {OPERATOR_CAUSES[tried.failure.failure]}{detail}"
    cost = "돈이 들지 않아요" if tried.is_local else f"{tried.num_chars:,}자를 보냈어요"
    answer = _opinion(tried.answer) if tried.stage == "opinion" else tried.answer
    return f"✓ {who}: “{answer}” ({tried.ms:,.0f} ms, {cost})"


def _opinion(rules: str) -> str:
    """Say what came of a sentence that harms nobody."""
    return f"그리면 안 되는 글이에요: {rules}" if rules else "그려도 되는 글이에요"


def left_out(name: str, variables: tuple[str, ...]) -> str:
    """Say that a provider is not used, and what it takes to use it."""
    who = with_particle(provider(name), "은/는")
    if variables:
        return f"– {who} 키가 없어서 건너뛰어요. 쓰려면 적어 주세요: {', '.join(variables)}"
    if name == "marian":
        return f"– {who} 아직 받지 않아서 건너뛰어요. 쓰려면 받아 주세요: python -m bot download marian"
    return f"– {who} 모델 이름이 없어서 건너뛰어요. 쓰려면 openai.model을 적어 주세요."


def not_fetched(hub_ids: tuple[str, ...]) -> str:
    """Say which models still lie on the hub only, and how they come."""
    return (
        f"아직 받지 않은 모델이 있어요: {', '.join(hub_ids)}. "
        "python -m bot run으로 켜면 받고, 끊기면 다시 켤 때 이어서 받아요."
    )


_DISCORD_PARTS = {
    Part.TOKEN: "디스코드 토큰",
    Part.APPLICATION: "디스코드 앱",
    Part.GATEWAY: "디스코드 게이트웨이",
    Part.SERVERS: "디스코드 서버",
    Part.COMMANDS: "디스코드 명령어",
}
_DISCORD_CAUSES = {
    Cause.UNREACHABLE: "연결되지 않아요. 인터넷과 discord.api_base를 확인해 주세요",
    Cause.DOWN: "디스코드가 지금 제대로 답하지 못해요. 잠시 뒤에 다시 해 주세요",
    Cause.BUSY: "디스코드가 잠시 쉬었다 물어 달라고 해요. 조금 뒤에 다시 해 주세요",
    Cause.TOKEN_REFUSED: "디스코드가 받아 주지 않는 토큰이에요. 개발자 포털의 Bot에서 Reset Token을 눌러 "
    "새로 받고, .env의 GEURYEOJWO_DISCORD__TOKEN을 바꾸어 주세요",
    Cause.REFUSED: "디스코드가 거절했어요",
    Cause.NOT_DISCORD: "디스코드가 아닌 것이 답했어요. discord.api_base를 확인해 주세요",
}
_DISCORD_OBSTACLES = {
    Obstacle.ENDPOINT: "개발자 포털의 General Information에서 Interactions Endpoint URL을 비워 주세요. "
    "적혀 있으면 명령이 봇에게 오지 않아요",
    Obstacle.CODE_GRANT: "개발자 포털의 Bot에서 Requires OAuth2 Code Grant를 꺼 주세요. "
    "켜져 있으면 초대 링크가 듣지 않아요",
    Obstacle.NO_SERVERS: "개발자 포털의 Installation에서 Guild Install을 켜 주세요. "
    "꺼져 있으면 서버에 초대할 수 없어요",
}
_DISCORD_PERMISSIONS = {
    Permission.VIEW_CHANNEL: "채널 보기",
    Permission.SEND_MESSAGES: "메시지 보내기",
    Permission.EMBED_LINKS: "링크 첨부",
    Permission.ATTACH_FILES: "파일 첨부",
    Permission.READ_MESSAGE_HISTORY: "메시지 기록 보기",
    Permission.SEND_MESSAGES_IN_THREADS: "스레드에서 메시지 보내기",
}

DISCORD_LEFT_OUT = (
    "– 디스코드는 토큰이 없어서 건너뛰어요. 쓰려면 .env에 적어 주세요: GEURYEOJWO_DISCORD__TOKEN"
)


def discord(finding: Finding) -> str:
    """Report what a look at Discord found, in one line or several."""
    match finding:
        case Refusal():
            unit = "초" if finding.cause is Cause.BUSY else ""
            detail = f" ({finding.detail}{unit})" if finding.detail else ""
            return f"✗ {_DISCORD_PARTS[finding.part]}: {_DISCORD_CAUSES[finding.cause]}{detail}"
        case BotFound():
            return f"✓ 디스코드 토큰: ‘{finding.name}’ 봇으로 들어갈 수 있어요"
        case ApplicationFound():
            return "\n".join(_application(finding))
        case GatewayFound():
            return _gateway(finding)
        case ServersFound():
            return "\n".join(_servers(finding))
        case CommandsFound():
            done = "바뀌어서 다시 등록했어요" if finding.were_changed else "등록된 그대로예요"
            return f"✓ 디스코드 명령어: {finding.num}개, {done}"


def _application(found: ApplicationFound) -> list[str]:
    lines = [f"✗ 디스코드 앱: {_DISCORD_OBSTACLES[one]}" for one in found.obstacles]
    if not lines:
        who = "누구나 초대할 수 있어요" if found.is_public else "앱의 주인만 초대할 수 있어요"
        lines = [f"✓ 디스코드 앱: ‘{found.name}’, {who}"]
    lines.append(f"  서버에 초대하기: {found.invitation}")
    if found.is_for_users:
        lines.append(f"  내 계정에 설치하기: {found.own_invitation}")
    if not found.says_ai:
        lines.append(
            "– 디스코드 앱 소개: 쓰기 전에 알 수 있게 개발자 포털의 General Information에 "
            "‘그림은 생성형 인공지능(AI)이 만들어요’라고 적어 주세요"
        )
    return lines


def _gateway(found: GatewayFound) -> str:
    if found.is_problem:
        return "✗ 디스코드 게이트웨이: 오늘 연결할 수 있는 수를 다 썼어요. 하루 뒤에 다시 켜 주세요"
    return (
        "✓ 디스코드 게이트웨이: 이어져요. Privileged Gateway Intents는 하나도 켜지 않아도 돼요 "
        f"(하루 안에 새로 연결할 수 있는 수: {found.num_starts_left:,})"
    )


def _servers(found: ServersFound) -> list[str]:
    if not found.num:
        return ["– 디스코드 서버: 아직 들어간 서버가 없어요. 위의 링크로 초대해 주세요"]
    if not found.lacking:
        return [f"✓ 디스코드 서버: {found.num:,}곳에 있고, 필요한 권한이 모두 있어요"]
    return [
        f"✗ 디스코드 서버 ‘{server.name}’: 권한이 모자라요: "
        f"{', '.join(_DISCORD_PERMISSIONS[one] for one in server.missing)}. "
        "서버 설정의 역할에서 켜거나, 위의 링크로 다시 초대해 주세요"
        for server in found.lacking
    ]


TELEGRAM_LEFT_OUT = (
    "– 텔레그램은 토큰이 없어서 건너뛰어요. 쓰려면 .env에 적어 주세요: GEURYEOJWO_TELEGRAM__TOKEN"
)
_TELEGRAM_CAUSES = {
    telegram_checking.Cause.TOKEN_REFUSED: "텔레그램이 받아 주지 않는 토큰이에요. BotFather의 /token에서 확인하고 "
    ".env의 GEURYEOJWO_TELEGRAM__TOKEN을 바꾸어 주세요",
    telegram_checking.Cause.UNREACHABLE: "연결되지 않아요. 인터넷과 telegram.base_url을 확인해 주세요",
    telegram_checking.Cause.BUSY: "텔레그램이 잠시 쉬었다 물어 달라고 해요. 조금 뒤에 다시 해 주세요",
    telegram_checking.Cause.DOWN: "텔레그램이 지금 제대로 답하지 못해요. telegram.base_url을 보고 잠시 뒤에 다시 해 주세요",
}


def telegram(finding: telegram_checking.Finding) -> str:
    """Report what a look at Telegram found, in one line or several."""
    match finding:
        case telegram_checking.Refusal():
            detail = f" ({finding.detail})" if finding.detail else ""
            return f"✗ 텔레그램: {_TELEGRAM_CAUSES[finding.cause]}{detail}"
        case telegram_checking.MenuFound():
            done = "바뀌어서 다시 등록했어요" if finding.were_changed else "등록된 그대로예요"
            return f"✓ 텔레그램 메뉴: 명령 {finding.num}개, {done}"
        case telegram_checking.BotFound():
            return "\n".join(_telegram_bot(finding))


def _telegram_bot(found: telegram_checking.BotFound) -> list[str]:
    lines = [
        f"✓ 텔레그램 토큰: ‘{found.name}’ 봇으로 들어갈 수 있어요",
        f"  대화 열기: https://t.me/{found.username}",
    ]
    if not found.hears_all:
        lines.append(
            "– 텔레그램 그룹: 봇을 부른 말만 들려요. ‘고래 그려줘’도 들리게 하려면 BotFather의 /setprivacy에서 Disable을 "
            "고르고 봇을 그룹에 다시 넣어 주세요"
        )
    if not found.has_inline:
        lines.append(
            f"– 텔레그램 어디서나 부르기: 꺼져 있어요. ‘@{found.username} 고래’를 쓰려면 BotFather의 /setinline에서 켜 주세요"
        )
    return lines
