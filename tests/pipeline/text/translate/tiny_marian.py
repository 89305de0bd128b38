"""A Marian model of a few sentences, trained in a second: the files that the hub holds, at tiny size.

Everything is real but the size: SentencePiece models, vocabulary, weights, configuration.
"""

import io
import json
from pathlib import Path

import torch
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from transformers import MarianConfig, MarianMTModel

SENTENCES = {
    "고래": "a whale",
    "큰 고래": "a big whale",
    "파란 바다": "a blue sea",
    "빨간 사과": "a red apple",
}
_END, _UNKNOWN, _PADDING = "</s>", "<unk>", "<pad>"
_IGNORED = -100  # a label that is not learned


def make_tiny_marian(folder: Path) -> None:
    """Train the sentences by heart and save the model as the hub would have it."""
    source = _piece_model(folder / "source.spm", list(SENTENCES))
    target = _piece_model(folder / "target.spm", list(SENTENCES.values()))
    vocabulary = _vocabulary(source, target)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    facts = {"source_lang": "ko", "target_lang": "en", "tokenizer_class": "MarianTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(facts), "utf-8")
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several would wait for each other longer than they work
    try:
        model = _trained(
            vocabulary,
            sources=[_ids(source, text, vocabulary) for text in SENTENCES],
            targets=[_ids(target, text, vocabulary) for text in SENTENCES.values()],
        )
    finally:
        torch.set_num_threads(num_threads)
    model.save_pretrained(folder)


def _piece_model(path: Path, sentences: list[str]) -> SentencePieceProcessor:
    written = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(sentences * 3),
        model_writer=written,
        vocab_size=24,
        hard_vocab_limit=False,
        bos_id=-1,
        minloglevel=2,
    )
    path.write_bytes(written.getvalue())
    return SentencePieceProcessor(model_file=str(path))


def _vocabulary(*models: SentencePieceProcessor) -> dict[str, int]:
    """Number the pieces of both languages, as Marian shares them."""
    pieces = [_END, _UNKNOWN]
    pieces += [m.id_to_piece(i) for m in models for i in range(m.get_piece_size())]
    return {piece: i for i, piece in enumerate(dict.fromkeys([*pieces, _PADDING]))}


def _ids(model: SentencePieceProcessor, text: str, vocabulary: dict[str, int]) -> list[int]:
    return [vocabulary[piece] for piece in [*model.encode(text, out_type=str), _END]]


def _trained(
    vocabulary: dict[str, int], *, sources: list[list[int]], targets: list[list[int]]
) -> MarianMTModel:
    padding = vocabulary[_PADDING]
    torch.manual_seed(0)
    model = MarianMTModel(
        MarianConfig(
            vocab_size=len(vocabulary),
            d_model=64,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=128,
            decoder_ffn_dim=128,
            max_position_embeddings=1024,
            pad_token_id=padding,
            eos_token_id=vocabulary[_END],
            decoder_start_token_id=padding,
            scale_embedding=True,
            activation_function="swish",
            dropout=0.0,
        )
    )
    inputs = _padded(sources, padding)
    labels = _padded(targets, _IGNORED)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    loss = torch.tensor(torch.inf)
    while loss.item() > 5e-4:
        loss = model(input_ids=inputs, attention_mask=inputs != padding, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.get_input_embeddings().weight[padding] = 0  # Marian starts from zero
    return model.eval()


def _padded(rows: list[list[int]], filler: int) -> torch.Tensor:
    """(B, T) int64, short rows filled up."""
    longest = max(map(len, rows))
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])
