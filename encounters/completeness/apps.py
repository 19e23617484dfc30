from django.apps import AppConfig


class CompletenessConfig(AppConfig):
    name = "encounters.completeness"
    label = "completeness"
    default_auto_field = "django.db.models.BigAutoField"
