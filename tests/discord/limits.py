"""How many requests are taken, and who asked although it was told to wait."""

import math
import time
from dataclasses import dataclass, field

_GLOBAL_PER_S = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much one kind of bucket takes."""

    num: int
    window_s: float


ALLOWANCES = {
    "webhook": Allowance(num=5, window_s=2.0),
    "callback": Allowance(num=5, window_s=2.0),
    "create": Allowance(num=5, window_s=5.0),
    "edit": Allowance(num=5, window_s=5.0),
    "delete": Allowance(num=5, window_s=1.0),
    "read": Allowance(num=50, window_s=1.0),
    "commands": Allowance(num=20, window_s=20.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a request gets: the headers of its bucket, and how long to wait when it is too much."""

    headers: dict[str, str]
    retry_after_s: float | None = None
    scope: str = "user"  # or "shared", "global", "banned"
    is_early: bool = False  # it came although it had been told to wait


@dataclass(slots=True, kw_only=True)
class _Window:
    began_s: float = -math.inf
    num: int = 0


@dataclass(slots=True, kw_only=True)
class _Closure:
    told_s: float
    until_s: float
    scope: str


@dataclass(slots=True)
class Limits:
    """Fixed windows per bucket; a closed bucket says for how long, and remembers who does not listen."""

    allowances: dict[str, Allowance] = field(default_factory=lambda: dict(ALLOWANCES))
    grace_s: float = 0.25  # a request that was on its way when the bucket closed
    _windows: dict[str, _Window] = field(default_factory=dict)
    _closures: dict[str, _Closure] = field(default_factory=dict)

    def take(self, kind: str, owner: str, *, is_global: bool) -> Verdict:
        """Count a request in its bucket, and in the whole where it counts there."""
        now_s, bucket = time.monotonic(), f"{kind}:{owner}"
        closed = [
            self._closures[name]
            for name in ("banned", "global", bucket)
            if name in self._closures and (name != "global" or is_global)
        ]
        for closure in closed:
            if now_s < closure.until_s:
                return Verdict(
                    headers={},
                    retry_after_s=closure.until_s - now_s,
                    scope=closure.scope,
                    is_early=now_s - closure.told_s > self.grace_s,
                )
        if is_global and not self._fits(
            "global", Allowance(num=_GLOBAL_PER_S, window_s=1.0), now_s
        ):
            until_s = self._windows["global"].began_s + 1.0
            return self._close("global", until_s, now_s, scope="global")
        allowance = self.allowances[kind]
        if not self._fits(bucket, allowance, now_s):
            until_s = self._windows[bucket].began_s + allowance.window_s
            return self._close(bucket, until_s, now_s, scope="user")
        return Verdict(headers=self._headers(kind, bucket, allowance, now_s))

    def close(self, kind: str, owner: str, *, scope: str, for_s: float) -> None:
        """Let nothing through for a while: scope "user", "shared", "global" or "banned"."""
        now_s = time.monotonic()
        name = scope if scope in ("global", "banned") else f"{kind}:{owner}"
        self._close(name, now_s + for_s, now_s, scope=scope)

    def _fits(self, bucket: str, allowance: Allowance, now_s: float) -> bool:
        window = self._windows.setdefault(bucket, _Window())
        if now_s - window.began_s >= allowance.window_s:
            window.began_s, window.num = now_s, 0
        window.num += 1
        return window.num <= allowance.num

    def _close(self, name: str, until_s: float, now_s: float, *, scope: str) -> Verdict:
        self._closures[name] = _Closure(told_s=now_s, until_s=until_s, scope=scope)
        return Verdict(headers={}, retry_after_s=until_s - now_s, scope=scope)

    def _headers(
        self, kind: str, bucket: str, allowance: Allowance, now_s: float
    ) -> dict[str, str]:
        window = self._windows[bucket]
        left_s = window.began_s + allowance.window_s - now_s
        return {
            "X-RateLimit-Limit": str(allowance.num),
            "X-RateLimit-Remaining": str(max(0, allowance.num - window.num)),
            "X-RateLimit-Reset": f"{time.time() + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
            "X-RateLimit-Bucket": f"bucket-{kind}",
        }
