"""How a picture or a file leaves for the browser. Knows no session."""

from urllib.parse import quote

from aiohttp import web

from bot.adapters.port import DataFile, PictureFile


def response_of(file: PictureFile | DataFile, data: bytes) -> web.Response:
    """A picture is shown and kept by the browser for a day; a file is saved, and not kept."""
    name = f"filename*=UTF-8''{quote(file.file_name, safe='')}"
    if isinstance(file, PictureFile):
        return web.Response(
            body=data,
            headers={
                "Cache-Control": "private, max-age=86400, immutable",
                "Content-Disposition": f"inline; {name}",
                "Content-Type": "image/png",
            },
        )
    return web.Response(
        body=data,
        headers={
            "Cache-Control": "no-store",  # it tells of a person
            "Content-Disposition": f"attachment; {name}",
            "Content-Type": "application/octet-stream",
        },
    )
