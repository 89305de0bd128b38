"""What a bot asked, and which rules it broke by it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_INVALID = frozenset({401, 403, 429})


@dataclass(slots=True, kw_only=True, eq=False)
class Request:
    """One request, from its arrival to its answer."""

    at_s: float  # monotonic
    method: str
    path: str  # after /api/v10, without the query
    query: dict[str, str] = field(default_factory=dict)
    payload: Any = None  # JSON
    files: tuple[str, ...] = ()
    fault: str | None = None
    is_early: bool = False  # sent during a Retry-After
    status: int | None = None  # None: it was not answered
    code: int | None = None  # of a refusal
    answer: Any = None
    duration_ms: float | None = None
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Log:
    """All requests in the order in which they arrived, and everything that was wrong with them."""

    max_invalid: int = 25  # answers 401, 403 and 429 in all, before it is a storm
    max_same_refusals: int = 3  # of one method, address and code
    edit_interval_s: float = 2.0  # least time between two edits of one message
    edit_tolerance_s: float = 0.25  # for what the way to here adds
    requests: list[Request] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    num_invalid: int = 0
    _refusals: Counter[tuple[str, str, int | None]] = field(default_factory=Counter)
    _edits: dict[int, Request] = field(default_factory=dict)  # the latest one of each message

    def of(self, method: str, end: str = "") -> list[Request]:
        """Give the requests with a method whose path ends so."""
        return [one for one in self.requests if one.method == method and one.path.endswith(end)]

    def add_problem(self, text: str, request: Request | None = None) -> None:
        """Note a broken rule."""
        if request is not None:
            request.problems.append(text)
            text = f"{request.method} {request.path}: {text}"
        self.problems.append(text)

    def note_edit(self, message_id: int, request: Request) -> None:
        """Judge the time since the edit before; a repeat after a fault is no second edit."""
        before = self._edits.get(message_id)
        self._edits[message_id] = request
        if before is None or before.fault is not None:
            return
        gap_s = request.at_s - before.at_s
        if gap_s < self.edit_interval_s - self.edit_tolerance_s:
            self.add_problem(f"edited again after {gap_s:.2f} s", request)

    def note_end(self, request: Request, status: int | None) -> None:
        """Judge the answers that a bot got; those that a fault gave count as they would outside."""
        request.status = status
        is_shared = request.fault == "shared"
        if status in _INVALID and not is_shared:
            self.num_invalid += 1
            if self.num_invalid == self.max_invalid + 1:
                self.add_problem(f"more than {self.max_invalid} invalid requests")
        if status is not None and 400 <= status < 500 and request.fault is None:
            same = (request.method, request.path, request.code)
            self._refusals[same] += 1
            if self._refusals[same] == self.max_same_refusals + 1:
                self.add_problem(f"refused again and again ({request.code})", request)
