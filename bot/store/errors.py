"""What goes wrong with the database, whichever one it is. Facts only: no statement, no parameter.

StoreError
  StoreUnavailable   it can be tried again later
  StoreDamaged       a person must look at it
  StoreTooNew        a newer program must open it
  StorePlanted       a person must find out who wrote into it
  BackUpUnsupported  the database's own tool must do it
  StoreClosed        nobody may use the store any more
"""


class StoreError(Exception):
    """The store did not do what was asked; nothing of it was written."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, is locked by somebody else, or its disk is full."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason  # the database's own code: SQLITE_FULL, an SQLSTATE


class StoreDamaged(StoreError):
    """The database is not one, or its pages contradict each other."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StoreTooNew(StoreError):
    """A newer program has changed the tables in a way that this one does not know."""

    def __init__(self, *, revision: str) -> None:
        super().__init__(f"revision {revision} is not known")
        self.revision = revision


class StorePlanted(StoreError):
    """A row of the queues is in a form that we never write, and that would run code when it is read."""

    def __init__(self, *, table: str) -> None:
        super().__init__(table)
        self.table = table


class BackUpUnsupported(StoreError):
    """A database server is backed up with a tool of its own."""

    def __init__(self, *, tool: str) -> None:
        super().__init__(f"use {tool}")
        self.tool = tool


class StoreClosed(StoreError):
    """The store was closed before it was asked."""
