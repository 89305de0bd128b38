"""Every Korean sentence that a person can read, in 해요체: what happened, and what to do next.

Sentences only: what is said is decided in `conversation.py` and `__main__.py`. Errors are
looked up by their class, most specific first; an unknown one gives a short apology.
"""

import re
from collections.abc import Callable
from typing import Any

from bot import commands, disk, fairness, job, redraw, wish
from bot.korean import with_particle
from bot.settings import Problem
from pipeline import (
    Failure,
    Marks,
    Obstacle,
    Preparation,
    ProviderFailure,
    ProviderHealth,
    Receipt,
    Trial,
    Verdict,
    errors,
)

_MAX_NAMED_CHARS = 40  # of a request that is named among others

EXAMPLES = (
    "노을 지는 하늘 아래 파란 고양이 그려줘",
    "눈 덮인 들판의 작은 펭귄",
    "밤하늘을 나는 로켓 그려줘",
    "노란 배경에 빨간 사과",
)

AGAIN = "다시 그리기"
VARY = "변형"
VARY_FIRST = "첫 그림 변형"
ENLARGE = "크게"
ENLARGE_FIRST = "첫 그림 크게"
EDIT = "고치기"
CANCEL = "취소"
MADE_BY_AI = "AI로 만든 그림이에요."
LOADING = "그림 모델을 불러오고 있어요. 준비되면 바로 시작할게요."
UNDERSTANDING = "말씀을 읽고 있어요."
DECODING = "마지막으로 다듬고 있어요."
CANCELLED = "그리기를 취소했어요. 다시 그리고 싶으면 아래 단추를 눌러 주세요."
ALREADY_OVER = "이미 끝난 그림이라 취소할 수 없어요."
WHAT_OVER_PHOTO = "사진 위에 무엇을 그릴까요? ‘수채화로 그린 고양이’처럼 그릴 것을 적어서 사진과 함께 다시 보내 주세요."
GONE = "그 그림의 기록을 찾지 못했어요. 그리고 싶은 것을 다시 적어 주세요."
NOT_YOURS = "부탁한 분만 취소할 수 있어요."
RESUMED = "봇이 다시 켜져서 이어서 그려요."
FETCH = "다시 받기"
UNCLEAR = "그림을 보냈는데 잘 도착했는지 확인하지 못했어요. 보이지 않으면 아래 단추를 눌러 다시 받아 주세요."
MY_PICTURES = "최근에 부탁하신 그림이에요."
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
STOPPED_ERASED = "모두 지워 달라고 하셔서 그만뒀어요. 그리고 싶은 것이 있으면 다시 적어 주세요."
DETAILS = "어떻게 이해했나요?"
NOT_UNDERSTOOD = "무엇을 그릴까요? 그리고 싶은 것을 적어 주세요."
NOT_A_REQUEST = (
    "그림을 그려 달라는 말로 들리지 않았어요. 그리고 싶은 것을 적어 주시면 그려 드릴게요."
)
MISTYPED = "한/영 키가 바뀐 것 같아요. 혹시 이 말씀인가요?"
UNSAFE = "이 내용은 그려 드릴 수 없어요. 다른 것을 적어 주세요."
HELP = (
    "그리고 싶은 것을 우리말로 적으면 그림으로 그려 드려요. "
    "‘/그려줘 바다 위의 고래’처럼 적어도 되고, ‘고래 그려줘’라고만 해도 돼요.\n"
    "뒤에 크기:넓게(정사각, 가로, 세로, 길게), 장수:2, 품질:빠르게(보통, 정밀), 시드:7, 스텝:20, "
    "제외:사람처럼 적으면 그대로 따라요.\n"
    "사진을 함께 보내면 그 위에 그려요. 강도:0.5처럼 얼마나 바꿀지 적을 수 있어요.\n"
    "/내그림은 최근 그림을, /대기열은 차례를 보여 드려요. "
    "/내데이터는 봇이 갖고 있는 것을 드리고, /내데이터삭제는 모두 지워요.\n"
    "그림은 AI가 만들어요."
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
    return f"{-(-whole // 60)}분"


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
    "frequency": "빈도",
}
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


