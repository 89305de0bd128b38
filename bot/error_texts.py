"""Why something was not done, in the words of `texts.py`: errors → sentences.

Looked up by class, most specific first; an unknown one gives a short apology.
"""

from collections.abc import Callable
from typing import Any

from bot import commands, disk, fairness, job, link_code, receipt, redraw, rules, strikes, wish
from bot.korean import with_particle
from bot.texts import (
    CANCELLED,
    GONE,
    LAST_WARNING,
    NOT_UNDERSTOOD,
    NOT_YOURS,
    UNSAFE,
    apology,
    duration,
    must_pause,
    suspended,
    untranslatable,
)
from pipeline import errors

_ERRORS: dict[type[Exception], Callable[[Any], str]] = {
    commands.OptionInvalid: lambda e: (
        f"{with_particle(e.name, '은/는')} {with_particle(e.allowed, '으로/로')} 적어 주세요."
        + (f" ‘{e.value[:20]}’{_object_particle(e.value)} 알아듣지 못했어요." if e.value else "")
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
    link_code.CodeUnknown: lambda _: (
        "코드가 맞지 않거나, 이미 썼거나, 기한이 지났어요. 연결할 다른 계정에서 /연결이라고만 적어 "
        "새 코드를 받은 다음, 여기에 /연결과 함께 적어 주세요."
    ),
    link_code.TooManyTries: lambda e: (
        f"코드를 여러 번 틀렸어요. {duration(e.wait_s)} 뒤에 다시 적어 주세요."
    ),
    link_code.TooManyAccounts: lambda e: (
        f"계정은 {e.max_accounts}개까지 연결할 수 있어요. 쓰지 않는 계정에서 /연결 끊기라고 적은 다음 "
        "다시 해 주세요."
    ),
    rules.RuleUnknown: lambda e: (
        f"‘{e.name[:20]}’ 설정은 없어요. 어떤 설정이 있는지 보려면 /설정이라고만 적어 주세요."
    ),
    rules.TooManyRules: lambda e: (
        f"{with_particle(e.name, '은/는')} {e.most}개까지 정해 둘 수 있어요. 하나를 지우고 다시 적어 주세요."
    ),
    rules.NotManager: lambda _: (
        "설정은 이곳을 관리하는 분만 보고 바꿀 수 있어요. 바꾸고 싶은 것이 있으면 관리하는 분에게 말해 주세요."
    ),
    rules.AdultsNotAllowed: lambda _: (
        "이 봇은 운영자가 성인용 그림을 그리지 않게 해 두었어요. 필요하면 봇의 운영자에게 말해 주세요."
    ),
    rules.AdultsElsewhere: lambda _: (
        "성인용으로 그린 그림이라 여기서는 보여 드리지 않아요. 연령 제한 채널에서 다시 눌러 주세요."
    ),
    rules.DrawingNotHere: lambda _: (
        "여기서는 그리지 않기로 정해져 있어요. 그림을 그리는 다른 채널에서 다시 적어 주세요."
    ),
    rules.BarredHere: lambda _: (
        "이곳을 관리하는 분이 막아 두어서 이곳에서는 그릴 수 없어요. 잘못 막힌 것 같으면 관리하는 분에게 말해 주세요."
    ),
    redraw.UnderReview: lambda _: (
        "신고를 살펴보는 동안에는 보여 드리지 않아요. 나중에 다시 눌러 주세요."
    ),
    strikes.MustPause: lambda e: must_pause(e.wait_s, has_appealed=e.has_appealed),
    strikes.Suspended: lambda e: suspended(has_appealed=e.has_appealed),
    strikes.LastWarning: lambda _: LAST_WARNING,
    strikes.NotOperator: lambda _: (
        "봇을 운영하는 분만 쓸 수 있는 명령이에요. 무엇을 할 수 있는지 보려면 /도움말이라고 적어 주세요."
    ),
    strikes.NotInPrivate: lambda _: (
        "다른 분들도 보는 곳이라 여기서는 답하지 않아요. 봇과의 대화에서 다시 적어 주세요."
    ),
    strikes.PersonUnknown: lambda _: (
        "누구인지 찾지 못했어요. /제재 목록에 나오는 이름이나 ‘discord:1234’ 같은 계정을 적어 주세요."
    ),
    receipt.PictureMissing: lambda _: (
        "어느 그림인지 알려 주세요. 그림 파일을 함께 보내거나, /재현 뒤에 그림 정보에 나오는 번호를 적어 주세요."
    ),
    receipt.PictureUnknown: lambda e: (
        f"번호가 ‘{e.key[:20]}’인 그림을 이곳에서 찾지 못했어요. "
        "번호를 다시 보거나, 그림 파일을 함께 보내 주세요."
    ),
    receipt.NoReceipt: lambda _: (
        "이 그림에는 똑같이 다시 그릴 수 있는 기록이 없어요. 봇이 올린 파일을 그대로 저장해서 보내거나, "
        "/재현 뒤에 번호를 적어 주세요."
    ),
    receipt.DrawnOverPhoto: lambda _: (
        "사진 위에 그린 그림은 똑같이 다시 그릴 수 없어요. 사진은 오래 갖고 있지 않거든요. "
        "사진을 올리고 그릴 것을 다시 적어 주세요."
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
    errors.Unsafe: lambda _: UNSAFE,
    errors.PictureUnsafe: lambda _: (
        "보여 드릴 수 없는 그림이 나와서 남기지 않고 지웠어요. "
        "오늘 그릴 수 있는 장수는 그대로이니 다른 말이나 다른 사진으로 다시 부탁해 주세요."
    ),
    errors.NotJudged: lambda _: (
        "보여 드려도 되는 그림인지 확인하지 못해서 보내지 않았어요. 잠시 뒤에 다시 적어 주세요."
    ),
    errors.NotMarked: lambda _: (
        "AI로 만들었다는 표시를 넣지 못해서 그림을 보내지 않았어요. 잠시 뒤에 다시 적고, 또 그러면 운영자에게 알려 주세요."
    ),
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
    errors.ClassifierNotLoaded: lambda e: classifier_not_loaded(e.model, e.reason, e.problem),
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


_CLASSIFIER_PROBLEMS = {
    _Problem.MISSING: "그 자리에 분류기가 없어요. config.yaml의 safety.classifier를 확인해 주세요.",
    _Problem.INCOMPLETE: "config.json이나 model.safetensors가 없어요. 분류기를 다시 받아 주세요.",
    _Problem.PICKLE: (
        "코드가 들어갈 수 있는 파일(.bin)뿐이라 읽지 않았어요. .safetensors로 된 분류기를 골라 주세요."
    ),
    _Problem.WRONG_KIND: (
        "쓸 수 있는 분류기가 아니에요. ViT 분류기인지, 이름표 가운데 safety.unsafe_labels에 적은 것이 "
        "있는지 확인해 주세요."
    ),
    _Problem.NOT_ON_HUB: (
        "허브에 그런 분류기나 판이 없어요. safety.classifier와 safety.classifier_revision을 확인해 주세요."
    ),
    _Problem.UNREADABLE: "config.yaml의 safety.classifier와 그 파일을 확인해 주세요.",
}


def classifier_not_loaded(model: str, reason: str, problem: errors.ModelProblem) -> str:
    """Say to the operator why nobody can judge pictures, what to do, and the detail in brackets."""
    what = _CLASSIFIER_PROBLEMS.get(problem) or _MODEL_PROBLEMS[problem]
    return f"그림을 살피는 분류기를 불러오지 못해서 그릴 수 없어요({model}). {what} [{reason}]"


def of_error(error: Exception, *, job_id: str) -> str:
    """Turn an error into a sentence; one that is not listed becomes an apology with the job's id."""
    for kind in type(error).__mro__:
        if kind in _ERRORS:
            return _ERRORS[kind](error)
    return apology(job_id)


def _object_particle(word: str) -> str:
    return with_particle(word, "을/를")[len(word) :]
