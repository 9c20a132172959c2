"""Bucket: a token bucket, which lets bursts through and holds the rate (RFC 2697's single rate).

Time is an argument, so a bucket can be tested and never runs by itself. Invariant: between any two
moments it grants no more than `burst` + `rate` x the time between them.
"""


class Bucket:
    """Grants up to `burst` tokens at once and `rate` tokens a second in the long run.

    Both are at least 1; raises ValueError otherwise. The bucket starts full.
    """

    __slots__ = ("_burst", "_rate", "_tokens", "_when")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError(f"found rate {rate} and burst {burst}, expected > 0 and >= 1")
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._when = now

    def take(self, now: float, tokens: float = 1.0) -> bool:
        """Take so many tokens if they are there at `now` (seconds of any steady clock)."""
        self._fill(now)
        if tokens > self._tokens:
            return False
        self._tokens -= tokens
        return True

    def wait(self, now: float, tokens: float = 1.0) -> float:
        """In how many seconds so many tokens are there; 0 where they are. Never more than the
        burst is asked for."""
        self._fill(now)
        return max(0.0, (tokens - self._tokens) / self._rate)

    def _fill(self, now: float) -> None:
        if now > self._when:
            self._tokens = min(self._burst, self._tokens + (now - self._when) * self._rate)
            self._when = now
