"""What clients were told, kept outside the database, and the comparison with what is there afterwards."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Difference:
    """Acknowledged and not there; there more than once; there and never sent."""

    lost: frozenset[str]
    doubled: frozenset[str]
    unknown: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.unknown)


@dataclass
class Ledger:
    """One line for each fact. A fact that was sent and not acknowledged may be there or not, but never twice."""

    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def send(self, fact: object) -> str:
        """Note it before it leaves."""
        with self._lock:
            self.sent.add(str(fact))
        return str(fact)

    def acknowledge(self, fact: object) -> None:
        """Note that the client was told "done"."""
        with self._lock:
            self.acknowledged.add(str(fact))

    def compare(self, found: Iterable[object]) -> Difference:
        """Hold what is there (a fact as often as it is there) against what was told."""
        there = Counter(map(str, found))
        return Difference(
            lost=frozenset(self.acknowledged - set(there)),
            doubled=frozenset(fact for fact, times in there.items() if times > 1),
            unknown=frozenset(set(there) - self.sent),
        )
