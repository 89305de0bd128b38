"""Finds the style a person asked for, takes its words off the text and knows its preset.

A style replaces the photographic words; the two are never added together. 사진 and 연필 can be things in the
scene too: such words are styles only with a marker (연필 느낌으로) or, for some, as the last noun (고래 사진).
Works on offsets of morphemes, so that 사진관 is not 사진.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.text.korean import Morpheme


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What a style adds to the prompts, and what it takes out of the default negative words."""

    name: str
    lead: str  # stands before the sentence in `prompt`
    words: str  # for `prompt_2`
    not_negative: frozenset[str] = frozenset()


PHOTOGRAPHIC = "photorealistic, sharp focus, natural light, high detail"
_DRAWN = frozenset({"cartoon", "anime"})
_NOT_3D = frozenset({"3d render"})

# name | Korean words | English words | lead | words for prompt_2 | what they take out of the negative ones.
# A Korean word alone always is its style. Before others stand signs for when they are: "~" with a marker or a
# particle (연필 느낌, 연필로), "!" with a marker only (낙서 스타일, not 낙서로 가득한 벽), "$" at the end of the text, too.
_TABLE: tuple[tuple[str, str, str, str, str, frozenset[str]], ...] = (
    ("monochrome", "흑백 사진|흑백사진|~흑백", "black and white (?:photo|photograph)", "a black and white photo of", "black and white photograph, film grain", frozenset()),
    ("photo", "~$사진|실사|~$포토", "(?:a )?photo(?:graph)? of|photo style|photorealistic", "a photo of", PHOTOGRAPHIC, frozenset()),
    ("watercolor", "수채화|수채", "(?:a )?watercolou?r(?: painting)?(?: of)?(?: style)?", "a watercolor painting of", "watercolor painting, soft washes, paper texture", frozenset()),
    ("oil", "유화", "(?:an )?oil painting(?: of)?(?: style)?", "an oil painting of", "oil painting, visible brush strokes, canvas texture", frozenset()),
    ("comic", "웹툰|만화체|카툰|~$만화|~코믹", "(?:comic|cartoon|webtoon)(?: book)? style|(?:a )?cartoon of", "a comic of", "comic book style, bold outlines, flat colors", _DRAWN),
    ("anime", "애니메이션|애니|재패니메이션", "anime(?: style)?", "anime style", "anime style, cel shading, clean lines", _DRAWN),
    ("ghibli", "지브리", "ghibli(?: style)?", "anime style", "hand-drawn animation style, painted background, soft light", _DRAWN),
    ("pencil", "연필 스케치|연필 소묘|연필화|스케치|소묘|~연필", "(?:a )?pencil (?:sketch|drawing)(?: of)?", "a pencil sketch of", "pencil sketch, graphite, paper texture", frozenset()),
    ("colored pencil", "색연필화|~색연필", "(?:a )?colou?red pencil (?:drawing|sketch|style)(?: of)?", "a colored pencil drawing of", "colored pencil drawing, fine hatching, paper texture", frozenset()),
    ("charcoal", "목탄화|~목탄", "charcoal (?:drawing|sketch)(?: of)?", "a charcoal drawing of", "charcoal drawing, smudged shading, paper texture", frozenset()),
    ("crayon", "크레파스화|~크레파스|~크레용", "crayon drawing(?: of)?", "a crayon drawing of", "crayon drawing, waxy strokes, paper texture", _DRAWN),
    ("pastel", "파스텔화|오일 파스텔|오일파스텔|~파스텔", "(?:soft |oil )?pastel (?:drawing|painting)(?: of)?", "a pastel drawing of", "soft pastel drawing, powdery strokes, paper texture", frozenset()),
    ("doodle", "손그림|낙서체|!낙서", "doodle (?:of|style)", "a doodle of", "hand-drawn doodle, simple wobbly lines", _DRAWN),
    ("picture book", "~동화책|~그림책|~동화", "(?:children's )?picture book(?: style| illustration)?", "an illustration of", "children's picture book illustration, soft colors", frozenset({"cartoon"})),
    ("illustration", "일러스트레이션|일러스트|삽화", "(?:an )?illustration(?: of)?(?: style)?", "an illustration of", "digital illustration, clean lines, soft shading", _DRAWN),
    ("pixel", "픽셀 아트|픽셀아트|도트 그림|도트그림|도트 아트|~$픽셀|~$도트", "pixel art(?: of)?(?: style)?", "pixel art of", "pixel art, limited palette", frozenset({"lowres", "cartoon"})),
    ("3d", "3D 렌더링|3D 렌더|3D 애니메이션|3D 애니|3D|3d|렌더링", "3d (?:render|rendering|model)(?: of)?(?: style)?", "a 3d render of", "3d render, soft studio light", _NOT_3D),
    ("ink", "수묵화|동양화|수묵|한국화", "ink wash painting(?: of)?", "an ink wash painting of", "Korean ink wash painting, brush strokes, empty space", frozenset()),
    ("minhwa", "민화", "(?:korean )?(?:folk painting|minhwa)(?: of)?(?: style)?", "a Korean minhwa folk painting of", "Korean minhwa folk painting, bold outlines, vivid colors", frozenset({"cartoon"})),
    ("woodcut", "목판화|판화|리노컷", "(?:woodcut|woodblock print|linocut)(?: print)?(?: of)?(?: style)?", "a woodcut print of", "woodcut print, carved lines, flat inks", frozenset({"cartoon"})),
    ("minimal", "라인 드로잉|라인드로잉|선화|미니멀리즘|~미니멀", "minimal(?:ist)? line (?:drawing|art)(?: of)?", "a minimal line drawing of", "minimal line drawing, white background", frozenset({"cartoon"})),
    ("clay", "클레이아트|클레이|점토", "clay(?: figure| style|mation)", "a clay figure of", "clay figure, miniature scene", _NOT_3D),
    ("embroidery", "십자수|~스티치|!$자수", "(?:an )?embroidery of|(?:embroidery|cross-stitch) style", "an embroidery of", "embroidery, colored thread stitches, linen fabric", frozenset()),
    ("origami", "~$종이접기|~오리가미", "origami (?:of|style)", "an origami of", "origami, folded paper, crisp creases", frozenset()),
    ("paper art", "페이퍼 아트|페이퍼아트|페이퍼 컷|종이 공예|종이공예", "paper (?:art|craft|cut)(?: of)?(?: style)?", "paper art of", "paper cut art, layered paper, soft shadows", frozenset()),
    ("stained glass", "!$스테인드글라스|!$스테인드 글라스", "stained glass (?:of|style|art)(?: of)?", "stained glass art of", "stained glass art, lead lines, glowing colors", frozenset()),
    ("neon", "네온 아트|네온아트|!네온", "neon (?:art|style)(?: of)?", "neon art of", "neon art, glowing lines, dark background", frozenset()),
    ("cyberpunk", "!사이버펑크", "cyberpunk style", "a cyberpunk picture of", "cyberpunk style, neon glow, dark rainy mood", frozenset()),
    ("pop art", "팝 아트|팝아트", "pop art(?: of)?(?: style)?", "pop art of", "pop art, bold colors, halftone dots", frozenset({"cartoon"})),
    ("logo", "로고 디자인|~$로고", "logo (?:of|design|style)(?: of)?", "a flat logo of", "flat vector logo, simple shapes, plain background", frozenset({"cartoon"})),
    ("vector", "플랫 디자인|플랫 일러스트|벡터 일러스트|벡터|~플랫", "(?:flat )?vector (?:art|illustration)(?: of)?", "a vector illustration of", "flat vector illustration, simple shapes", frozenset({"cartoon"})),
)  # fmt: skip

