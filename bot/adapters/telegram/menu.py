"""What people see of the bot before they write: its menu of commands and its descriptions.

Sent only where Telegram shows something else. Names are Latin, because Telegram takes no others; the
sentences are read in Telegram's own menu and go nowhere else, which is why they stand here.
"""

import structlog
from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.adapters.telegram.words import Words

log = structlog.get_logger()

COMMANDS = (
    BotCommand("draw", "적은 대로 그림을 그려요: /draw 바다 위의 고래"),
    BotCommand("mypictures", "지금까지 그린 그림을 보여 드려요"),
    BotCommand("queue", "얼마나 기다려야 하는지 알려 드려요"),
    BotCommand("status", "봇이 어떤지 알려 드려요"),
    BotCommand("settings", "그룹에서 그리는 방법을 정해요(관리자)"),
    BotCommand("help", "쓰는 법을 알려 드려요"),
    BotCommand("privacy", "무엇을 얼마나 보관하는지 알려 드려요"),
    BotCommand("mydata", "봇이 갖고 있는 것을 모두 드려요"),
    BotCommand("erase", "봇이 갖고 있는 것을 모두 지워요"),
    BotCommand("appeal", "잘못 막힌 것 같을 때 운영자에게 알려요"),
    BotCommand("link", "디스코드 계정과 이어서 함께 써요"),
)


async def sync(bot: Bot, words: Words) -> bool:
    """Bring the menu and the descriptions up to date; whether the menu was another. Raises TelegramError."""
    is_other = tuple(await bot.get_my_commands()) != COMMANDS
    if is_other:
        await bot.set_my_commands(COMMANDS)
        log.info("commands registered", num=len(COMMANDS))
    if (await bot.get_my_description()).description != words.description:
        await bot.set_my_description(words.description)
    if (await bot.get_my_short_description()).short_description != words.short_description:
        await bot.set_my_short_description(words.short_description)
    return is_other


async def sync_if_possible(bot: Bot, words: Words) -> None:
    """Do the same where nothing depends on it: the old menu goes on."""
    try:
        await sync(bot, words)
    except TelegramError as error:
        log.warning("menu not registered", kind=type(error).__name__)
