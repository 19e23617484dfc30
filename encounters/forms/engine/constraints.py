"""Rules across answers: FHIR's questionnaire-constraint (hl7.org/fhir/R4/extension-questionnaire-constraint.html).

An expression sees `%resource` (all that is asked), `%context` (the item that the rule stands at, or the whole) and the
providers' names. A rule is broken only where its expression is false: what isn't known or not answered breaks none.
"""

from encounters.forms.engine.definition import Constraint, Text
from encounters.forms.engine.expressions import ExpressionError, compile_expression
from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.vocabulary import CONSTRAINT


def read_constraints(extensions: Extensions) -> tuple[tuple[Constraint, ...], list[str]]:
    """The rules of one element, and what is wrong with those that can't be kept."""
    found: list[Constraint] = []
    problems: list[str] = []
    for parts in extensions.complex(CONSTRAINT):
        key, severity, source = (parts.value(name) for name in ("key", "severity", "expression"))
        words, translations = parts.text("human")
        if not isinstance(key, str) or not isinstance(source, str) or not words:
            problems.append("a constraint needs key, severity, expression and human")
        elif severity not in {"error", "warning"}:
            problems.append(f"constraint {key}: severity must be error or warning")
        else:
            try:
                expression = compile_expression(source)
            except ExpressionError as error:
                problems.append(f"constraint {key}: {error}")
                continue
            found.append(
                Constraint(
                    key, "error" if severity == "error" else "warning", expression, Text(words, translations)
                )
            )
    return tuple(found), problems
