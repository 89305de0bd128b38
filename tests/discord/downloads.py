"""Files of the local Discord by addresses that expire, and what goes wrong while they come."""

from aiohttp import web

from tests.discord.faults import Faults, Kind
from tests.discord.payloads import Links
from tests.discord.wire import half_of, html_page
from tests.discord.world import World
from tests.servers.serving import tear_down


class Downloads:
    """Gives the bytes of attachments."""

    def __init__(self, world: World, links: Links, faults: Faults) -> None:
        self._world, self._links, self._faults = world, links, faults
        self.num = 0  # how many were asked for

    def mount(self, app: web.Application) -> None:
        """Add the addresses to an application."""
        for folder in ("attachments", "ephemeral-attachments"):
            app.router.add_get(f"/{folder}/{{channel}}/{{id}}/{{name}}", self._download)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        self.num += 1
        rule = self._faults.take("GET", request.path)
        self._world.changed()
        if rule is None:
            return self._file(request)
        if not rule.fault.is_done:
            if rule.fault.kind is Kind.CUT_BEFORE:
                tear_down(request)
            return html_page(rule.fault.status)
        if rule.fault.kind in (Kind.HOLD_BEFORE, Kind.HOLD_AFTER):
            await rule.hold()
            return self._file(request)
        return await half_of(self._file(request), request)

    def _file(self, request: web.Request) -> web.Response:
        file = self._world.uploads.get(int(request.match_info["id"]))
        if file is None or not self._links.is_good(request.path, request.query):
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=file.data, content_type=file.content_type)
