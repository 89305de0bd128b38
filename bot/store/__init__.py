"""The public face of the store."""

from bot.store.acceptance import Candidate
from bot.store.connection import holds_nothing, prepare_file, scrub_file
from bot.store.errors import (
    BackUpUnsupported,
    StoreClosed,
    StoreDamaged,
    StoreError,
    StoreTooNew,
    StoreUnavailable,
)
from bot.store.links import MAX_ACCOUNTS
from bot.store.store import Store
from bot.store.values import Delivery, DeliveryState, Joining, Live, Worker

__all__ = [
    "MAX_ACCOUNTS",
    "BackUpUnsupported",
    "Candidate",
    "Delivery",
    "DeliveryState",
    "Joining",
    "Live",
    "Store",
    "StoreClosed",
    "StoreDamaged",
    "StoreError",
    "StoreTooNew",
    "StoreUnavailable",
    "Worker",
    "holds_nothing",
    "prepare_file",
    "scrub_file",
]
