"""What the tests of the web chat share: a scripted listener, sample cards, and a socket's client."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from types import MappingProxyType

from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse
from PIL import Image as PilImage

from bot.adapters.port import (
    Action,
    Button,
    Card,
    CardState,
    ChatPort,
    DataFile,
    DetailRow,
    FileReader,
    Image,
    Message,
    MessageRef,
    Past,
    PictureFile,
    Place,
    Press,
    ProgressBar,
)
from bot.adapters.web.server import WebChat, WebOptions
from bot.adapters.web.wire import Json

LIMIT_S = 60.0
ALT = "노을 지는 하늘 아래 파란 고양이를 그린 그림"


class ScriptedListener:
    """Notes what comes and leaves the answer to the test; `may_answer` ends the calls."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.presses: asyncio.Queue[Press] = asyncio.Queue()
        self.may_answer = asyncio.Event()
        self.past: tuple[Past, ...] = ()  # of every place
        self.hidden: set[str] = set()  # keys
        self.inspected: list[bytes] = []
        self.inspection = note("이 그림에는 표시가 없어요.")

    async def on_message(self, message: Message, port: ChatPort) -> None:
        """Note a text."""
        await self.messages.put(message)
        await self.may_answer.wait()

    async def on_press(self, press: Press, port: ChatPort) -> None:
        """Note a press."""
        await self.presses.put(press)
        await self.may_answer.wait()

    def suggest(self, option: str, typed: str) -> tuple[str, ...]:
        """Know no values: the page does not ask."""
        return ()

    async def is_hidden(self, key: str) -> bool:
        """Hide what the test says."""
        return key in self.hidden

    async def inspect(self, data: bytes) -> Card:
        """Note a file that is shown, and give the card that the test wrote."""
        self.inspected.append(data)
        return self.inspection

    async def history(self, place: Place) -> tuple[Past, ...]:
        """Give the past that the test wrote."""
        return self.past

    async def next_message(self) -> Message:
        """The next text that comes."""
        return await asyncio.wait_for(self.messages.get(), LIMIT_S)

    async def next_press(self) -> Press:
        """The next press that comes."""
        return await asyncio.wait_for(self.presses.get(), LIMIT_S)


@asynccontextmanager
async def serving(
    listener: ScriptedListener,
    *,
    port: int = 0,
    files: Mapping[str, bytes] = MappingProxyType({}),
    clock: Callable[[], float] = time.monotonic,
    **options: object,
) -> AsyncIterator[WebChat]:
    """A web chat that listens, by default on any free port, with the files by their keys."""
    where = WebOptions(port=port, **options)  # type: ignore[arg-type]
    chat = WebChat(where, listener, files=reader_of(files), clock=clock)
    await chat.start()
    try:
        yield chat
    finally:
        await chat.close()


def reader_of(files: Mapping[str, bytes] = MappingProxyType({})) -> FileReader:
    """Read files out of a dictionary, as it is when they are asked for."""

    async def read(key: str, *, max_bytes: int | None = None) -> bytes | None:
        return files.get(key)

    return read


def port_of(chat: WebChat) -> int:
    """Where it listens, for the server that comes after it."""
    return int(chat.url.rstrip("/").rpartition(":")[2])


def note(text: str, *, suggestions: tuple[str, ...] = ()) -> Card:
    """An answer without a job."""
    return Card(job_id=None, state=CardState.NOTE, text=text, suggestions=suggestions)


def waiting(job_id: str = "job-1") -> Card:
    """A card in the queue."""
    return Card(
        job_id=job_id,
        state=CardState.WAITING,
        text="접수했어요. 앞에 2명이 있어요. 약 12초 뒤에 시작해요.",
        buttons=(CANCEL,),
    )


def drawing(
    step: int, *, num_steps: int = 20, preview: Image | None = None, job_id: str = "job-1"
) -> Card:
    """A card at one step."""
    return Card(
        job_id=job_id,
        state=CardState.DRAWING,
        text="그리고 있어요.",
        progress=ProgressBar(
            step=step,
            num_steps=num_steps,
            label=f"{step}/{num_steps} 단계 · 약 {(num_steps - step) // 4 + 1}초 남았어요",
        ),
        preview=preview,
        buttons=(CANCEL,),
    )


