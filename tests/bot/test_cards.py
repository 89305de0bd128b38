"""What a card says at each stage of a job."""

from dataclasses import replace

import pytest

from bot import cards, error_texts, texts
from bot.adapters.port import Action, Card, CardState, Person, Place
from bot.command import DrawCommand
from bot.fairness import Standing
from bot.job import Ending, FailureRecord, Job, Outcome, Phase, Progress, PutAside, Record
from bot.rules import Language, Manner
from pipeline import RenderPhase, Verdict
from tests.bot.store.samples import drawn
from tests.doubles import preparation

RECORD = Record(
    job=Job(
        id="0123456789abcdef0123",
        person=Person(platform="test", id="p"),
        place=Place(platform="test", id="here"),
        event_id="e",
        command=DrawCommand(text="고래 그려줘"),
        seed=7,
    ),
    phase=Phase.QUEUED,
    accepted_s=0.0,
    preparation=preparation("고래 그려줘"),
)
NEWS = Progress(phase=RenderPhase.DRAWING, place=0, step=3, num_steps=8, eta_s=9.0)


def ended(outcome: Outcome, **changes: object) -> Card:
    """The card of a job that ended so."""
    record = replace(RECORD, outcome=outcome, phase=Phase.CONCLUDED, **changes)  # type: ignore[arg-type]
    return cards.ending(record, ())


def actions(card: Card) -> list[Action]:
    """What can be pressed on a card."""
    return [button.action for button in card.buttons]


@pytest.mark.parametrize("is_resumed", [False, True])
def test_what_is_under_way_can_be_cancelled(is_resumed: bool) -> None:
    """Before its ending every card has that button, and says whether the bot came back."""
    accepted = cards.accepted("job", is_ready=True, is_resumed=is_resumed)
    waiting = cards.waiting(RECORD, (), None, is_resumed=is_resumed)
    drawing = cards.drawing(waiting, NEWS, None)

    for card in (accepted, waiting, drawing):
        assert [Action.CANCEL] == actions(card)
        assert is_resumed == (texts.RESUMED in card.notes)


def test_a_wait_names_place_and_time() -> None:
    """What the order says is said on the card; where nobody knows, nothing is promised."""
    known = cards.waiting(RECORD, (), Standing(place=3, eta_s=40.0), is_resumed=False)
    unknown = cards.waiting(RECORD, (), None, is_resumed=False)

    assert texts.waiting(3, 40.0) == known.text
    assert texts.waiting(0, None) == unknown.text


def test_what_was_understood_is_shown_from_the_wait_on() -> None:
    """Details and remarks on the words stay the same while the picture is drawn and afterwards."""
    waiting = cards.waiting(RECORD, ("kraken",), None, is_resumed=False)
    drawing = cards.drawing(waiting, NEWS, None)
    done = ended(drawn("job"))

    assert waiting.details
    assert waiting.details == drawing.details == done.details[:-1]
    assert waiting.notes == drawing.notes


@pytest.mark.parametrize(
    ("phase", "state", "text"),
    [
        (RenderPhase.WAITING, CardState.WAITING, texts.waiting(0, 9.0)),
        (RenderPhase.DRAWING, CardState.DRAWING, texts.drawing(9.0)),
        (RenderPhase.DECODING, CardState.DRAWING, texts.DECODING),
    ],
)
def test_news_of_a_worker_become_state_and_sentence(
    phase: RenderPhase, state: CardState, text: str
) -> None:
    """A job that waits at its worker looks like one that waits; decoding has no time of its own."""
    waiting = cards.waiting(RECORD, (), None, is_resumed=False)
    card = cards.drawing(waiting, replace(NEWS, phase=phase), None)

    assert (state, text) == (card.state, card.text)
    assert (phase is RenderPhase.WAITING) == (card.progress is None)


def test_a_finished_picture_has_names_for_every_reader() -> None:
    """An alternative text, a file name in ASCII, and the mark that AI made it."""
    card = ended(drawn("job"))

    assert CardState.DONE is card.state
    assert texts.MADE_BY_AI in card.notes
    assert ["geuryeojwo-01234567.png"] == [picture.file_name for picture in card.pictures]
    assert texts.alt("고래") == card.pictures[0].alt


def test_missing_pictures_are_counted() -> None:
    """Fewer pictures than were asked for are not passed over."""
    assert texts.missing_pictures(2) in ended(drawn("job", num_missing=2)).notes


@pytest.mark.parametrize("can_enlarge", [False, True])
def test_only_what_can_be_enlarged_offers_it(can_enlarge: bool) -> None:
    """The worker knows what its model draws, and the card follows it."""
    card = ended(replace(drawn("job"), can_enlarge=can_enlarge))

    assert can_enlarge == (Action.ENLARGE in actions(card))


def test_a_picture_for_adults_does_not_offer_to_be_enlarged() -> None:
    """Over a picture nothing is drawn for adults: whoever pressed would be refused, and struck."""
    job = replace(RECORD.job, manner=Manner(is_adult=True))
    card = ended(replace(drawn("job"), can_enlarge=True), job=job)

    assert Action.AGAIN in actions(card)
    assert Action.ENLARGE not in actions(card)


