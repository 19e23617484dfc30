"""Units that say the same on another scale: what may stand in one row of a table over the years, and what may not.

Only scales of one property by a whole power of ten: nothing is rounded and no molar mass is needed (LOINC gives mass and
substance concentration codes of their own). All else stays apart, in the unit that was sent. UCUM codes, case sensitive.
"""

from decimal import Decimal

# {property: {UCUM: how many of the property's smallest step one of it is, as a power of ten}}
_SCALES: dict[str, dict[str, int]] = {
    "mass": {
        "g/L": 12, "g/dL": 13, "mg/mL": 12, "mg/dL": 10, "mg/L": 9, "ug/mL": 9, "ug/dL": 7, "ug/L": 6, "ng/mL": 6,
        "ng/dL": 4, "ng/L": 3, "pg/mL": 3, "pg/dL": 1, "pg/L": 0,
    },
    "substance": {"mol/L": 12, "mmol/L": 9, "umol/L": 6, "nmol/L": 3, "pmol/L": 0},
    "count": {
        "10*12/L": 12, "10*6/uL": 12, "10*9/L": 9, "10*3/uL": 9, "10*6/L": 6, "/uL": 6, "/mm3": 6, "10*3/L": 3, "/L": 0,
    },
    "activity": {"kU/L": 3, "U/mL": 3, "U/L": 0, "mU/mL": 0},
    "international": {"k[IU]/L": 6, "[IU]/mL": 6, "[IU]/L": 3, "m[IU]/mL": 3, "m[IU]/L": 0, "u[IU]/mL": 0},
}  # fmt: skip
_KNOWN = {ucum: (name, power) for name, units in _SCALES.items() for ucum, power in units.items()}


def plain_unit(unit: str) -> str:
    """The unit's spelling without what keyboards and fonts make of it: "µmol/L " and "umol/l" are one."""
    return unit.replace("μ", "u").replace("µ", "u").replace(" ", "").casefold()


def row_of(unit: str, ucum: str) -> str:
    """What values of one test have in common that may stand in one row: the property, else the unit itself."""
    known = _KNOWN.get(ucum)
    return f"[{known[0]}]" if known else plain_unit(unit or ucum)


def factor(ucum: str, into: str) -> Decimal | None:
    """By what a number in `ucum` is multiplied to be one in `into`: a power of ten; None where it can't be."""
    if ucum == into:
        return Decimal(1)
    mine, theirs = _KNOWN.get(ucum), _KNOWN.get(into)
    if mine is None or theirs is None or mine[0] != theirs[0]:
        return None
    return Decimal(1).scaleb(mine[1] - theirs[1])
