"""Which answers a calculation or a condition reads: a page sends those again when they change, and names them."""

from encounters.forms.engine.definition import Form, Item
from encounters.forms.engine.expressions import Expression


def live_items(form: Form) -> frozenset[str]:
    """linkIds whose answers decide about other items or feed a calculation."""
    found = {condition.question for item in form.walk() for condition in item.conditions}
    beside = {child.link_id: parent for parent in form.walk() for child in parent.items}
    for item in form.walk():
        for expression in (item.calculated, item.enable_expression):
            if expression:
                named = _asked(form, expression)
                siblings = beside[item.link_id].items if item.link_id in beside else form.items
                found |= named or {other.link_id for other in siblings}
    return frozenset(found)


def sources_of(form: Form, item: Item) -> list[Item]:
    """The questions that a calculated item names, in the order of the form."""
    named = _asked(form, item.calculated) if item.calculated else set()
    return [one for one in form.walk() if one.link_id in named]


def _asked(form: Form, expression: Expression) -> set[str]:
    sources = [expression, *(source for name, source in form.variables if name in expression.variables())]
    known = form.by_link_id
    return {
        name for source in sources for name in source.link_ids() if name in known and known[name].is_question
    }
