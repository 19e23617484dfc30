"""`manage.py migrate` in a fraction of the time.

For each index, constraint and trigger Django builds the classes of a model and of all its relatives anew, though none
of their fields has changed: hundreds of times, and two thirds of a fresh database's migrations. Here it is only noted
in the model's state. For a new model its own class alone is built: those it points to are told of it in place. So classes
are built anew when a field changes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.operations import AddConstraint, AddIndex
from django.db.migrations.state import ModelState, ProjectState
from pgtrigger.migrations import AddTrigger

# Operation, the model's option that grows, the operation's attribute that is added to it.
_NOTED: tuple[tuple[type[Any], str, str], ...] = (
    (AddIndex, "indexes", "index"),
    (AddConstraint, "constraints", "constraint"),
    (AddTrigger, "triggers", "trigger"),
)


def _noting(option: str, attribute: str) -> Callable[[Any, str, ProjectState], None]:
    def state_forwards(operation: Any, app_label: str, state: ProjectState) -> None:
        options = state.models[app_label, operation.model_name.lower()].options
        options[option] = [*options.get(option, ()), getattr(operation, attribute)]

    return state_forwards


def _add_model(state: ProjectState, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    state.models[key] = model_state
    if state._relations is not None:
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:
        state.apps.render_multiple([model_state])


@contextmanager
def classes_built_for_fields_alone() -> Iterator[None]:
    """While this lasts, migrations build no classes for indexes, constraints and triggers, and one for a new model."""
    add_model = ProjectState.add_model
    before = [(operation, operation.state_forwards) for operation, _, _ in _NOTED]
    try:
        for operation, option, attribute in _NOTED:
            operation.state_forwards = _noting(option, attribute)
        ProjectState.add_model = _add_model
        yield
    finally:
        ProjectState.add_model = add_model
        for operation, state_forwards in before:
            operation.state_forwards = state_forwards


class Command(migrate.Command):
    """Django's own, with its models built less often."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate."""
        with classes_built_for_fields_alone():
            super().handle(*args, **options)
