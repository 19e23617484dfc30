from django.apps import AppConfig


class DesigningConfig(AppConfig):
    name = "encounters.designing"
    label = "designing"
    default_auto_field = "django.db.models.BigAutoField"