_OPERATOR_CAUSES = {
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
            lines.append(f"{who} 쉬고 있어요: {_OPERATOR_CAUSES[one.resting_for]}.")
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


def apology(job_id: str) -> str:
    """Say that something broke that the person cannot mend."""
    return (
        "문제가 생겨 그리지 못했어요. 잠시 뒤에 다시 해 보세요. "
        f"또 그러면 운영자에게 이 번호를 알려 주세요: {job_id}"
    )


_ERRORS: dict[type[Exception], Callable[[Any], str]] = {
    commands.OptionInvalid: lambda e: (
        f"{with_particle(e.name, '은/는')} {with_particle(e.allowed, '으로/로')} 적어 주세요."
        f" ‘{e.value[:20]}’{_object_particle(e.value)} 알아듣지 못했어요."
    ),
    commands.UnknownCommand: lambda e: (
        f"‘/{e.name[:20]}’ 명령은 없어요. /그려줘 뒤에 그리고 싶은 것을 적거나 /도움말을 적어 보세요."
    ),
    commands.MessageTooLong: lambda e: (
        f"글이 너무 길어요({e.num_chars:,}자). {e.max_chars:,}자 아래로 줄여 주세요."
    ),
    redraw.RecordGone: lambda _: GONE,
    redraw.PhotoForgotten: lambda _: (
        "바탕이 된 사진을 더는 갖고 있지 않아요. 사진을 올리고 다시 적어 주세요."
    ),
    wish.PhotoMissing: lambda _: (
        "위에 그릴 사진이 없어요. 사진을 함께 보내거나 강도를 빼고 적어 주세요."
    ),
    job.NotAccepted: lambda _: "지금은 부탁을 받아 적지 못해요. 잠시 뒤에 다시 적어 주세요.",
    job.NotYours: lambda _: NOT_YOURS,
    job.PutAside: lambda _: (
        "이 그림을 그리다가 봇이 거듭 멈춰서 그만두었어요. 크기나 말을 바꾸어 다시 적어 주세요."
    ),
    disk.DiskFull: lambda _: (
        "지금은 디스크가 모자라 부탁을 받을 수 없어요. 잠시 뒤에 다시 부탁해 주세요."
    ),
    job.NoRoomForPicture: lambda _: (
        "그림은 그렸지만 저장할 자리가 없었어요. 운영자에게 알리고 잠시 뒤에 다시 적어 주세요."
    ),
    fairness.TooManyInFlight: lambda e: (
        f"한 분이 한 번에 {e.max_per_person}건까지 부탁할 수 있어요. 앞의 그림이 끝나면 다시 적어 주세요."
    ),
    fairness.PlaceBusy: lambda e: (
        f"이곳에서는 한 번에 {e.max_per_place}건까지 그릴 수 있어요. 앞의 그림이 끝나면 다시 적어 주세요."
    ),
    fairness.QuotaSpent: lambda e: (
        ("이곳에서 " if e.is_place else "")
        + (
            f"오늘은 {e.num_left}장만 더 그릴 수 있어요. 장수를 줄여서 다시 적어 주세요."
            if e.num_left
            else f"오늘 그릴 수 있는 {e.limit:,}장을 다 그렸어요. 자정이 지나면 다시 부탁해 주세요."
        )
    ),
    fairness.CoolingDown: lambda e: (
        f"방금 부탁하셨어요. {duration(e.wait_s)} 뒤에 다시 적어 주세요."
    ),
    fairness.WaitTooLong: lambda e: (
        f"지금은 약 {with_particle(duration(e.wait_s), '을/를')} 기다려야 해요. "
        "조금 뒤에 다시 부탁해 주세요."
    ),
    errors.EmptyPrompt: lambda _: NOT_UNDERSTOOD,
    errors.PromptTooLong: lambda e: (
        f"글이 너무 길어요({e.num_chars:,}자). {e.max_chars:,}자 아래로 줄여 주세요."
    ),
    errors.WeightOutOfRange: lambda e: (
        f"강조하는 숫자는 {e.min_weight:g}부터 {e.max_weight:g}까지예요. "
        f"{e.weight:g} 대신 (고래)1.3처럼 적어 주세요."
    ),
    errors.UnsupportedSize: lambda e: (
        f"{e.width_px}×{e.height_px} 크기로는 그릴 수 없어요. "
        f"가로와 세로를 {e.min_px}부터 {e.max_px}까지 {e.multiple_px}의 배수로, "
        f"곱해서 {e.max_area_px:,} 이하로 적어 주세요."
    ),
    errors.UnsupportedSteps: lambda e: f"스텝은 1부터 {e.max_steps}까지 적을 수 있어요.",
    errors.UnsupportedGuidance: lambda e: f"가이던스는 0부터 {e.max_scale:g}까지 적을 수 있어요.",
    errors.UnsupportedInterval: lambda _: (
        "구간은 0.2~0.8처럼 0과 1 사이에서 작은 수부터 적어 주세요."
    ),
    errors.UnsupportedStrength: lambda e: (
        f"강도는 0보다 크고 1 이하로, {e.num_steps}단계 가운데 하나는 남도록 적어 주세요."
        " 강도나 스텝을 올리면 돼요."
    ),
    errors.UnsupportedVariation: lambda _: "변형하는 정도는 0부터 1까지 적을 수 있어요.",
    errors.CannotEnlarge: lambda e: (
        f"이 모델은 {e.width_px}×{e.height_px} 그림을 더 크게 그리지 못해요. "
        "저장해서 다른 프로그램으로 키우거나, 더 큰 모델로 그려 주세요."
    ),
    errors.UnknownLora: lambda e: (
        f"‘{e.name[:40]}’ LoRA는 없어요. "
        + (f"{', '.join(e.known)} 가운데에서 골라 주세요." if e.known else "LoRA 없이 적어 주세요.")
    ),
    errors.UnsupportedLoraScale: lambda e: (
        f"LoRA의 세기는 {-e.max_scale:g}부터 {e.max_scale:g}까지 적을 수 있어요."
    ),
    errors.PhotoTooLarge: lambda e: (
        f"사진이 너무 커요. {e.max_bytes // 2**20}MB, {e.max_px // 1_000_000:,}백만 화소 아래로 줄여 주세요."
    ),
    errors.PhotoUnreadable: lambda _: (
        "사진을 읽을 수 없어요. PNG, JPEG, WebP 파일로 다시 보내 주세요."
    ),
    errors.Untranslatable: lambda e: untranslatable(e.unknown_words),
    errors.QueueFull: lambda e: (
        f"지금 {e.num_waiting}건이 기다리고 있어서 더 받지 못해요. 잠시 뒤에 다시 적어 주세요."
    ),
    errors.TimedOut: lambda e: (
        f"{duration(e.limit_s)} 안에 끝나지 않아 멈췄어요. 잠시 뒤에 다시 적어 주세요."
    ),
    errors.ShuttingDown: lambda _: "지금은 문을 닫는 중이에요. 잠시 뒤에 다시 적어 주세요.",
    errors.Cancelled: lambda _: CANCELLED,
    errors.OutOfGpuMemory: lambda _: (
        "그림이 너무 커서 메모리가 모자랐어요. 더 작은 크기로 다시 적어 주세요."
    ),
    errors.DeviceLost: lambda _: (
        "그림을 그리는 장치가 멈춰서 다시 켜는 중이에요. 잠시 뒤에 다시 적어 주세요."
    ),
    errors.ModelNotLoaded: lambda e: model_not_loaded(e.model, e.reason, e.problem),
    errors.LoraNotLoaded: lambda e: (
        f"{with_particle(f'‘{e.name}’ LoRA', '을/를')} 쓸 수 없어요. "
        "SDXL용 .safetensors 파일인지 확인하거나, 다른 LoRA를 적어 주세요."
    ),
    errors.PictureNotFinite: lambda _: (
        "계산이 어긋나 그림이 나오지 않았어요. 시드나 가이던스를 바꾸어 다시 적어 주세요."
    ),
    errors.StageFailed: lambda _: (
        "지금은 우리말을 영어로 옮기지 못해요. 잠시 뒤에 다시 적거나 영어로 적어 주세요."
    ),
}


_Problem = errors.ModelProblem
_MODEL_PROBLEMS = {
    _Problem.MISSING: "그 자리에 모델이 없어요. config.yaml의 model.source를 확인해 주세요.",
    _Problem.INCOMPLETE: "빠진 파일이 있어요. 모델을 다시 받아 주세요.",
    _Problem.BROKEN: "깨졌거나 덜 받은 파일이 있어요. 그 파일을 지우고 다시 받아 주세요.",
    _Problem.PICKLE: (
        "코드가 들어갈 수 있는 파일(.ckpt, .bin)뿐이라 읽지 않았어요. "
        ".safetensors로 된 모델을 골라 주세요."
    ),
    _Problem.WRONG_KIND: "SDXL 모델이 아니에요. SDXL 모델을 model.source에 적어 주세요.",
    _Problem.NOT_ON_HUB: (
        "허브에 그런 모델이나 판이 없어요. model.source와 model.revision을 확인해 주세요."
    ),
    _Problem.GATED: (
        "허락을 받아야 하는 모델이에요. 허브에서 사용 조건에 동의하고 HF_TOKEN에 토큰을 넣어 주세요."
    ),
    _Problem.OFFLINE: (
        "모델을 받아야 하는데 허브에 이을 수 없어요. 인터넷과 HF_HUB_OFFLINE을 확인해 주세요."
    ),
    _Problem.CUT_OFF: "받다가 끊겼어요. 다시 켜면 이어서 받아요.",
    _Problem.DISK_FULL: "디스크가 모자라요. 자리를 비우고 다시 켜면 이어서 받아요.",
    _Problem.NO_ROOM: "그래픽 메모리가 모자라요. model.recipe를 더 작은 것으로 바꾸어 주세요.",
    _Problem.NOT_FINITE: (
        "시험 삼아 그린 그림이 나오지 않았어요. model.dtype을 float32로 바꾸거나 다른 모델을 골라 주세요."
    ),
    _Problem.UNREADABLE: "config.yaml의 model.source와 모델 파일을 확인해 주세요.",
}


def model_not_loaded(model: str, reason: str, problem: errors.ModelProblem) -> str:
    """Say to the operator why there is no model, what to do, and the detail in brackets."""
    return f"그림 모델을 불러오지 못했어요({model}). {_MODEL_PROBLEMS[problem]} [{reason}]"


def not_fetched(hub_ids: tuple[str, ...]) -> str:
    """Say which models still lie on the hub only, and how they come."""
    return (
        f"아직 받지 않은 모델이 있어요: {', '.join(hub_ids)}. "
        "python -m bot run으로 켜면 받고, 끊기면 다시 켤 때 이어서 받아요."
    )


def of_error(error: Exception, *, job_id: str) -> str:
    """Turn an error into a sentence; one that is not listed becomes an apology with the job's id."""
    for kind in type(error).__mro__:
        if kind in _ERRORS:
            return _ERRORS[kind](error)
    return apology(job_id)


def _object_particle(word: str) -> str:
    return with_particle(word, "을/를")[len(word) :]


# The shell.

SHELL_ABOUT = "우리말로 부탁하면 그림을 그리는 봇이에요."
SHELL_CONFIG = "설정 파일 (기본값: config.yaml)"
SHELL_RUN = "봇을 켜요: 웹 채팅이 열려요"
SHELL_CHAT = "사람과 말하는 쪽만 켜요: 그림은 worker가 그려요"
SHELL_WORKER = "그림을 그리는 쪽만 켜요: GPU마다 하나씩"
SHELL_CHECK = "설정, 기록, 모델, 저장 폴더, 포트가 괜찮은지 확인해요"
SHELL_PREPARE = "그리지 않고 문장이 어떤 프롬프트가 되는지 보여 줘요 (JSON)"
SHELL_VERIFY = "그림 파일에 AI 표시가 있는지 확인해요"
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


def store_too_new(revision: str) -> str:
    """Say that a newer program wrote the records."""
    return f"더 새로운 그려줘가 쓰던 기록이에요({revision}). 그 판으로 켜거나 예전 백업을 되돌려 주세요."


def store_unavailable(reason: str) -> str:
    """Say that the records cannot be reached now."""
    return (
        f"기록이 든 데이터베이스를 쓸 수 없어요({reason}). 디스크와 서버를 확인하고 다시 켜 주세요."
    )


STORAGE_UNUSABLE = (
    "storage.url의 주소에는 그림을 저장할 수 없어요. 폴더 경로가 맞는지, "
    "그 저장소에 필요한 라이브러리(예: s3fs)를 설치했는지 확인해 주세요."
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


CHECK_SETTINGS = "설정"
CHECK_DATA_DIR = "저장 폴더"
CHECK_STORE = "기록"
CHECK_PORT = "웹 채팅 포트"
CHECK_MODEL = "그림 모델"


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


def check_line(name: str, problem: str | None) -> str:
    """Report one part of `check`."""
    return f"✗ {name}: {problem}" if problem else f"✓ {with_particle(name, '은/는')} 괜찮아요"


_TRIED = {
    "one_call": "한 번에 옮기기",
    "paraphrase": "비슷한 문장",
    "translate": "번역",
    "keywords": "중요한 낱말",
}


def trial(tried: Trial) -> str:
    """Report what a provider answered, how long it took and what it was sent."""
    who = f"{_TRIED[tried.stage]} · {provider(tried.provider)}"
    if tried.failure is not None:
        detail = f" ({tried.failure.detail})" if tried.failure.detail else ""
        return f"✗ {who}: {_OPERATOR_CAUSES[tried.failure.failure]}{detail}"
    cost = "돈이 들지 않아요" if tried.is_local else f"{tried.num_chars:,}자를 보냈어요"
    return f"✓ {who}: “{tried.answer}” ({tried.ms:,.0f} ms, {cost})"


def left_out(name: str, variables: tuple[str, ...]) -> str:
    """Say that a provider is not used, and what it takes to use it."""
    who = with_particle(provider(name), "은/는")
    if variables:
        return f"– {who} 키가 없어서 건너뛰어요. 쓰려면 적어 주세요: {', '.join(variables)}"
    if name == "marian":
        return f"– {who} 아직 받지 않아서 건너뛰어요. 쓰려면 받아 주세요: python -m bot download marian"
    return f"– {who} 모델 이름이 없어서 건너뛰어요. 쓰려면 openai.model을 적어 주세요."


def translated(english: str, translator: str | None) -> str:
    """Show a translation with who made it."""
    return f"{english} ({provider(translator)})" if english and translator else english


def cannot_read(path: str) -> str:
    """Say that a file is not there or not readable."""
    return f"{with_particle(path, '을/를')} 읽을 수 없어요. 경로를 확인해 주세요."


def not_a_picture(path: str) -> str:
    """Say that a file is no picture."""
    return (
        f"{with_particle(path, '은/는')} 그림 파일이 아니에요. PNG, JPEG, WebP 파일을 적어 주세요."
    )


def marks(found: Marks) -> str:
    """List the marks of a file."""
    has = {True: "있어요", False: "없어요"}
    lines = [
        f"AI로 만들었다는 표시(XMP): {has[found.says_ai]}",
        f"그린 조건(parameters): {has[found.parameters is not None]}",
        f"영수증: {has[found.receipt is not None]}",
    ]
    if found.receipt:
        lines += [f"  적어 주신 말: {found.receipt.text}", f"  번역: {found.receipt.english}"]
        lines += [f"  시드: {found.receipt.seed}", f"  모델: {found.receipt.model}"]
    return "\n".join(lines)


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
    "database_url": "‘postgresql://’로 시작하는 주소여야 해요",
    "name_characters": "영어 소문자, 숫자, -로 40자까지 적어 주세요",
    "key_in_data_dir": "data_dir 밖에 두어 주세요. 자료를 복사한 사람이 열쇠까지 갖게 돼요",
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
