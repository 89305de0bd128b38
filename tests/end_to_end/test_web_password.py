"""The program on an open address: it asks for a password before anything, and is not started without one."""

import json
import re
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from bot.__main__ import main
from tests.bot.adapters.web.script import manners_of, tab_at
from tests.program import noted, program

PASSWORD = "열려라 참깨야!"


@pytest.mark.fault(56)
def test_an_open_address_needs_a_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 2 and says where the password goes; nothing is made before."""
    config = tmp_path / "config.yaml"
    config.write_text(f"data_dir: {tmp_path / 'var'}\nweb: {{host: 0.0.0.0}}\n")

    assert 2 == main(["--config", str(config), "run"])
    assert "GEURYEOJWO_WEB__PASSWORD" in capsys.readouterr().err
    assert not (tmp_path / "var").exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.fault(56)
async def test_whoever_knows_the_password_draws(tmp_path: Path) -> None:
    """A stranger reaches the door and nothing behind it; the password is in no line of the log."""

    async def ready(limit_s: float) -> None:
        await noted(tmp_path, "웹 채팅을 열었어요")

    settings = {"WEB__HOST": "0.0.0.0", "WEB__PASSWORD": PASSWORD}
    async with program(tmp_path, ready, **settings):
        found = re.search(r"http://0\.0\.0\.0:(\d+)", await noted(tmp_path, "웹 채팅을 열었어요"))
        assert found is not None
        url = f"http://127.0.0.1:{found[1]}/"
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
            async with client.get(url) as door:
                assert 401 == door.status
            headers = await manners_of(client, url)
            async with client.post(url + "photo", data=b"", headers=headers) as refused:
                assert 401 == refused.status
            fields = json.dumps({"password": PASSWORD})
            headers |= {"Content-Type": "application/json"}
            async with client.post(url + "login", data=fields, headers=headers) as entered:
                assert 204 == entered.status
            async with tab_at(client, url) as tab:
                await tab.say("/도움말")
                while (item := await tab.next_of("item"))["kind"] != "card":
                    pass

    assert "그려줘" in str(item["text"])
    assert PASSWORD not in (tmp_path / "program.log").read_text()
