"""The rules of places in the store: one set for each, sealed, the newest counts."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.rules import Adults, Language, PlaceRules, Spoilers
from bot.sealing import Sealer
from bot.store import Store
from tests.bot.store.samples import HALL

RULES = PlaceRules(
    allowed=("100", "101"),
    defaults={"화풍": "수채화", "비율": "16:9"},
    glossary={"모모": "a white cat"},
    daily_by_role={"discord:9": 10},
    language=Language.KOREAN,
    adults=Adults.RESTRICTED,
    spoilers=Spoilers.ALL,
    report_channel="102",
)


async def test_rules_are_what_they_were(store: Store, other: Store) -> None:
    """Every field comes back, in another process too."""
    name = store.place_name(HALL)
    await store.keep_rules(name, RULES)

    assert RULES == await other.rules_of(name)
    assert await other.rules_of("0" * 32) is None


async def test_the_newest_rules_replace_the_others(store: Store) -> None:
    """Of that place, and of no other."""
    await store.keep_rules("a" * 32, RULES)
    await store.keep_rules("b" * 32, RULES)

    await store.keep_rules("a" * 32, PlaceRules(forbidden=("7",)))

    assert PlaceRules(forbidden=("7",)) == await store.rules_of("a" * 32)
    assert RULES == await store.rules_of("b" * 32)


async def test_nobody_reads_rules_in_the_file(sqlite_file: Path, sealer: Sealer) -> None:
    """Neither what they say nor whose they are stands there in the clear."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer)
    await store.keep_rules(store.place_name(HALL), RULES)
    await store.close()

    with closing(sqlite3.connect(sqlite_file)) as connection:
        ((place, rules),) = connection.execute("SELECT place, rules FROM places").fetchall()
    assert HALL.id not in place
    assert b"white cat" not in rules
