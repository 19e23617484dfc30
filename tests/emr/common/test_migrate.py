"""Our quicker `migrate` makes the same state as Django's own."""

from typing import Any

from django.apps.registry import Apps
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from emr.common.management.commands.migrate import classes_built_anew_for_changes_alone


def _state() -> dict[tuple[str, str], Any]:
    """What all migrations of the house add up to, by model."""
    loader = MigrationLoader(None)
    state: ProjectState = loader.project_state()
    return {key: (list(model.fields), model.options, model.bases) for key, model in state.models.items()}


def test_the_same_indexes_constraints_and_triggers_in_the_same_order() -> None:
    usual = _state()
    with classes_built_anew_for_changes_alone():
        quick = _state()
    assert quick == usual
    assert _state() == usual, "Django's own operations are back"
    assert sum(len(options["triggers"]) for _, options, _ in usual.values() if "triggers" in options) > 50


def _classes(apps: Apps) -> dict[str, Any]:
    """What schema editors and data migrations see of the classes: columns, defaults, who points to whom and back."""
    return {
        model._meta.label: (
            sorted((field.name, str(field.deconstruct()[2:])) for field in model._meta.local_fields),
            sorted((one.name, one.related_model._meta.label) for one in model._meta.related_objects),
        )
        for model in apps.get_models()
    }


def test_classes_that_grow_are_as_those_built_from_the_end() -> None:
    """Every table of this suite is made by them."""
    loader = MigrationLoader(None)
    [last] = loader.graph.leaf_nodes("orders")
    state = ProjectState(real_apps=loader.unmigrated_apps)
    state.apps  # noqa: B018  from now on they are kept up
    with classes_built_anew_for_changes_alone():
        for node in loader.graph.forwards_plan(last):
            state = loader.get_migration(*node).mutate_state(state)
    grown = _classes(state.apps)
    del state.__dict__["apps"]
    assert grown == _classes(state.apps)
    assert sum(len(back) for _fields, back in grown.values()) > 50
