"""Progress in the store: the newest counts, and none outlives the job's end."""

from bot.store import Store
from tests.bot.store.samples import CANCELLED, accept, at_step

PREVIEW = b"\x89PNG preview"


async def test_the_newest_progress_is_given(store: Store, other: Store) -> None:
    """Of each job that was spoken of, and of no other."""
    await accept(store, "one", "two", "silent")
    await other.tell({"one": (at_step(1), None), "two": (at_step(5), None)})
    await other.tell({"one": (at_step(2), None)})

    told = await store.progress(["one", "two", "silent", "unknown"])

    assert {"one": at_step(2), "two": at_step(5)} == told
    assert {} == await store.progress([])


async def test_a_preview_stays_until_the_next(store: Store) -> None:
    """News without a preview keep the last one."""
    await accept(store, "one")
    seen = [await store.preview("one")]
    for step, preview in enumerate((None, PREVIEW, None, b"newer")):
        await store.tell({"one": (at_step(step), preview)})
        seen.append(await store.preview("one"))

    assert [None, None, PREVIEW, PREVIEW, b"newer"] == seen


async def test_no_news_survive_the_end(store: Store) -> None:
    """They go when a job is concluded, and what a worker still says is dropped."""
    await accept(store, "one")
    await store.tell({"one": (at_step(1), PREVIEW)})

    await store.conclude("one", CANCELLED)
    await store.tell({"one": (at_step(2), PREVIEW), "unknown": (at_step(1), None)})

    assert {} == await store.progress(["one", "unknown"])
    assert await store.preview("one") is None


async def test_nothing_may_be_told(store: Store) -> None:
    """Without news nothing happens."""
    await store.tell({})
