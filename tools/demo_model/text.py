"""The text side: a byte-pair vocabulary in CLIP's format, and the text encoders.

The encoders are trained on captions alone, to give the codes of codes.py: the second-last hidden
state of a word is what it means, the pooled vector the layout and the background. Both encoders of
the saved model hold the same transformer; only what they read differs.
`python -m tools.demo_model.text` trains; run again, it goes on where it stopped.

Axes: B captions, T tokens (at most 77), D code dimensions (256).
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from tools.demo_model.captions import Caption, prompts
from tools.demo_model.codes import CONCEPT_DIMS, WIDTH, concept_codes, scene_code, word_code
from tools.demo_model.muon import muon_for
from tools.demo_model.scenes import Scene, compose
from tools.demo_model.training import CHECKPOINTS, Clock, Run, be_modest, cosine, stop_requested
from tools.demo_model.vocabulary import (
    COLOURS,
    GROUNDS,
    NEGATIVE_WORDS,
    QUALITY_WORDS,
    SIZES,
    STYLE_PREFIXES,
    TIMES,
    concepts,
    plural,
)

MAX_TOKENS = 77
CHECKPOINT = CHECKPOINTS / "text.pt"
FINAL = CHECKPOINTS / "text"
"""Holds tokenizer, text_encoder and text_encoder_2."""


def train_tokenizer(*, num_tokens: int) -> CLIPTokenizer:
    """Learn a vocabulary that covers every byte and most words of the contract in one token."""
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    words = Regex(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""")
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(words, behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    # CLIP's order: bytes, bytes that end a word, merges, then the two marks.
    trainer = trainers.BpeTrainer(
        vocab_size=num_tokens, initial_alphabet=alphabet, end_of_word_suffix="</w>"
    )
    learner.train_from_iterator(_corpus(), trainer)
    merges = [tuple(merge) for merge in json.loads(learner.to_str())["model"]["merges"]]
    tokens = [
        *alphabet,
        *(byte + "</w>" for byte in alphabet),
        *("".join(merge) for merge in merges),
    ]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=MAX_TOKENS)


def _corpus() -> list[str]:
    nouns = [word for concept in concepts() for word in concept.words]
    nouns += [plural(concept.name) for concept in concepts()]
    terms = [word for term in (*COLOURS, *SIZES) for word in term.words]
    phrases = [phrase for part in (*GROUNDS, *TIMES) for phrase in (*part.nouns, *part.phrases)]
    others = [
        *NEGATIVE_WORDS,
        *QUALITY_WORDS,
        *STYLE_PREFIXES,
        "a an the two and with on in at under background",
    ]
    return nouns * 10 + (terms + phrases + others) * 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Captions as tokens, with what the encoder shall give."""

    ids: Tensor
    """(B, T) int64"""

    codes: Tensor
    """(B, T, D) float32"""

    coded: Tensor
    """(B, T) bool, where a word has a meaning"""

    pooled: Tensor
    """(B, D) float32"""


class Teacher:
    """Turns captions into batches; keeps the tokens of every word it has met."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokens: dict[str, list[int]] = {}

    def tokens(self, word: str) -> list[int]:
        """Return the token ids of one word."""
        if word not in self._tokens:
            self._tokens[word] = self._tokenizer(word, add_special_tokens=False).input_ids
        return self._tokens[word]

    def batch(
        self, captions: list[Caption], scenes: list[Scene | None], *, length: int | None
    ) -> Batch:
        """Return the batch, padded to `length` or to its longest caption and a little more."""
        rows = [self._row(caption) for caption in captions]
        length = length or min(MAX_TOKENS, max(len(ids) for ids, _ in rows) + 4)
        end = self._tokenizer.eos_token_id
        ids = torch.full((len(rows), length), end)
        codes = torch.zeros(len(rows), length, WIDTH)
        coded = torch.zeros(len(rows), length, dtype=torch.bool)
        for index, (row, meanings) in enumerate(rows):
            row = row[: length - 1]
            ids[index, : len(row)] = torch.tensor(row)
            for position, code in meanings.items():
                if position < len(row):
                    codes[index, position] = code
                    coded[index, position] = True
        nothing = torch.zeros(WIDTH)
        pooled = torch.stack([nothing if scene is None else scene_code(scene) for scene in scenes])
        return Batch(ids=ids, codes=codes, coded=coded, pooled=pooled)

    def _row(self, caption: Caption) -> tuple[list[int], dict[int, Tensor]]:
        ids = [self._tokenizer.bos_token_id]
        meanings: dict[int, Tensor] = {}
        for word in caption:
            ids.extend(self.tokens(word.text))
            if word.meaning is not None:
                meanings[len(ids) - 1] = word_code(word.meaning)
        return ids, meanings


def build(tokenizer: CLIPTokenizer) -> CLIPTextModelWithProjection:
    """Return an untrained encoder."""
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=3,
            num_attention_heads=8,
            max_position_embeddings=MAX_TOKENS,
            projection_dim=WIDTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.eos_token_id,
        )
    )


