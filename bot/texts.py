"""Every Korean sentence that a person reads in a chat, in 해요체: what happened, and what to do next.

Sentences only: what is said is decided in `conversation.py` and `cards.py`. Why something was not
done is said by `error_texts.py`; what only an operator reads on the shell, by `shell_texts.py`.
"""

from collections.abc import Iterable

from bot import fairness
from bot.korean import with_particle
from bot.rules import ADULTS, LANGUAGES, SPOILERS, PlaceRules, word_of
from pipeline import (
    Credentials,
    Failure,
    Marks,
    Preparation,
    ProviderFailure,
    ProviderHealth,
    Receipt,
    Rule,
    SourceType,
    Verdict,
)

_MAX_MINUTES, _MAX_HOURS = 120, 48  # that people count in
_MAX_NAMED_CHARS = 40  # of a request that is named among others

EXAMPLES = (
    "노을 지는 하늘 아래 파란 고양이 그려줘",
    "눈 덮인 들판의 작은 펭귄",
    "밤하늘을 나는 로켓 그려줘",
    "노란 배경에 빨간 사과",
)

AGAIN = "다시 그리기"
VARY = "변형"
ENLARGE = "크게"
WHICH_PICTURE = "어느 그림을 다듬을까요?"
EDIT = "고치기"
INFO = "정보"
DELETE = "삭제"
ORIGINAL = "원본 파일"
ORIGINALS = (
    "줄이거나 다시 압축하지 않은 원본 파일이에요. 저장해 두면 /재현으로 똑같이 다시 그릴 수 있어요."
)
REPORT = "신고"
KEEP_REPORTED = "문제없음"
BAR = "막기"
CANCEL = "취소"
MADE_BY_AI = "AI로 만든 그림이에요."
LOADING = "그림 모델을 불러오고 있어요. 준비되면 바로 시작할게요."
UNDERSTANDING = "말씀을 읽고 있어요."
DECODING = "마지막으로 다듬고 있어요."
CANCELLED = "그리기를 취소했어요. 다시 그리고 싶으면 아래 단추를 눌러 주세요."
ALREADY_OVER = "이미 끝난 그림이라 취소할 수 없어요."
WHAT_OVER_PHOTO = "사진 위에 무엇을 그릴까요? ‘수채화로 그린 고양이’처럼 그릴 것을 적어서 사진과 함께 다시 보내 주세요."
GONE = "그 그림의 기록을 찾지 못했어요. 그리고 싶은 것을 다시 적어 주세요."
NOT_YOURS = "부탁한 분이나 이곳을 돌보는 분만 할 수 있어요."
REMOVED = "지운 그림이에요. 그리고 싶은 것이 있으면 다시 적어 주세요."
WITHDRAWN = (
    "이 채널은 이제 누구나 볼 수 있어서, 성인용으로 그린 그림은 보여 드리지 않고 지웠어요. "
    "연령 제한 채널에서 다시 부탁해 주세요."
)
DETAILS_OF_PICTURE = "이 그림은 이렇게 그렸어요."
RESUMED = "봇이 다시 켜져서 이어서 그려요."
FETCH = "다시 받기"
UNSHOWN = "이곳에는 그림을 올릴 수 없어요. /내그림이라고 적으면 다시 볼 수 있어요."
UNCLEAR = "그림을 보냈는데 잘 도착했는지 확인하지 못했어요. 보이지 않으면 아래 단추를 눌러 다시 받아 주세요."
NEWER = "이전"
OLDER = "다음"
NO_PICTURES = "보여 드릴 그림이 없어요. ‘고래 그려줘’처럼 그리고 싶은 것을 적어 보세요."
MY_DATA = (
    "봇이 갖고 있는 것을 모두 담았어요. 하루가 지나면 이 파일은 지워지니 그 안에 저장해 주세요. "
    "모두 지우고 싶으면 /내데이터삭제라고 적어 주세요."
)
SAVE_DATA = "내 데이터 저장"
ERASE = "모두 지우기"
ERASE_SURE = (
    "지금까지 부탁하신 말과 그림, 사진, 사용 기록을 모두 지워요. 그리고 있는 그림도 그만두고, "
    "지운 것은 되돌릴 수 없어요. 정말 지울까요? 지우려면 아래 단추를 눌러 주세요."
)
ERASED = (
    "봇이 갖고 있던 것을 모두 지웠어요. 채팅방에 이미 올라온 그림은 그대로 있으니 직접 지워 주세요. "
    "다시 부탁하시면 처음 오신 분처럼 새로 시작해요."
)
ERASED_BUT_STRIKES = (
    "막힌 부탁의 기록만 길어야 {days}일 동안 남아요. 적은 말은 없고, 되돌릴 수 없게 바꾼 이름과 글의 지문, 규칙, 때뿐이에요. "
    "정지되었다면 풀릴 때까지 남아요."
)
ERASE_LINKED = "연결된 계정에서 부탁하신 것도 모두 지우고, 연결도 끊어요."
ERASED_LINKED = "연결되어 있던 계정의 것도 함께 지우고 연결을 끊었어요."
NOT_LINKED = (
    "연결된 계정이 없어요. 다른 곳의 계정과 연결하려면 /연결이라고만 적어서 코드를 받아 주세요."
)
LINK_OWN = (
    "이 계정에서 받은 코드예요. 이 코드는 이제 쓸 수 없으니 /연결이라고만 적어서 새 코드를 받고, "
    "연결할 다른 계정에서 적어 주세요."
)
STOPPED_ERASED = "모두 지워 달라고 하셔서 그만뒀어요. 그리고 싶은 것이 있으면 다시 적어 주세요."
DETAILS = "어떻게 이해했나요?"
EDIT_TITLE = "그림 고치기"
OVER_TITLE = "이 그림 위에 그리기"
WHAT_OVER_PICTURE = "이 그림 위에 무엇을 그릴까요? 그릴 것을 적어서 그림과 함께 보내 주세요."
FIELD_TEXT = "한국어"
FIELD_ENGLISH = "영어"
FIELD_WORDS = "중요한 낱말과 세기"
FIELD_NEGATIVE = "빼고 싶은 것"
FIELD_WHAT = "무엇을 그릴까요?"
FIELD_STRENGTH = "얼마나 바꿀까요? (0~1)"
ALLOWED_WORDS = "‘whale 1.3, sea 1.1’처럼 영어와 숫자"
NOT_UNDERSTOOD = "무엇을 그릴까요? 그리고 싶은 것을 적어 주세요."
NOT_A_REQUEST = (
    "그림을 그려 달라는 말로 들리지 않았어요. 그리고 싶은 것을 적어 주시면 그려 드릴게요."
)
MISTYPED = "한/영 키가 바뀐 것 같아요. 혹시 이 말씀인가요?"
UNSAFE = "이 내용은 그려 드릴 수 없어요. 다른 것을 적어 주세요."
LAST_WARNING = "이 내용은 그려 드릴 수 없어요. 이런 부탁이 한 번 더 오면 잠시 쉬어야 하니, 다른 것을 적어 주세요."
HOW_TO_APPEAL = (
    "잘못 막힌 것 같으면 ‘/이의’ 뒤에 까닭을 적어 주세요. 운영자가 읽고 풀어 드릴 수 있어요."
)
APPEALED_BEFORE = "이의는 운영자에게 전했으니 조금 기다려 주세요."
APPEAL_NEEDLESS = "지금 바로 그릴 수 있어요. 그리고 싶은 것을 적어 주세요."
APPEAL_HOW = (
    "‘/이의 소설 표지를 그리려던 것이었어요’처럼 까닭을 함께 적어 주세요. 한 번만 전할 수 있어요."
)
APPEAL_KEPT = "이의를 운영자에게 전했어요. 읽어 보고 풀어 드릴 수 있으니 조금 기다려 주세요."
APPEAL_AGAIN = "이의를 이미 전했어요. 운영자가 읽어 볼 때까지 조금 기다려 주세요."
APPEALED = "새 이의가 들어왔어요. /제재라고 적으면 읽을 수 있어요."
LIFTED = "풀었어요. 이제 다시 그릴 수 있고, 지금까지 막힌 부탁은 세지 않아요."
NOTHING_TO_LIFT = "쉬거나 정지된 분이 아니에요. 누가 있는지 보려면 /제재라고 적어 주세요."
SUSPENDED_BY_OPERATOR = "정지했어요. 풀려면 ‘/제재 해제’ 뒤에 같은 이름을 적어 주세요."
NOBODY_SANCTIONED = (
    "쉬거나 정지된 분이 없어요. 누군가를 정지하려면 ‘/제재 정지 telegram:1234’처럼 적어 주세요."
)
HELP = (
    "그리고 싶은 것을 우리말로 적으면 그림으로 그려 드려요. "
    "‘/그려줘 바다 위의 고래’처럼 적어도 되고, ‘고래 그려줘’라고만 해도 돼요.\n"
    "뒤에 크기:넓게(정사각, 가로, 세로, 길게), 장수:2, 품질:빠르게(보통, 정밀), 시드:7, 스텝:20, "
    "제외:사람처럼 적으면 그대로 따라요.\n"
    "사진을 함께 보내면 그 위에 그려요. 강도:0.5처럼 얼마나 바꿀지 적을 수 있어요.\n"
    "화풍:수채화처럼 화풍도 고를 수 있어요. "
    "답장할 수 있는 곳에서는 봇이 그린 그림에 ‘더 밝게’, ‘바다 빼고’처럼 답장하면 같은 그림을 고쳐 그려요.\n"
    "/내그림은 그린 그림을(/내그림 고래처럼 찾을 수도 있어요), /대기열은 차례를 보여 드려요. "
    "/재현 뒤에 번호를 적거나 그림 파일을 함께 보내면 똑같은 그림을 다시 그리고, "
    "/그림정보와 함께 보내면 어떻게 그린 그림인지 알려 드려요. "
    "/개인정보는 무엇을 얼마나 갖고 있는지 알려 드리고, "
    "/내데이터는 봇이 갖고 있는 것을 드리고, /내데이터삭제는 모두 지워요. "
    "/연결은 다른 곳의 계정과 이어서 그림과 기록을 함께 쓰게 해요.\n"
    "서버를 관리하는 분은 /설정으로 그릴 채널과 기본값을 정할 수 있어요.\n"
    "그림은 생성형 인공지능(AI)이 만들어요. 만 14세 미만은 쓸 수 없어요. "
    "문제가 있는 그림은 신고 단추나 /개인정보에 나오는 연락처로 알려 주세요."
)