STYLES = {
    name: Style(name=name, lead=lead, words=words, not_negative=out)
    for name, _, _, lead, words, out in _TABLE
}
STYLE_NAMES = tuple(korean.split("|")[0].lstrip("~!$") for _, korean, *_ in _TABLE)
"""One Korean name of each style, as people know it; "… 느낌으로" behind it is always that style."""
DRAWN_STYLES = frozenset({
    "watercolor", "oil", "comic", "anime", "ghibli", "pencil", "colored pencil", "charcoal", "crayon",
    "pastel", "doodle", "picture book", "illustration", "pixel", "ink", "minhwa", "woodcut", "minimal",
    "pop art", "logo", "vector",
})  # fmt: skip
"""The styles whose pictures nobody takes for photos, as those of clay or of paper may be."""
_MARKER = r"(?:\s?(?:스타일|느낌|풍|체|화풍|감성|버전|톤|분위기|기법|아트|그림|화|작품|사진))?(?:\s?(?:스타일|느낌|풍))?"
_JOSA = r"(?:(?:으로|로)(?:\s?(?:그린|그려진|된|만든|만들어진|표현한))?|\s?속의?|의|처럼|같은|같이|\s같은)?"
_SIGNS = {
    word.lstrip("~!$"): frozenset(word) & frozenset("~!$")
    for _, korean, *_ in _TABLE
    for word in korean.split("|")
}
_KOREAN = re.compile("|".join(
    f"(?P<k{i}>{re.sub('[~!$]', '', korean)})(?P<m{i}>{_MARKER}){_JOSA}"
    for i, (_, korean, *_) in enumerate(_TABLE)
))  # fmt: skip
_LATIN = re.compile(
    "|".join(
        rf"(?P<e{i}>(?<![A-Za-z0-9]){english}(?![A-Za-z0-9])(?:으로|로)?)"
        for i, (_, _, english, *_) in enumerate(_TABLE)
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Styled:
    """The text without its style words, the style, and styles named before it."""

    text: str
    style: Style | None = None
    earlier: tuple[Style, ...] = ()


def take_style(text: str, morphemes: Sequence[Morpheme]) -> Styled:
    """Take style words off a text; of several styles the last one wins."""
    found = sorted([*_korean_matches(text, morphemes), *_english_matches(text)], key=lambda m: m[1])
    rest, end = "", 0
    for _, start, stop in found:
        rest += text[end:start]
        end = max(end, stop)
    rest = re.sub(r"^[\s,]+|(?<=,)[\s,]*,|\s+(?=[\s,])|[\s,]+$", "", rest + text[end:])
    styles = tuple(STYLES[name] for name, _, _ in found)
    if not styles:
        return Styled(text=text)
    earlier = tuple(style for style in dict.fromkeys(styles[:-1]) if style != styles[-1])
    return Styled(text=rest, style=styles[-1], earlier=earlier)


def _korean_matches(text: str, morphemes: Sequence[Morpheme]) -> list[tuple[str, int, int]]:
    """Find Korean style words that begin and end where morphemes do."""
    starts, ends = {m.start for m in morphemes}, {m.end for m in morphemes}
    particles = {m.start for m in morphemes if m.tag.startswith("J") or m.tag in {"XSV", "XSA"}}
    found: list[tuple[str, int, int]] = []
    for match in _KOREAN.finditer(text):
        index = next(i for i in range(len(_TABLE)) if match[f"k{i}"])
        word, start = match[f"k{index}"], match.start()
        # "유화 풍경" is no "유화 풍": without its marker the word may still end where a morpheme does.
        end = match.end() if match.end() in ends else match.end(f"k{index}")
        fits = start in starts and end in ends and end not in particles
        if fits and _is_meant(text, start, end, word=word, marker=match[f"m{index}"]):
            found.append((_TABLE[index][0], start, end))
    return found


def _is_meant(text: str, start: int, end: int, *, word: str, marker: str) -> bool:
    """Tell a style from a thing in the scene, by the signs of its word."""
    signs, is_whole = _SIGNS[word], end > start + len(word)
    if word == "파스텔" and marker.strip() == "톤":
        return False  # a colour
    if not signs or ("$" in signs and start > 0 and not text[end:].strip(" .,!~")):
        return True
    return is_whole and (bool(marker) or "~" in signs)


def _english_matches(text: str) -> list[tuple[str, int, int]]:
    """Find English style words."""
    return [
        (_TABLE[int((match.lastgroup or "e0")[1:])][0], match.start(), match.end())
        for match in _LATIN.finditer(text)
    ]