@pytest.mark.parametrize(
    ("outcome", "state", "text"),
    [
        (Outcome(ending=Ending.CANCELLED), CardState.CANCELLED, texts.CANCELLED),
        (
            Outcome(ending=Ending.FAILED, failure=FailureRecord(kind="PutAside")),
            CardState.FAILED,
            error_texts.of_error(PutAside(), job_id=RECORD.job.id),
        ),
    ],
    ids=["cancelled", "put aside"],
)
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "not read yet"])
def test_an_end_without_a_picture_says_why_and_what_next(
    outcome: Outcome, state: CardState, text: str, is_read: bool
) -> None:
    """One sentence and the button to try again, also where the text was never read."""
    card = ended(outcome) if is_read else ended(outcome, preparation=None)

    assert (state, text) == (card.state, card.text)
    assert [Action.AGAIN] == actions(card)
    assert is_read == bool(card.details)


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.OK])
def test_a_question_can_be_put_right(verdict: Verdict) -> None:
    """It gives back what was written, to be changed; examples show how to ask."""
    card = ended(Outcome(ending=Ending.QUESTION), preparation=preparation("뷁", verdict=verdict))

    assert (CardState.NOTE, RECORD.job.id) == (card.state, card.job_id)
    assert ([Action.EDIT], "고래 그려줘") == (actions(card), card.draft)
    assert texts.refusal(verdict, ()) == card.text
    assert card.suggestions


def test_where_nothing_was_written_nothing_is_put_right() -> None:
    """The answer to an empty request is a question and no more."""
    empty = replace(RECORD.job, command=DrawCommand(text=""))
    card = ended(
        Outcome(ending=Ending.QUESTION),
        preparation=preparation("", verdict=Verdict.EMPTY),
        job=empty,
    )

    assert ((), None, "") == (card.buttons, card.job_id, card.draft)


def test_several_pictures_have_a_choice_of_buttons() -> None:
    """Each is varied or enlarged by its number, and the card asks which."""
    one = replace(drawn("job"), can_enlarge=True)
    card = ended(replace(one, pictures=one.pictures * 3))
    chosen = [
        (button.action, button.value, button.label) for button in card.buttons if button.value
    ]

    assert [
        (Action.VARY, "1", "1번 변형"),
        (Action.VARY, "2", "2번 변형"),
        (Action.VARY, "3", "3번 변형"),
        (Action.ENLARGE, "1", "1번 크게"),
        (Action.ENLARGE, "2", "2번 크게"),
        (Action.ENLARGE, "3", "3번 크게"),
    ] == chosen
    assert texts.WHICH_PICTURE == card.choice_label
    assert "" == ended(one).choice_label


@pytest.mark.parametrize("home", ["", "server"])
def test_pictures_are_reported_where_somebody_looks_after_the_place(home: str) -> None:
    """In a conversation of two there is nobody to report to."""
    place = replace(RECORD.job.place, home=home)
    card = ended(drawn("job"), job=replace(RECORD.job, place=place))

    assert bool(home) == (Action.REPORT in actions(card))
    assert Action.DELETE in actions(card)


def test_what_was_taken_away_is_a_note_without_anything() -> None:
    """Neither words nor pictures nor buttons are left on its card."""
    card = ended(Outcome(ending=Ending.REMOVED))

    assert cards.removed() == card
    assert (texts.REMOVED, (), (), ()) == (card.text, card.pictures, card.buttons, card.details)


def test_the_details_are_told_to_one_person() -> None:
    """They are those that the finished card has, for the eyes of whoever asked."""
    record = replace(RECORD, outcome=drawn("job"), phase=Phase.CONCLUDED)
    card = cards.info(record)

    assert card.is_private
    assert ended(drawn("job")).details == card.details
    assert () == card.buttons


def test_a_mistyped_text_is_offered_as_it_may_have_been_meant() -> None:
    """The suggestion is one press away."""
    mistyped = replace(preparation("rhfo", verdict=Verdict.UNTRANSLATABLE), suggestion="고래")
    card = ended(Outcome(ending=Ending.QUESTION), preparation=mistyped)

    assert (texts.MISTYPED, ("고래",)) == (card.text, card.suggestions)


def test_a_doubtful_answer_can_be_fetched() -> None:
    """The note has the button, and names the job for it."""
    card = cards.unclear("job")

    assert ("job", texts.UNCLEAR) == (card.job_id, card.text)
    assert [Action.FETCH] == actions(card)


def in_manner(manner: Manner) -> Record:
    """A drawn job of a place with rules."""
    job = replace(RECORD.job, manner=manner)
    return replace(RECORD, job=job, phase=Phase.CONCLUDED, outcome=drawn("job"))


@pytest.mark.parametrize("is_adult", [False, True])
@pytest.mark.parametrize("is_spoiler", [False, True])
def test_pictures_are_hidden_as_their_place_wants(is_spoiler: bool, is_adult: bool) -> None:
    """A card for adults says so from the wait on, so that no platform shows it to everybody."""
    record = in_manner(Manner(is_spoiler=is_spoiler, is_adult=is_adult))
    waiting = cards.waiting(record, (), None, is_resumed=False)
    done = cards.ending(record, ())

    assert [is_spoiler] == [picture.is_spoiler for picture in done.pictures]
    assert is_adult == waiting.is_adult == done.is_adult


@pytest.mark.parametrize(
    ("language", "shown", "left_out"),
    [
        (Language.BOTH, {texts.ROW_TEXT, texts.ROW_ENGLISH}, set[str]()),
        (Language.KOREAN, {texts.ROW_TEXT}, {texts.ROW_ENGLISH, texts.ROW_PROMPT}),
        (Language.ENGLISH, {texts.ROW_ENGLISH, texts.ROW_PROMPT}, {texts.ROW_TEXT}),
    ],
)
def test_details_are_told_in_the_language_of_the_place(
    language: Language, shown: set[str], left_out: set[str]
) -> None:
    """What the picture was drawn with is told in any."""
    record = in_manner(Manner(language=language))

    for card in (cards.ending(record, ()), cards.info(record)):
        labels = {row.label for row in card.details}
        assert shown | {texts.ROW_SETTINGS} <= labels
        assert not left_out & labels