ROW_TEXT = "적어 주신 말"
ROW_SUBJECT = "그릴 것"
ROW_ENGLISH = "번역"
ROW_VARIANTS = "비슷한 문장"
ROW_KEYWORDS = "중요한 낱말"
ROW_STYLE = "화풍"
ROW_PROMPT = "prompt"
ROW_PROMPT_2 = "prompt_2"
ROW_NEGATIVE = "negative_prompt"
ROW_SETTINGS = "설정"
ROW_NUMBER = "번호"
ROW_MARKS = "표시"
ROW_SAYS_AI = "AI로 만들었다는 표시(XMP)"
ROW_CREDENTIALS = "변조를 알 수 있는 서명(C2PA)"
ROW_PARAMETERS = "그림 도구가 읽는 설정"
ROW_RECEIPT = "다시 그릴 수 있는 기록"
WHICH_MARKS = "어떤 표시가 있나요?"
ROW_VERDICT = "판단"
ROW_UNKNOWN = "모르는 낱말"
ROW_SUGGESTION = "혹시 이 말씀인가요?"
STAGES = "단계마다 한 일"
STAGE_HEADINGS = ("단계", "맡은 곳", "걸린 시간 ms", "적어 둔 것")


def waiting(place: int, eta_s: float | None) -> str:
    """Say where in the queue a request is; `place` requests finish before it."""
    if place == 0:
        return "곧 그리기 시작해요."
    return f"앞에 {place}건이 있어요." + (f" 약 {duration(eta_s)} 뒤에 완성돼요." if eta_s else "")


