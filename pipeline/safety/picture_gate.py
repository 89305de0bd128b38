"""Whether a picture may be shown: a classifier's word, against two limits. Fails closed.

One picture at a time, on a thread of its own, so that neither the event loop nor the engine waits. What
cannot be judged in time, or is judged with nonsense, raises. Does not know who asked, nor what becomes
of a picture; keeps none.
"""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import structlog

from pipeline.engine.options import Origin
from pipeline.errors import NotJudged
from pipeline.safety.classifier_files import is_fetched
from pipeline.types import PictureVerdict, Pixels

log = structlog.get_logger(__name__)

# Apache-2.0. Source: huggingface.co/Marqo/nsfw-image-detection-384, trained on photos, drawings and
# pictures that AI made.
MARQO = Origin(
    place="Marqo/nsfw-image-detection-384", revision="b8c24126873099cb2b0ba40f0941402b08833866"
)
UNSAFE_LABELS = ("nsfw", "porn", "hentai", "sexy", "sexual", "explicit", "unsafe")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """Which classifier judges pictures, and how strictly."""

    classifier: Origin | None  # None: nobody looks, and everything passes
    unsafe_labels: Collection[str] = UNSAFE_LABELS  # of the classifier's; others are harmless
    spoiler_from: float = 0.4  # of what is shown by all unsafe labels together, 0 to 1
    block_from: float = 0.8
    judge_s: float = 10.0  # for one picture, once it is its turn
    hub_cache: str | None = None  # None: where the hub's library keeps what it fetched


class Judging(Protocol):
    """What the gate needs of a classifier: `Classifier`, or a double."""

    def unsafe(self, pixels: Pixels) -> float:
        """Say how likely a picture is not for everybody, 0 to 1."""
        ...


def _load(options: GateOptions) -> Judging:
    from pipeline.safety.classifier import load_classifier  # torch takes seconds to import

    assert options.classifier is not None
    return load_classifier(
        options.classifier, unsafe_labels=options.unsafe_labels, hub_cache=options.hub_cache
    )


class ClassifierGate:
    """Judges pictures from `start` to `close`, in one event loop."""

    def __init__(
        self, options: GateOptions, *, load: Callable[[GateOptions], Judging] = _load
    ) -> None:
        self._options, self._load = options, load
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="picture-gate")
        self._turn = asyncio.Lock()
        self._classifier: Judging | None = None

    @property
    def has_classifier(self) -> bool:
        """Whether anybody looks at pictures."""
        return self._options.classifier is not None

    def is_fetched(self) -> bool:
        """Whether `start` needs nothing from the hub; reads the disk."""
        origin = self._options.classifier
        return origin is None or is_fetched(origin, hub_cache=self._options.hub_cache)

    async def start(self) -> None:
        """Load the classifier. Raises ClassifierNotLoaded."""
        if self.has_classifier and self._classifier is None:
            loop = asyncio.get_running_loop()
            self._classifier = await loop.run_in_executor(self._thread, self._load, self._options)

    async def judge(self, pixels: Pixels) -> PictureVerdict:
        """Judge a picture. Raises NotJudged."""
        if not self.has_classifier:
            return PictureVerdict.PASS
        if self._classifier is None:
            raise NotJudged
        async with self._turn:
            share = await self._within_limit(self._classifier, pixels)
        if not 0 <= share <= 1:  # and no number is not between them
            log.error("picture not judged", why="no probability")
            raise NotJudged
        if share >= self._options.block_from:
            return PictureVerdict.BLOCK
        if share >= self._options.spoiler_from:
            return PictureVerdict.SPOILER
        return PictureVerdict.PASS

    def close(self) -> None:
        """Judge nothing any more; does not wait for what is being judged."""
        self._classifier = None
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _within_limit(self, classifier: Judging, pixels: Pixels) -> float:
        """Ask the classifier; whatever it raises is the same to whoever waits. Raises NotJudged."""
        limit_s = self._options.judge_s
        try:
            asked = asyncio.wrap_future(self._thread.submit(classifier.unsafe, pixels))
        except RuntimeError as error:  # closed meanwhile
            raise NotJudged from error
        try:
            done, _ = await asyncio.wait({asked}, timeout=limit_s)
        finally:
            asked.cancel()
        if not done:
            log.error("picture not judged", why="too late", limit_s=limit_s)
            raise NotJudged
        if asked.cancelled():  # closed before it began: nobody cancelled whoever waits
            raise NotJudged
        if failure := asked.exception():
            log.error("picture not judged", kind=type(failure).__name__)
            raise NotJudged from failure
        return asked.result()
