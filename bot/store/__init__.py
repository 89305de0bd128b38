"""The public face of the store."""

from bot.store.acceptance import Candidate
from bot.store.audit import Audited, Deed
from bot.store.connection import Overwriting, holds_nothing, prepare_file, scrub_file
from bot.store.errors import (
    BackUpUnsupported,
    StoreClosed,
    StoreDamaged,
    StoreError,
    StorePlanted,
    StoreTooNew,
    StoreUnavailable,
)
from bot.store.links import MAX_ACCOUNTS
from bot.store.planted import refuse_planted
from bot.store.reports import Report, ReportState
from bot.store.store import Store
from bot.store.strikes import Sanctioned, Struck
from bot.store.values import Delivery, DeliveryState, Joining, Live, Worker

__all__ = [
    "MAX_ACCOUNTS",
    "Audited",
    "BackUpUnsupported",
    "Candidate",
    "Deed",
    "Delivery",
    "DeliveryState",
    "Joining",
    "Live",
    "Overwriting",
    "Report",
    "ReportState",
    "Sanctioned",
    "Store",
    "StoreClosed",
    "StoreDamaged",
    "StoreError",
    "StorePlanted",
    "StoreTooNew",
    "StoreUnavailable",
    "Struck",
    "Worker",
    "holds_nothing",
    "prepare_file",
    "refuse_planted",
    "scrub_file",
]