def queue(num_live: int, lines: tuple[str, ...]) -> str:
    """Say how many pictures are under way in all, and how far a person's own are."""
    if not num_live:
        return "기다리는 그림이 없어요. 지금 부탁하시면 바로 그려요."
    everybody = f"지금 그리거나 기다리는 그림은 모두 {num_live}건이에요."
    if not lines:
        return f"{everybody} 부탁하신 것은 없어요. 그리고 싶은 것을 적어 주세요."
    return "\n".join((everybody, *lines))


def in_queue(subject: str, place: int | None, eta_s: float | None) -> str:
    """Say how far one picture is; `place` is None where it is being drawn."""
    return named(subject, drawing(None) if place is None else waiting(place, eta_s))


def named(subject: str, sentence: str) -> str:
    """Say which request a sentence is about."""
    return f"‘{_short(subject)}’: {sentence}"


def _short(words: str) -> str:
    return words if len(words) <= _MAX_NAMED_CHARS else f"{words[:_MAX_NAMED_CHARS]}…"


def caption(subject: str, made_s: float) -> str:
    """Name a picture among others: what it shows, and the Korean day on which it was asked for."""
    return f"{_short(subject)} ({fairness.korean_day(made_s)})"


def vary_number(number: int) -> str:
    """Label the button that varies one of several pictures."""
    return f"{number}번 변형"


def enlarge_number(number: int) -> str:
    """Label the button that enlarges one of several pictures."""
    return f"{number}번 크게"


def my_pictures(page: int, search: str) -> str:
    """Head a page of somebody's own pictures."""
    found = f"‘{search}’ 그림" if search else "부탁하신 그림"
    return f"{found}이에요." if page == 1 else f"{found}이에요({page}쪽)."


def no_pictures(search: str) -> str:
    """Say that there is nothing to show, and how to get something."""
    if not search:
        return NO_PICTURES
    return f"‘{search}’ 그림을 찾지 못했어요. 다른 말로 찾거나 /내그림이라고만 적어 보세요."


def prior_notice(
    *, operator: str | None, prompts_days: int | None, pictures_days: int | None
) -> str:
    """Say before somebody's first picture what the bot is, who runs it, what it keeps and what it is not for."""
    name = with_particle(_short(operator), "이에요/예요") if operator else ""
    who = f"운영자는 {name}. " if name else ""
    return (
        f"그림은 생성형 인공지능(AI)이 만들어요. {who}적은 말은 {_kept_for(prompts_days)}, "
        f"그림과 사진은 {_kept_for(pictures_days)} 잠가서 보관해요. 만 14세 미만은 쓸 수 없고, "
        "실제 인물이나 미성년자를 성적으로 그리는 것처럼 남을 해치는 그림은 부탁할 수 없어요. "
        "자세한 것은 /개인정보에서 볼 수 있어요."
    )


PRIVACY_SINCE = "2026-11-29"  # when what `privacy` says was last changed


def privacy(
    *,
    operator: str | None,
    contact: str | None,
    prompts_days: int | None,
    pictures_days: int | None,
    strikes_days: int,
    providers: tuple[str, ...],
) -> str:
    """Say who runs the bot, what is kept and why, for how long, who reads it, and what people can do.

    providers: names of all that texts are given to, also of those on this machine.
    """
    return "\n".join(
        (
            f"개인정보를 이렇게 다뤄요({PRIVACY_SINCE}부터).",
            _run_by(operator, contact),
            "그림을 그려 드리고 나중에 찾거나 고칠 수 있게 하려고, "
            f"적은 말과 그린 기록, 처음 안내를 읽은 때는 {_kept_for(prompts_days)}, "
            f"그림과 올린 사진은 {_kept_for(pictures_days)} 보관해요. "
            "부탁한 계정과 곳의 번호, 연결한 계정도 함께 두고, 모두 암호로 잠가요. "
            "같은 일이 되풀이되지 않도록, 막힌 부탁과 정지의 기록은 적은 말 없이 "
            f"되돌릴 수 없게 바꾼 이름으로 {strikes_days}일 동안 둬요. 정지는 풀린 날부터 세요.",
            _sent_to(providers),
            "디스코드나 텔레그램을 거치는 말과 그림은 그 서비스의 방침도 따라요.",
            "그림마다 삭제 단추로 지우고, 고치기로 바로잡을 수 있어요. /내데이터라고 적으면 봇이 갖고 있는 것을 "
            "모두 드리고, /내데이터삭제라고 적으면 바로 모두 지워요. "
            "막힌 부탁과 정지의 기록만 기한까지 남아요.",
            "그림은 생성형 인공지능(AI)이 만들어요. 만 14세 미만은 쓸 수 없고, 만 14세 미만의 것인 줄 알게 되면 지워요.",
        )
    )


