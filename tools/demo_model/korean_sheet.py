"""The sheet of the README: Korean sentences through the whole way, from the text to the marked picture.

`python -m tools.demo_model.korean_sheet` draws every sentence with its number as its seed and writes
`models/demo/samples_ko.png`, four to a row in the order of the list.
"""

import asyncio
import io
import tempfile
from pathlib import Path

from PIL import Image

from bot.command import DrawCommand
from bot.drawing import begin
from bot.marking import Marking
from bot.parts import both_parts, make_picture_gate
from bot.scrutiny import Scrutiny
from bot.settings import Settings
from tools.demo_model.vocabulary import MODEL_FOLDER

SENTENCES = (
    "노을 지는 하늘 아래 파란 고양이 그려줘",
    "빨간 사과 그려줘",
    "눈 덮인 들판의 펭귄",
    "밤하늘을 나는 로켓 그려줘",
    "분홍 유니콘",
    "해변의 야자수 그려 주세요",
    "비 오는 날 초록 개구리",
    "밤 숲의 유령 그려줘",
    "피자 한 조각 그려줘",
    "초원 위의 보라색 나비",
    "도시의 노란 자동차 그려줘",
    "분홍 배경에 빨간 하트",
)
NUM_COLUMNS, SIDE_PX = 4, 192


async def draw_all() -> list[Image.Image]:
    """Draw every sentence as `python -m bot draw` does."""
    pictures: list[Image.Image] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        async with both_parts(settings) as (preparer, engine):
            for seed, text in enumerate(SENTENCES):
                drawing = await begin(
                    engine,
                    DrawCommand(text=text),
                    await preparer.prepare(text),
                    photo=None,
                    seed=seed,
                    draw=settings.draw,
                    scrutiny=Scrutiny(gate=make_picture_gate(settings)),
                    marking=Marking(settings.marks.model_copy(update={"credentials": False})),
                    job_id=f"sheet-{seed}",
                )
                (picture,) = (await drawing.finished()).pictures
                pictures.append(Image.open(io.BytesIO(picture.png)))
    return pictures


def compose(pictures: list[Image.Image]) -> Image.Image:
    """Put the pictures on one sheet."""
    rows = -(-len(pictures) // NUM_COLUMNS)
    sheet = Image.new("RGB", (NUM_COLUMNS * SIDE_PX, rows * SIDE_PX), "white")
    for index, picture in enumerate(pictures):
        place = (index % NUM_COLUMNS * SIDE_PX, index // NUM_COLUMNS * SIDE_PX)
        sheet.paste(picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST), place)
    return sheet


def main() -> None:
    """Draw the sheet and put it beside the model."""
    compose(asyncio.run(draw_all())).save(MODEL_FOLDER / "samples_ko.png", optimize=True)


if __name__ == "__main__":
    main()