KEY = "pictures/job-1-1.png"
FILE_NAMES = ("파란 고양이.png", "파란 고양이-2.png", "파란 고양이-3.png")


def done(key: str = KEY, job_id: str = "job-1", *, others: tuple[str, ...] = ()) -> Card:
    """A card with its picture, or with several."""
    return Card(
        job_id=job_id,
        state=CardState.DONE,
        text="다 그렸어요!",
        notes=("모르는 낱말: 뿌뿌", "AI로 만든 그림이에요."),
        pictures=tuple(
            PictureFile(key=one, alt=ALT, file_name=name, width_px=512, height_px=512)
            for one, name in zip((key, *others), FILE_NAMES, strict=False)
        ),
        details_label="어떻게 이해했나요?",
        details=DETAILS,
        buttons=(AGAIN, VARY, EDIT),
        draft=DRAFT,
    )


def gallery(number: int, *, key: str = KEY) -> Card:
    """An answer with pictures of several requests; every third one is tall."""
    sizes = [(512, 768) if index % 3 == 2 else (512, 512) for index in range(number)]
    return Card(
        job_id=None,
        state=CardState.NOTE,
        text="최근에 그린 그림이에요.",
        pictures=tuple(
            PictureFile(
                key=key,
                alt=f"{ALT} {index + 1}",
                file_name=f"geuryeojwo-{index + 1}.png",
                width_px=width_px,
                height_px=height_px,
                caption=CAPTIONS[index % len(CAPTIONS)],
            )
            for index, (width_px, height_px) in enumerate(sizes)
        ),
    )


def several(number: int, *, key: str = KEY, job_id: str = "job-1") -> Card:
    """A finished card with several pictures, each of which has buttons of its own."""
    card, numbers = done(key, job_id), [str(index + 1) for index in range(number)]
    one = card.pictures[0]
    return replace(
        card,
        pictures=tuple(replace(one, file_name=f"geuryeojwo-{index}.png") for index in numbers),
        buttons=(
            AGAIN,
            *(Button(action=Action.VARY, label=f"{n}번 변형", value=n) for n in numbers),
            *(Button(action=Action.ENLARGE, label=f"{n}번 크게", value=n) for n in numbers),
            EDIT,
            Button(action=Action.INFO, label="정보"),
            DELETE,
        ),
        choice_label="어느 그림을 다듬을까요?",
    )


def past(card_id: str, card: Card, *, event_id: str, words: str = "") -> Past:
    """A card of an earlier server, below what it answered."""
    place = Place(platform="web", id="abc")  # the page knows its own
    return Past(
        message=MessageRef(place=place, id=card_id),
        card=card,
        event_id=f"{place.id}.{event_id}",
        words=words,
    )


CAPTIONS = (
    "3월 2일 오후 4:12 · 파란 고양이",
    "3월 1일 오전 9:05 · 노을 지는 바다 위를 나는 아주 커다란 고래와 작은 돛단배",
)


def data_file(text: str = "보관하고 있는 내용이에요.") -> Card:
    """An answer with a file to save, and a button that belongs to no job."""
    return Card(
        job_id=None,
        state=CardState.NOTE,
        text=text,
        files=(DataFile(key="exports/1.json", file_name="내 데이터.json", label="내려받기"),),
        buttons=(ERASE,),
    )


def ended(state: CardState, text: str, job_id: str = "job-1") -> Card:
    """A card without a picture that may be tried again."""
    return Card(job_id=job_id, state=state, text=text, buttons=(AGAIN,))


CANCEL = Button(action=Action.CANCEL, label="취소")
AGAIN = Button(action=Action.AGAIN, label="다시 그리기")
VARY = Button(action=Action.VARY, label="변형")
ERASE = Button(action=Action.ERASE, label="모두 지우기")
DELETE = Button(action=Action.DELETE, label="삭제")
EDIT = Button(action=Action.EDIT, label="고치기")
DRAFT = "노을 지는 하늘 아래 파란 고양이 그려줘 시드:7"
DETAILS = (
    DetailRow(label="원문", text="노을 지는 하늘 아래 파란 고양이 그려줘"),
    DetailRow(label="번역", text="a blue cat under a sunset sky"),
    DetailRow(label="중요한 낱말", words=(("blue cat", 1.46), ("sunset sky", 1.21), ("cat", 1.1))),
    DetailRow(label="prompt", text="a blue cat under a sunset sky, best quality"),
    DetailRow(label="prompt_2", text="blue cat, sunset sky, cat, highly detailed"),
)


