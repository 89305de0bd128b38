"""`python -m tests.servers`: all stand-ins at once, until standard input ends.

The first line of standard output is one JSON object: the settings that lead to them, by the names of
their environment variables.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack

from tests.servers.deepl import DeepLServer
from tests.servers.korean_english import translate
from tests.servers.kt import KtServer
from tests.servers.openai import OpenAiServer
from tests.servers.papago import PapagoServer


async def serve() -> None:
    """Start them, say where they are, and wait."""
    await asyncio.to_thread(translate, "고래")  # so that the first call does not wait for the lists
    async with AsyncExitStack() as stack:
        papago = await stack.enter_async_context(PapagoServer())
        deepl = await stack.enter_async_context(DeepLServer())
        openai = await stack.enter_async_context(OpenAiServer())
        kt = await stack.enter_async_context(KtServer())
        values = {
            "PAPAGO__ENDPOINT": papago.endpoint,
            "PAPAGO__CLIENT_ID": "demo-id",
            "PAPAGO__CLIENT_SECRET": "demo-secret",
            "DEEPL__ENDPOINT": deepl.endpoint,
            "DEEPL__AUTH_KEY": "demo-key:fx",
            "OPENAI__BASE_URL": openai.base_url,
            "OPENAI__API_KEY": "demo-key",
            "OPENAI__MODEL": "demo-model",
            "SAFETY__SECOND_OPINION": "moderation",
            "SAFETY__OPINION_BASE_URL": openai.base_url,
            "SAFETY__OPINION_API_KEY": "demo-key",
            "KT__ENDPOINT": kt.endpoint,
            "KT__CLIENT_ID": "demo-id",
            "KT__CLIENT_SECRET": "demo-secret",
            "KT__CLIENT_KEY": "demo-key",
        }
        print(
            json.dumps({f"GEURYEOJWO_{name}": value for name, value in values.items()}), flush=True
        )
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
