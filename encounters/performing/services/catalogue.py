"""The samples that come with the product, and the facility's own tables, taken in as the tables of what may be ordered."""

from pathlib import Path

from encounters.orders.services.catalogue import Table
from encounters.performing.models import AnalyteRange, Organism, ReflexRule, ReportPhrase, TriedAntibiotic

DATA = Path(__file__).parent.parent / "data"
_DATES = ("valid_from", "valid_to")
ANALYTES = Table(
    "analytes",
    (
        "code", "service", "position", "analyte", "title", "kind", "loinc", "national_code", "unit", "ucum", "choices",
        "sex", "from_days", "to_days", "low", "high", "delta_percent", "source", *_DATES,
    ),
    AnalyteRange,
    numbers=("position", "from_days", "to_days", "low", "high", "delta_percent"),
    data=DATA,
)  # fmt: skip
PHRASES = Table(
    "phrases", ("code", "service", "title", "narrative", "conclusion", *_DATES), ReportPhrase, data=DATA
)
ORGANISMS = Table("organisms", ("code", "title", "panel", *_DATES), Organism, data=DATA)
ANTIBIOTICS = Table(
    "antibiotics",
    ("code", "panel", "position", "antibiotic", "title", "source", *_DATES),
    TriedAntibiotic,
    numbers=("position",),
    data=DATA,
)
REFLEXES = Table(
    "reflexes",
    ("code", "service", "analyte", "condition", "threshold", "words", "adds", "reason", "source", *_DATES),
    ReflexRule,
    numbers=("threshold",),
    data=DATA,
)