def preview(size_px: int = 16, *, alt: str = "그리는 중인 그림") -> Image:
    """A small gradient, as a half-drawn picture looks."""
    return Image(
        data=png(size_px), media_type="image/png", alt=alt, width_px=size_px, height_px=size_px
    )


def png(size_px: int) -> bytes:
    """A PNG of a soft sunset."""
    ramp = PilImage.linear_gradient("L").resize((size_px, size_px))
    disc = PilImage.radial_gradient("L").resize((size_px, size_px))
    buffer = io.BytesIO()
    PilImage.merge(
        "RGB",
        (
            ramp.point(lambda v: 60 + v * 0.7),
            disc.point(lambda v: 200 - v * 0.5),
            ramp.point(lambda v: 190 - v * 0.4),
        ),
    ).save(buffer, "PNG")
    return buffer.getvalue()


class Tab:
    """A tab without a browser: reads events and sends frames."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Json]:
        """The next event."""
        event: dict[str, Json] = json.loads(await self.socket.receive_str(timeout=LIMIT_S))
        return event

    async def next_of(self, kind: str) -> dict[str, Json]:
        """The next event of a type; others are passed over."""
        while (event := await self.next())["type"] != kind:
            pass
        return event

    async def say(
        self, text: str, *, event_id: str = "0123456789abcdef", photo: str | None = None
    ) -> None:
        """Send a text, and name the photo that goes with it."""
        frame = {"type": "say", "id": event_id, "text": text}
        await self.socket.send_json(frame if photo is None else frame | {"photo": photo})

    async def press(self, action: str, job_id: str, *, event_id: str = "fedcba9876543210") -> None:
        """Send a press."""
        await self.socket.send_json(
            {"type": "press", "id": event_id, "action": action, "job_id": job_id}
        )


@asynccontextmanager
async def uploading(
    client: ClientSession, chat: WebChat, data: bytes | AsyncIterator[bytes], **headers: str
) -> AsyncIterator[ClientResponse]:
    """Send a photo as the page does, which has the session's cookie already."""
    manners = await manners_of(client, chat.url)
    async with client.post(chat.url + "photo", data=data, headers=manners | headers) as response:
        yield response


async def token_of(client: ClientSession, url: str) -> str:
    """Ask for the token that a session shows, as the page does; the client has the cookie already."""
    async with client.get(url + "token") as response:
        token: str = (await response.json())["token"]
        return token


async def manners_of(client: ClientSession, url: str) -> dict[str, str]:
    """Give the headers with which the page sends bytes."""
    return {
        "Origin": url.rstrip("/"),
        "X-CSRF-Token": await token_of(client, url),
        "Content-Type": "application/octet-stream",
    }


async def upload(client: ClientSession, chat: WebChat, data: bytes) -> str:
    """Send a photo that is taken; gives its id."""
    async with uploading(client, chat, data) as response:
        photo_id: str = (await response.json())["id"]
        return photo_id


@asynccontextmanager
async def tab_of(client: ClientSession, chat: WebChat) -> AsyncIterator[Tab]:
    """Connect a tab; the client holds the session's cookie, as a browser does."""
    async with tab_at(client, chat.url) as tab:
        yield tab


@asynccontextmanager
async def tab_at(client: ClientSession, url: str) -> AsyncIterator[Tab]:
    """Connect a tab to the web chat at an address, which ends with a slash."""
    await (await client.get(url)).release()
    protocols = ("geuryeojwo", await token_of(client, url))
    async with client.ws_connect(
        url + "socket", headers={"Origin": url.rstrip("/")}, protocols=protocols
    ) as socket:
        yield Tab(socket)