@torch.no_grad()
def know_nouns(encoder: CLIPTextModelWithProjection, teacher: Teacher) -> None:
    """Start a noun's token from its concept's code, so that layers have only its neighbours to add."""
    table: Tensor = encoder.text_model.embeddings.token_embedding.weight  # (tokens, D)
    known: set[int] = set()
    by_length = sorted(
        (len(teacher.tokens(word)), word, concept.name)
        for concept in concepts()
        for word in concept.words
    )
    for _, word, name in by_length:
        last = teacher.tokens(word)[-1]
        if last not in known:
            known.add(last)
            table[last, :CONCEPT_DIMS] = concept_codes()[name]


def lesson(teacher: Teacher, rng: random.Random, *, num: int, length: int | None) -> Batch:
    """Return a batch of random scenes' captions, what both encoders read, mixed."""
    names = tuple(concept.name for concept in concepts())
    captions: list[Caption] = []
    scenes: list[Scene | None] = []
    for _ in range(num):
        scene = compose(rng, names=names, pair_share=0.4)
        said = prompts(scene, rng)
        caption = said.first if rng.random() < 0.45 else said.second
        captions.append(caption)
        scenes.append(
            scene if any(word.meaning and word.meaning.slot for word in caption) else None
        )
    return teacher.batch(captions, scenes, length=length)


def train(*, steps: int, batch: int, peak_rate: float, checkpoint: Path, folder: Path) -> None:
    """Train to `steps`, from the checkpoint when there is one, and save tokenizer and encoders."""
    tokenizer = _tokenizer(folder)
    encoder, teacher = build(tokenizer), Teacher(tokenizer)
    know_nouns(encoder, teacher)
    run = Run(
        encoder,
        path=checkpoint,
        optimiser=muon_for(encoder, adam_names=("embedding",), adam_factor=2.0),
        average_decay=0.99,
    )
    print(
        "resumed" if run.load() else "fresh",
        "at step",
        run.step,
        "tokens",
        len(tokenizer),
        flush=True,
    )
    clock = Clock()
    with stop_requested() as stop:
        while run.step < steps and not stop():
            # Long rows now and then, so that padding to 77 is learnt too.
            full = run.step % 6 == 5
            lesson_batch = lesson(
                teacher,
                run.rng(),
                num=batch // 4 if full else batch,
                length=MAX_TOKENS if full else None,
            )
            loss, facts = _loss(encoder, lesson_batch)
            run.update(loss, rate=cosine(run.step, total=steps, peak=peak_rate, warm_up=50))
            if run.step % 50 == 0:
                print(f"text {run.step} {clock.seconds():.0f}s {facts}", flush=True)
            if run.step % 500 == 0:
                run.save()
    if run.step < steps:
        raise SystemExit(f"stopped at step {run.step}; run again to go on")
    run.save()
    encoder.load_state_dict(run.average)
    save(encoder.eval(), tokenizer, folder)


def _tokenizer(folder: Path) -> CLIPTokenizer:
    if not (folder / "tokenizer").exists():
        train_tokenizer(num_tokens=2600).save_pretrained(folder / "tokenizer")
    tokenizer: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    return tokenizer


def _loss(encoder: CLIPTextModelWithProjection, batch: Batch) -> tuple[Tensor, str]:
    with torch.autocast("cpu", torch.bfloat16):
        given = encoder(input_ids=batch.ids, output_hidden_states=True)
    error = (given.hidden_states[-2].float() - batch.codes).square().mean(dim=-1)  # (B, T)
    meant, empty = error[batch.coded].mean(), error[~batch.coded].mean()
    pooled = (given.text_embeds.float() - batch.pooled).square().mean()
    facts = f"meant {meant.item():.4f} empty {empty.item():.4f} pooled {pooled.item():.4f}"
    return meant + 2 * empty + 2 * pooled, facts


def save(encoder: CLIPTextModelWithProjection, tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Save the encoder as both text encoders of an SDXL folder."""
    encoder.save_pretrained(folder / "text_encoder_2")
    first = CLIPTextModel(encoder.config)
    # transformers 5 keeps the model without projection at the top level.
    state = {key.removeprefix("text_model."): value for key, value in encoder.state_dict().items()}
    first.load_state_dict({key: value for key, value in state.items() if key in first.state_dict()})
    first.save_pretrained(folder / "text_encoder")
    for name in ("tokenizer", "tokenizer_2"):
        tokenizer.save_pretrained(folder / name)


def main() -> None:
    """Train the text side from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--out", type=Path, default=FINAL)
    options = parser.parse_args()
    be_modest(options.threads)
    train(
        steps=options.steps,
        batch=options.batch,
        peak_rate=options.rate,
        checkpoint=options.checkpoint,
        folder=options.out,
    )


if __name__ == "__main__":
    main()
