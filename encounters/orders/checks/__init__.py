"""Checks of a draft basket of medicines, apart from the record (R-63): nothing here knows the database or changes an order.

The knowledge comes as rows with a source each and is never complete; what isn't known isn't warned of.
"""

from encounters.orders.checks.engine import Alert, Facts, Item, Rule, check

__all__ = ["Alert", "Facts", "Item", "Rule", "check"]
