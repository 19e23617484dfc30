"""`manage.py migrate` in a fifth of the time.

For each index, constraint, trigger, model and field that is added, Django builds the classes of a model and of all its
relatives anew: hundreds of times, and nearly all of a fresh database's migrations. Here the first three are only noted in
the model's state, a new model's own class alone is built (those it points to are told of it in place), and a new field that
is no relation is added to the class that stands. Classes are built anew when something changes or points elsewhere.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.operations import AddConstraint, AddIndex
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Field
from django.db.models.fields import NOT_PROVIDED
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
    if state._relations is not None:  # type: ignore[attr-defined]  # the stubs lack it
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:
        state.apps.render_multiple([model_state])


def _add_field(  # noqa: PLR0917  as Django calls it
    state: ProjectState,
    app_label: str,
    model_name: str,
    name: str,
    field: Field[Any, Any],
    preserve_default: bool,
) -> None:
    if field.is_relation or "apps" not in state.__dict__:
        DJANGOS["add_field"](state, app_label, model_name, name, field, preserve_default)
        return
    if not preserve_default:
        field = field.clone()
        field.default = NOT_PROVIDED
    state.models[app_label, model_name].fields[name] = field
    field.clone().contribute_to_class(state.apps.get_model(app_label, model_name), name)


OURS: dict[str, Callable[..., None]] = {"add_model": _add_model, "add_field": _add_field}
DJANGOS: dict[str, Callable[..., None]] = {name: getattr(ProjectState, name) for name in OURS}


@contextmanager
def classes_built_anew_for_changes_alone() -> Iterator[None]:
    """While this lasts, migrations that add something leave the classes standing that are there. Forwards only."""
    before = [(operation, operation.state_forwards) for operation, _, _ in _NOTED]
    try:
        for operation, option, attribute in _NOTED:
            operation.state_forwards = _noting(option, attribute)
        for name, ours in OURS.items():
            setattr(ProjectState, name, ours)
        yield
    finally:
        for name, django_s in DJANGOS.items():
            setattr(ProjectState, name, django_s)
        for operation, state_forwards in before:
            operation.state_forwards = state_forwards


class Command(migrate.Command):
    """Django's own, with its models built less often."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate. To a named migration, which may lie behind us, in Django's own way: a class that grew can't shrink."""
        if options.get("migration_name"):
            super().handle(*args, **options)
            return
        with classes_built_anew_for_changes_alone():
            super().handle(*args, **options)