def _run_by(operator: str | None, contact: str | None) -> str:
    """Say who runs the bot, and how anybody reaches them: also who never wrote to it."""
    who = f"운영자는 {with_particle(operator, '이에요/예요')}. " if operator else ""
    if not contact:
        return (
            f"{who}운영자의 연락처가 아직 없으니, 문의와 신고는 이곳을 관리하는 분에게 해 주세요."
        )
    return (
        f"{who}문의와 신고는 {with_particle(contact, '으로/로')} 해 주세요. 봇을 쓰지 않는 분도 "
        "자기 모습이 담긴 그림을 알려 주시면 하루 안에 살펴보고 내려요."
    )


def _sent_to(providers: tuple[str, ...]) -> str:
    """Say who else reads what people write, and whether that may be abroad."""
    remote = [name for name in providers if name in _REMOTE]
    if not remote:
        return "적은 말을 봇 밖으로 보내지 않아요."
    names = ", ".join(dict.fromkeys(provider(name) for name in remote))
    abroad = (
        f" 이 가운데 {with_particle(', '.join(dict.fromkeys(provider(one) for one in overseas)), '은/는')} "
        "나라 밖에 있을 수 있어요."
        if (overseas := [name for name in remote if name in _OVERSEAS])
        else ""
    )
    return f"적은 말은 영어로 옮기고 살펴보려고 바깥의 {names}에 보내요.{abroad} 누가 적었는지는 보내지 않아요."


def link_code(code: str) -> str:
    """Give a code that joins another account with this one, and say what it does."""
    return (
        f"연결할 다른 계정에서 ‘/연결 {code}’라고 적어 주세요. 코드는 10분 동안 한 번만 쓸 수 있어요.\n"
        "연결하면 지금까지 그린 그림과 기록, 하루에 그릴 수 있는 장수를 두 계정이 함께 써요. "
        "코드를 쓴 사람은 그 그림을 모두 볼 수 있으니 다른 사람에게는 알려 주지 마세요."
    )


def linked(platforms: tuple[str, ...]) -> str:
    """Say that accounts are joined now, what that means, and what to do if it was a mistake."""
    return (
        f"{with_particle(_accounts(platforms), '과/와')} 연결했어요. 지금까지 그린 그림과 기록, "
        "하루에 그릴 수 있는 장수를 이제 함께 써요.\n"
        "다른 사람이 준 코드였다면 그 사람이 내 그림을 볼 수 있으니 바로 /연결 끊기라고 적어 주세요."
    )


def linked_with(platforms: tuple[str, ...]) -> str:
    """Say which accounts are joined with the one that asks."""
    return (
        f"지금 {with_particle(_accounts(platforms), '과/와')} 연결되어 있어요. "
        "끊으려면 /연결 끊기라고 적어 주세요."
    )


def parted(platforms: tuple[str, ...]) -> str:
    """Say that accounts are joined no more, and who has what."""
    return (
        f"{with_particle(_accounts(platforms), '과/와')} 연결을 끊었어요. "
        "그린 그림과 기록은 저마다 부탁한 계정에 그대로 남고, 앞으로는 따로 세어요. "
        "다시 연결하려면 /연결이라고 적어 주세요."
    )


def _accounts(platforms: tuple[str, ...]) -> str:
    names = dict.fromkeys(_PLATFORMS.get(one, one) for one in platforms)
    return f"{', '.join(names)} 계정"


_PLATFORMS = {"discord": "디스코드", "telegram": "텔레그램", "web": "웹 채팅"}


def _kept_for(days: int | None) -> str:
    return "지워 달라고 하실 때까지" if days is None else f"{days}일 동안"


def drawing(eta_s: float | None) -> str:
    """Say that the picture is on its way."""
    return "그리고 있어요." + (f" 약 {duration(eta_s)} 남았어요." if eta_s else "")


def step_label(step: int, num_steps: int) -> str:
    """Label a progress bar."""
    return f"{num_steps}단계 중 {step}단계"


