"""What a record lacks."""

from collections.abc import Collection
from dataclasses import dataclass

from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing: the rule that misses it, whether it keeps the record from being closed, where to go."""

    rule: str
    blocks: bool
    words: str
    url: str
    owner_id: int | None = None
    key: str = ""
    overridden: bool = False


def gaps_of(encounter: Encounter) -> list[Gap]:
    """Everything that is missing from the stay's record."""
    return []


def blocking_gaps_of(encounter: Encounter) -> list[Gap]:
    """What keeps the record from being closed."""
    return [gap for gap in gaps_of(encounter) if gap.blocks and not gap.overridden]


def counts_by_stay(ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """{stay's id: (blocking, advisory)}."""
    return {}
