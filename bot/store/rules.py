"""The rules of places, by the places' keyed names; they are kept until somebody changes them."""

from sqlalchemy import Connection, select

from bot.rules import PlaceRules
from bot.store.part import Part, insert
from bot.store.tables import places


class Rules(Part):
    """What holds where."""

    async def rules_of(self, place_name: str) -> PlaceRules | None:
        """Give the rules of a place; None where nobody made any."""
        rows = await self._rows(select(places.c.rules).where(places.c.place == place_name))
        return self._open(PlaceRules, rows[0].rules) if rows else None

    async def keep_rules(self, place_name: str, rules: PlaceRules) -> None:
        """Replace the rules of a place."""
        row = {"place": place_name, "rules": self._seal(rules)}

        def work(connection: Connection) -> None:
            new = insert(connection, places).values(row)
            connection.execute(new.on_conflict_do_update(index_elements=["place"], set_=row))

        await self._database.write(work)
