"""The operator's settings as what the pipeline takes: names and units change hands here, secrets too."""

from dataclasses import replace
from pathlib import Path

from bot.settings import Settings, revealed
from pipeline import (
    DEMO,
    MARQO,
    PRESETS,
    DeepLOptions,
    GateOptions,
    KtOptions,
    MarianOptions,
    ModelOptions,
    OpenAiOptions,
    OpinionKind,
    OpinionOptions,
    Origin,
    PapagoOptions,
    TextOptions,
)


def text_options(settings: Settings) -> TextOptions:
    """Turn the settings' sections into what the text pipeline takes."""
    text, papago, kt, openai = settings.text, settings.papago, settings.kt, settings.openai
    is_origin = text.mode == "origin"
    return TextOptions(
        one_call=() if is_origin else _named(text.one_call),
        paraphrasers=_named(text.paraphrase),
        translators=text.translate,
        keyword_extractors=text.keywords,
        translates_variants=is_origin,
        papago=PapagoOptions(
            endpoint=papago.endpoint,
            glossary_key=papago.glossary_key,
            client_id=revealed(papago.client_id),
            client_secret=revealed(papago.client_secret),
        ),
        kt=KtOptions(
            endpoint=kt.endpoint,
            client_id=revealed(kt.client_id),
            client_secret=revealed(kt.client_secret),
            client_key=revealed(kt.client_key),
        ),
        openai=OpenAiOptions(
            base_url=openai.base_url,
            api_key=revealed(openai.api_key),
            model=openai.model or "",
            temperature=openai.temperature,
            max_completion_tokens=openai.max_completion_tokens,
            request_s=openai.request_s,
        ),
        deepl=DeepLOptions(
            endpoint=settings.deepl.endpoint, auth_key=revealed(settings.deepl.auth_key)
        ),
        marian=MarianOptions(folder=settings.marian.folder),
        keyword_model=text.keyword_model,
        num_keywords=text.max_keywords,
        weighs_keywords=text.weigh_keywords,
        total_s=text.total_s,
        one_call_s=text.one_call_s,
        translate_s=text.translate_s,
        daily_chars=text.daily_chars,
        folder=settings.data_dir / "text",
        cache_bytes=text.cache_mb * 1_000_000,
    )


def opinion_options(settings: Settings) -> OpinionOptions | None:
    """Turn the settings' section into what asks for a second opinion; None where none is wanted."""
    section = settings.safety
    if section.second_opinion == "none":
        return None
    return OpinionOptions(
        kind=OpinionKind(section.second_opinion),
        base_url=section.opinion_base_url,
        api_key=revealed(section.opinion_api_key),
        model=section.opinion_model or "",
        limit_s=section.opinion_s,
    )


def gate_options(settings: Settings) -> GateOptions:
    """Turn the settings' section into what judges pictures; the demonstration model has nothing to judge.

    It was trained on emoji and their names, and draws nothing else.
    """
    section = settings.safety
    classifier: Origin | None = Origin(
        place=section.classifier, revision=section.classifier_revision
    )
    if section.classifier == "auto":
        is_demo = settings.model.source == DEMO.name
        revision = section.classifier_revision or MARQO.revision
        classifier = None if is_demo else replace(MARQO, revision=revision)
    elif section.classifier == "none":
        classifier = None
    return GateOptions(
        classifier=classifier,
        unsafe_labels=section.unsafe_labels,
        spoiler_from=section.spoiler_from,
        block_from=section.block_from,
        judge_s=section.judge_s,
    )


def _named(providers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in providers if name != "none")


def model_options(settings: Settings) -> ModelOptions:
    """Turn the settings' section into what the engine takes."""
    section = settings.model
    name = Path(section.source).name.removesuffix(".safetensors")
    model = PRESETS.get(section.source) or ModelOptions(name=name, path=section.source)
    return replace(
        model,
        revision=section.revision or model.revision,
        vae=Origin(place=section.vae) if section.vae else model.vae,
        prediction=section.prediction,
        lora_dir=str(section.lora_dir) if section.lora_dir else None,
        taesd=str(section.taesd) if section.taesd else None,
        cache_dir=str(settings.data_dir / "cache"),
        device=section.device,
        dtype=section.dtype,
        recipe=section.recipe,
        compile=section.compile,
        num_threads=section.num_threads or None,
    )
