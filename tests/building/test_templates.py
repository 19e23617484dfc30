"""Rules over all templates."""

import re

from emr.local.home import CHECKOUT

# `:name="value"` of a component is one variable, filtered at most, or one literal: cotton evaluates no expression, and
# what it can't read counts as text that is true, or as nothing.
_DYNAMIC = re.compile(r'\s:[a-z_]+="([^"]*)"')
_EXPRESSION = re.compile(r"==|!=|<|>| and | or | not |^not ")


def test_no_component_is_given_an_expression() -> None:
    careless = [
        f"{path.relative_to(CHECKOUT)}: {value}"
        for path in (CHECKOUT / "templates").rglob("*.html")
        for value in _DYNAMIC.findall(path.read_text(encoding="utf-8"))
        if _EXPRESSION.search(value) and "{%" not in value
    ]
    assert careless == []
