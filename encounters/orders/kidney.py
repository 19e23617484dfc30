"""What a creatinine says of the kidneys: an estimate for adults, no diagnosis. Pure."""

from decimal import Decimal

ADULT_FROM = 18
_PER_MG_DL = 88.4  # µmol/L


def estimated_gfr(micromoles: Decimal, *, age: int | None, sex: str) -> int | None:
    """mL/min/1,73 m² by CKD-EPI 2021 (Inker, N Engl J Med 2021;385:1737), rounded; None for children or unknown sex.

    `micromoles`: creatinine in µmol/L. `sex`: FHIR's male or female.
    """
    if age is None or age < ADULT_FROM or sex not in {"male", "female"} or micromoles <= 0:
        return None
    is_female = sex == "female"
    kappa, alpha = (0.7, -0.241) if is_female else (0.9, -0.302)
    ratio = float(micromoles) / _PER_MG_DL / kappa
    value = 142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.200 * 0.9938**age
    return round(float(value) * (1.012 if is_female else 1.0))
