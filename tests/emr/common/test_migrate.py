"""Our quicker `migrate` makes the same state as Django's own."""

from typing import Any

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from emr.common.management.commands.migrate import classes_built_for_fields_alone


def _state() -> dict[tuple[str, str], Any]:
    """What all migrations of the house add up to, by model."""
    loader = MigrationLoader(None)
    state: ProjectState = loader.project_state()
    return {key: (list(model.fields), model.options, model.bases) for key, model in state.models.items()}


def test_the_same_indexes_constraints_and_triggers_in_the_same_order() -> None:
    usual = _state()
    with classes_built_for_fields_alone():
        quick = _state()
    assert quick == usual
    assert _state() == usual, "Django's own operations are back"
    assert sum(len(options["triggers"]) for _, options, _ in usual.values() if "triggers" in options) > 50