def duration(seconds: float) -> str:
    """Say a length of time as people do, rounded up."""
    whole = max(1, -int(-seconds // 1))
    if whole < 60:
        return f"{whole}초"
    if whole <= _MAX_MINUTES * 60:
        return f"{-(-whole // 60)}분"
    hours = -(-whole // 3600)
    return f"{hours}시간" if hours <= _MAX_HOURS else f"{-(-hours // 24)}일"


def done(subject: str) -> str:
    """Present the picture."""
    return f"‘{subject}’, 다 그렸어요!"


def alt(subject: str) -> str:
    """Describe the picture for somebody who cannot see it."""
    return f"AI가 그린 그림: {subject}"


def unknown_words(words: tuple[str, ...]) -> str:
    """Name the words that the dictionary does not have."""
    return f"모르는 낱말: {', '.join(words)}. 이 낱말은 빼고 그렸어요."


def unlearned_words(words: tuple[str, ...]) -> str:
    """Name the English words that were understood but that the model never learned to draw."""
    return f"이 모델이 배우지 않은 낱말: {', '.join(words)}. 그림에 나오지 않을 수 있어요."


CREDITS = {
    "papago": ("Translated by Papago", "https://papago.naver.com"),
    "marian": ("OPUS-MT (CC BY 4.0)", "https://huggingface.co/Helsinki-NLP/opus-mt-tc-big-ko-en"),
}
"""Who asks to be named, with a link, where their translation is shown."""

_PROVIDERS = {
    "papago": "파파고",
    "deepl": "DeepL",
    "openai": "언어 모델",
    "kt": "KT 지니랩스",
    "marian": "번역 모델",
    "glossary": "사전",
    "offline": "규칙",
    "keybert": "문장 모델",
    "moderation": "OpenAI 모더레이션",
    "guard": "안전 검사 모델",
    "frequency": "빈도",
}
_REMOTE = frozenset({"papago", "deepl", "openai", "kt", "moderation", "guard"})  # that others run
_OVERSEAS = frozenset({"deepl", "openai", "moderation", "guard"})  # as far as the name tells
_CAUSES = {
    Failure.TIMED_OUT: "제때 답하지 않아",
    Failure.UNREACHABLE: "연결되지 않아",
    Failure.BUSY: "바빠서",
    Failure.DENIED: "답할 수 없게 되어 있어서",
    Failure.QUOTA: "쓸 수 있는 양이 다 되어",
    Failure.UNREADABLE: "알아들을 수 없는 답을 해서",
    Failure.BLOCKED: "이 글에는 답하지 않아",
    Failure.UNFIT: "받지 않는 글이라",
    Failure.CROWDED: "부탁이 몰려서",
    Failure.RESTING: "잠시 쉬고 있어서",
    Failure.SPENT: "오늘 몫을 다 써서",
}
_INSTEAD = {
    "translate": ("옮겼어요", ""),
    "paraphrase": ("비슷한 문장을 만들었어요", "비슷한 문장 없이 그렸어요"),
    "keywords": ("중요한 낱말을 골랐어요", "중요한 낱말은 고르지 않았어요"),
}


OPERATOR_CAUSES = {
    Failure.TIMED_OUT: "제때 답하지 않아요",
    Failure.UNREACHABLE: "연결되지 않아요. 주소와 네트워크를 확인해 주세요",
    Failure.BUSY: "바쁘다고 해요. 잠시 뒤에 다시 불러 볼게요",
    Failure.DENIED: "거절했어요. 키와 주소, 모델 이름을 확인해 주세요",
    Failure.QUOTA: "쓸 수 있는 양이 다 되었거나 서비스가 켜져 있지 않아요. 그쪽 콘솔에서 확인해 주세요",
    Failure.UNREADABLE: "알아들을 수 없는 답을 했어요. 주소와 모델을 확인해 주세요",
    Failure.BLOCKED: "이 글에는 답하지 않았어요",
    Failure.UNFIT: "받지 않는 글이에요",
    Failure.CROWDED: "부탁이 한꺼번에 몰렸어요",
    Failure.RESTING: "잇달아 실패해서 잠시 쉬어요",
    Failure.SPENT: "오늘 쓸 수 있는 글자를 다 썼어요. text.daily_chars를 늘리거나 내일까지 기다려 주세요",
}


def provider(name: str) -> str:
    """Name a provider as people know it."""
    return _PROVIDERS.get(name, name)


def degraded(stage: str, failed: ProviderFailure, *, used: str) -> str:
    """Say who did not answer, why, and what was done instead."""
    cause = f"{with_particle(provider(failed.provider), '이/가')} {_CAUSES[failed.failure]}"
    done, left_out = _INSTEAD[stage]
    if used == "none":
        return f"{cause} {left_out}."
    return f"{cause} {with_particle(provider(used), '으로/로')} {done}."


def _degradations(preparation: Preparation) -> tuple[str, ...]:
    """Give a line for every stage that somebody else did; the one call is a way of translating."""
    lines: list[str] = []
    failed_before: tuple[ProviderFailure, ...] = ()
    for stage in preparation.stages:
        if stage.name == "one_call":
            failed_before = stage.failures if stage.provider == "none" else ()
        failures = (
            (*failed_before, *stage.failures) if stage.name == "translate" else stage.failures
        )
        if failures and stage.name in _INSTEAD:
            lines.append(degraded(stage.name, failures[0], used=stage.provider))
    return tuple(lines)


def notes(preparation: Preparation, unlearned: tuple[str, ...]) -> tuple[str, ...]:
    """Say everything that a person should know about how a text was understood."""
    said = ((unknown_words, preparation.unknown_words), (unlearned_words, unlearned))
    named = tuple(sentence(words) for sentence, words in said if words)
    return (*named, *_degradations(preparation))


_REFUSALS = {
    Verdict.EMPTY: NOT_UNDERSTOOD,
    Verdict.NOT_A_REQUEST: NOT_A_REQUEST,
    Verdict.UNSAFE: UNSAFE,
}


def refusal(verdict: Verdict, unknown: tuple[str, ...]) -> str:
    """Answer a text that gave no prompt."""
    return _REFUSALS.get(verdict) or untranslatable(unknown)


def untranslatable(words: tuple[str, ...]) -> str:
    """Say that nothing was understood."""
    listed = f" 모르는 낱말: {', '.join(words)}." if words else ""
    return f"아는 낱말이 없어서 그리지 못했어요.{listed} 다른 말로 적어 주세요."


DISCORD_AWAY = "디스코드와 이어져 있지 않아요. 까닭은 봇을 켠 사람의 기록에 있어요."
TELEGRAM_AWAY = "텔레그램과 이어져 있지 않아요. 까닭은 봇을 켠 사람의 기록에 있어요."
TELEGRAM_DEAF = (
    "텔레그램 그룹에서는 봇을 부른 말만 들려요. 모두 듣게 하려면 BotFather의 /setprivacy에서 Disable을 고르고 "
    "봇을 그룹에 다시 넣어 주세요."
)
IN_PRIVATE = (
    "이 답은 부탁한 분에게만 보여 드려요. 아래 이름을 눌러 봇과의 대화를 열고 다시 해 주세요."
)
ONE_PHOTO = "사진은 한 번에 한 장만 그릴 수 있어요. 하나를 골라 그릴 것과 함께 다시 보내 주세요."
PHOTO_FOR_TELEGRAM = "텔레그램에서는 20MB까지 받을 수 있어요. 더 작은 그림으로 다시 보내 주세요."
NO_PHOTOS_HERE = (
    "이 그룹에서는 봇이 그림을 보낼 수 없어요. 관리하는 분에게 ‘사진 보내기’를 켜 달라고 하거나, "
    "봇과의 대화에서 /내그림으로 받아 주세요."
)
GREETING = (
    "안녕하세요, 우리말로 적으면 그림을 그려 드려요. ‘고래 그려줘’나 ‘/그려줘 고래’라고 적어 보세요. "
    "그림은 생성형 인공지능(AI)이 만들어요."
)
GREETING_DEAF = (
    "안녕하세요, 우리말로 적으면 그림을 그려 드려요. 이 그룹에서는 저를 부르신 말만 들려요. "
    "‘/draw@{bot} 고래’라고 적거나 제 그림에 답장해 주세요. ‘고래 그려줘’도 들리게 하려면 저를 관리자로 만들거나, "
    "BotFather의 /setprivacy에서 Disable을 고르고 다시 넣어 주세요. 그림은 생성형 인공지능(AI)이 만들어요."
)
INLINE_TITLE = "‘{text}’ 그려 달라고 하기"
INLINE_ABOUT = "봇이 있는 대화에서 누르면 그림을 그려요."
BOT_DESCRIPTION = (
    "우리말로 적으면 그림을 그려요. ‘노을 지는 바다 위의 고래 그려줘’처럼 적거나, 사진과 함께 ‘이걸 수채화로’라고 "
    "보내 보세요. 그림은 생성형 인공지능(AI)이 만들어요. 무엇을 얼마나 보관하는지는 /privacy에서 볼 수 있어요."
)
BOT_SHORT_DESCRIPTION = "우리말로 적으면 생성형 인공지능(AI)이 그림을 그려요."


def status(
    *, model: str, num_running: int, is_ready: bool, health: tuple[ProviderHealth, ...]
) -> str:
    """Say how the bot is, and which providers of the text pipeline are left alone or cost something."""
    state = "준비되어 있어요" if is_ready else "모델을 불러오는 중이에요"
    lines = [
        f"{with_particle(model, '으로/로')} 그리고, {state}. 지금 그리거나 기다리는 그림은 {num_running}건이에요."
    ]
    for one in health:
        name = provider(one.name)
        if one.resting_for is not None:
            who = with_particle(name, "은/는")
            lines.append(f"{who} 쉬고 있어요: {OPERATOR_CAUSES[one.resting_for]}.")
        if one.chars_today:
            lines.append(f"{name}에 오늘 {one.chars_today:,}자를 보냈어요.")
    return "\n".join(lines)


def drawn_with(first: Receipt, *, seeds: tuple[int, ...]) -> str:
    """List what pictures were drawn with, with the seed of each."""
    facts = [
        f"모델 {first.model}",
        f"{first.num_steps}단계",
        f"가이던스 {first.guidance_scale:g}",
        first.sampler,
        f"시드 {', '.join(str(seed) for seed in dict.fromkeys(seeds))}",
    ]
    if first.variation_amount is not None:
        facts.append(f"변형 {first.variation_seed}:{first.variation_amount:g}")
    if first.strength is not None:
        facts.append(f"강도 {first.strength:g}")
    return " · ".join(facts)


def draft(text: str) -> str:
    """Give back what was asked for, where it cannot be put into a text box."""
    return f"아래 말을 고쳐서 다시 보내 주세요. 시드가 같으면 그림이 닮아요.\n\n{text}"


def missing_pictures(num_missing: int) -> str:
    """Say that some of several pictures failed."""
    return f"{num_missing}장은 그리지 못했어요. 다시 그리기를 누르면 모두 새로 그려 드려요."


def blocked_pictures(num_missing: int) -> str:
    """Say to whoever asked for somebody young that some of several pictures are not shown, and why not again."""
    return (
        f"{num_missing}장은 보여 드릴 수 없어서 뺐어요. 이런 부탁이 거듭되면 쉬어야 하니, "
        "다음에는 다른 것을 적어 주세요."
    )


_RULES = {
    Rule.MINOR: "미성년",
    Rule.REAL_PERSON: "실제 인물",
    Rule.SEXUAL: "성적인 내용",
    Rule.VIOLENCE: "잔인한 내용",
    Rule.FORBIDDEN: "금지어",
    Rule.OPINION: "한 번 더 보는 모델",
}


def must_pause(wait_s: float, *, has_appealed: bool) -> str:
    """Say to whoever asked too often for what is not drawn how long they wait, and how to object."""
    return (
        f"그려 드릴 수 없는 부탁이 여러 번 있어서 잠시 쉬어야 해요. {duration(wait_s)} 뒤에 다시 적어 주세요. "
        f"{APPEALED_BEFORE if has_appealed else HOW_TO_APPEAL}"
    )


def suspended(*, has_appealed: bool) -> str:
    """Say to whoever may not draw any more who can change that, and how to object."""
    return (
        "이용이 정지되어서 운영자가 풀어 줄 때까지 그릴 수 없어요. "
        f"{APPEALED_BEFORE if has_appealed else HOW_TO_APPEAL}"
    )


def sanctions(lines: tuple[str, ...], *, num_more: int) -> str:
    """List to an operator who may not draw."""
    more = (f"그 밖에 {num_more}명이 더 있어요.",) if num_more else ()
    how = "풀려면 ‘/제재 해제 이름’, 정지하려면 ‘/제재 정지 이름’이라고 적어 주세요."
    return "\n".join(("그릴 수 없는 분들이에요.", *lines, *more, how))


def sanctioned(
    *,
    handle: str,
    until_s: float | None,
    num_by_rule: tuple[tuple[Rule, int], ...],
    appeal: str,
) -> str:
    """Tell an operator of one person: until when, for what, and what they say."""
    until = "풀 때까지 정지" if until_s is None else f"{fairness.korean_time(until_s)}까지 쉬기"
    rules = ", ".join(f"{_RULES[rule]} {num}번" for rule, num in num_by_rule)
    objection = f". 이의: ‘{appeal}’" if appeal else ""
    return f"{handle}: {until}. 까닭: {rules or '운영자가 정함'}{objection}"


# By the values of `Deed`.
_DEEDS = {
    "list": "제재 목록 보기",
    "records": "기록 보기",
    "lift": "제재 풀기",
    "suspend": "정지하기",
    "settings": "설정 보기나 바꾸기",
    "cancel": "남의 그림 취소하기",
    "remove": "남의 그림 지우기",
    "keep": "신고된 그림 그대로 두기",
    "bar": "그곳에서 막기",
}


def records(lines: tuple[str, ...]) -> str:
    """List to an operator what was done with powers."""
    return "\n".join(
        ("누가 무엇을 했거나 하려 했는지 새것부터 적었어요. 시각은 한국 시각이에요.", *lines)
    )


def recorded(*, done_s: float, actor: str, deed: str, about: str, is_allowed: bool) -> str:
    """Tell an operator of one deed: when, who, what, about whom or what, and whether they might."""
    of = f" {about}" if about else ""
    ruling = "허락함" if is_allowed else "거절함"
    return f"{fairness.korean_time(done_s)} {actor}: {_DEEDS[deed]}{of}, {ruling}"


def apology(job_id: str) -> str:
    """Say that something broke that the person cannot mend."""
    return (
        "문제가 생겨 그리지 못했어요. 잠시 뒤에 다시 해 보세요. "
        f"또 그러면 운영자에게 이 번호를 알려 주세요: {job_id}"
    )


RULES = "이곳에서 그리는 방법이에요. 바꾸려면 ‘/설정 화풍 수채화’처럼 적어 주세요."
RULES_LABEL = "지금 설정"
RULES_ELSEWHERE = "설정은 서버나 그룹의 것이에요. 그곳의 채널에서 /설정이라고 적어 주세요."
REPORTED = "신고를 전했어요. 알려 줘서 고마워요. 누가 신고했는지는 아무에게도 보이지 않아요."
REPORT_NOWHERE = "이곳에는 신고를 받는 채널이 아직 없어요. 이곳을 관리하는 분에게 직접 알려 주세요."
REPORT_NO_CHANNEL = "신고를 받는 채널에 글을 쓸 수 없어요. 이곳을 관리하는 분에게 직접 알려 주세요."
REPORT_AGAIN = "지금은 신고를 전하지 못했어요. 잠시 뒤에 신고 단추를 다시 눌러 주세요."
REPORT_DECIDED = "이미 살펴보고 그대로 두기로 한 그림이에요. 알려 줘서 고마워요."
REPORT_HOW = (
    "결정할 때까지 이 그림을 다시 보여 드리지 않아요. 채팅방에 올라간 그림은 그대로 있어요. 모두에게서 지우려면 "
    "‘삭제’를, 문제가 없으면 ‘문제없음’을 눌러 주세요."
)
REPORT_HOW_TO_BAR = "부탁한 사람이 그곳에서 더 그리지 못하게 하려면 ‘막기’를 눌러 주세요."
REPORT_REMOVED = "살펴보고 그림을 모두에게서 지웠어요."
REPORT_KEPT = "살펴보고 그대로 두기로 했어요. 그림을 다시 보여 드려요."
REPORT_BARRED = "부탁한 사람은 이제 그곳에서 그릴 수 없어요. 그곳에서 ‘/설정 막기 해제’라고 적으면 막은 사람을 모두 풀어요."
HIDDEN_FOR_REVIEW = "신고를 살펴보는 동안 보여 드리지 않는 그림이 있어요."
UNDER_REVIEW = "신고를 살펴보는 동안 보여 드리지 않아요."
REPORT_HIDDEN = "연령 제한 채널의 그림이라 여기에는 보여 드리지 않아요."
_UNSET = "정하지 않았어요"
_MAX_NAMED = 20  # words of a list


def rules_changed(rule: str) -> str:
    """Say that a rule holds from now on."""
    return f"{with_particle(rule, '을/를')} 바꿨어요. 앞으로 받는 부탁부터 그렇게 해요."


def rules(place: PlaceRules) -> tuple[tuple[str, str], ...]:
    """List the rules of a place, each with its name; `#` and `@` stand before channels and roles."""
    roles = sorted(place.daily_by_role.items())
    quotas = [f"@&{role.partition(':')[2]} 하루 {most:,}장" for role, most in roles]
    terms = _some(f"{korean} → {english}" for korean, english in sorted(place.glossary.items()))
    return (
        ("채널", _open_channels(place)),
        *((name, place.defaults.get(name, _UNSET)) for name in ("화풍", "비율", "품질")),
        ("할당량", ", ".join(quotas) or _UNSET),
        ("설명언어", word_of(place.language, LANGUAGES)),
        ("성인", word_of(place.adults, ADULTS)),
        ("가리기", word_of(place.spoilers, SPOILERS)),
        ("신고채널", f"#{place.report_channel}" if place.report_channel else _UNSET),
        ("막기", f"{len(place.barred):,}명" if place.barred else "없어요"),
        ("용어", ", ".join(terms) or _UNSET),
        ("금지어", ", ".join(_some(place.forbidden_words)) or _UNSET),
    )


def _some(words: Iterable[str]) -> list[str]:
    """Name the first words of a list, and how many more there are."""
    first = list(words)
    more = len(first) - _MAX_NAMED
    return [*first[:_MAX_NAMED], *([f"그 밖에 {more}개"] if more > 0 else [])]


def _open_channels(place: PlaceRules) -> str:
    if place.allowed:
        return f"{_channels(place.allowed)}에서만 그려요"
    if place.forbidden:
        return f"{_channels(place.forbidden)}에서는 그리지 않아요"
    return "모든 채널에서 그려요"


def _channels(ids: tuple[str, ...]) -> str:
    return ", ".join(f"#{one}" for one in ids)


def report(*, channel: str, person: str, request: str, what: str) -> str:
    """Tell those who look after a place what is reported, and what to do or what was done.

    Whoever reports it is not named, nor who decides.
    """
    return (
        f"신고가 들어온 그림이에요.\n그린 곳: #{channel}\n부탁한 사람: @{person}\n부탁한 말: {request}\n"
        f"{what}"
    )


OTHER_MODEL = "처음 그릴 때와 모델이 달라서 똑같지 않을 수 있어요."


def marks(*, says_ai: bool, has_parameters: bool, has_receipt: bool) -> str:
    """Name the marks that a picture's file carries; none is nothing."""
    named = (
        (says_ai, "AI로 만들었다는 표시"),
        (has_parameters, "그림 도구가 읽는 설정"),
        (has_receipt, "다시 그릴 수 있는 기록"),
    )
    return ", ".join(name for is_there, name in named if is_there)


def is_there(*, has: bool) -> str:
    """Say of a mark whether a file carries it."""
    return "있어요" if has else "없어요"


def source(source_type: str | None) -> str:
    """Say what a file tells of what it was made from."""
    if source_type == SourceType.OVER_PHOTO:
        return "있어요. 사진이나 그림 위에 AI로 덧그렸다고 적혀 있어요"
    return is_there(has=source_type == SourceType.DRAWN)


def credentials(found: Credentials) -> str:
    """Say what the signature of a file is worth; it never says that something is true."""
    return {
        Credentials.NONE: "없어요",
        Credentials.OURS: "있어요. 이 봇이 서명했고, 그 뒤로 바뀌지 않았어요(자체 서명)",
        Credentials.OTHERS: "있어요. 다른 곳에서 서명했고, 그 뒤로 바뀌지 않았어요",
        Credentials.CHANGED: "있지만, 서명한 뒤에 파일이 바뀌었어요",
        Credentials.INVALID: "있지만, 읽을 수 없거나 서명이 맞지 않아요",
    }[found]


def inspected(marks: Marks) -> str:
    """Answer whether AI drew a picture, as far as its file says so."""
    if marks.credentials is Credentials.OURS:
        return "네, 이 봇에서 AI로 그린 그림이에요. 서명한 뒤로 바뀌지 않았어요."
    if marks.credentials is Credentials.CHANGED:
        return "서명한 뒤에 바뀐 파일이에요. 지금 보이는 그림과 표시를 그대로 믿을 수는 없어요."
    if marks.says_ai and marks.credentials is Credentials.OTHERS:
        return "네, AI로 그렸다는 표시가 있어요. 다른 곳에서 서명했고, 그 뒤로 바뀌지 않았어요."
    if marks.says_ai:
        return (
            "네, AI로 그렸다는 표시가 있어요. 다만 서명이 없는 표시는 누구나 적거나 고칠 수 있어요."
        )
    if marks.receipt is not None or marks.parameters is not None:
        return "AI 그림 도구가 남긴 기록이 있어요. AI로 그린 그림일 거예요."
    return "AI로 그렸다는 표시를 찾지 못했어요. 옮기면서 지워졌을 수도 있으니, 사람이 그렸다는 뜻은 아니에요."


def not_ours(marks: str) -> str:
    """Say of a picture without our record what it carries; `marks` is empty where it carries nothing."""
    said = f"이 그림에는 {with_particle(marks, '이/가')} 있지만 " if marks else "이 그림에는 "
    return (
        f"{said}그려줘가 남긴 기록이 없어요. 다른 곳에서 만들었거나, 옮기면서 기록이 지워진 그림이에요. "
        "봇이 올린 파일을 그대로 저장한 것이 있으면 그것을 보내 주세요."
    )
