from importlib import import_module

from django.apps import AppConfig


class HisConfig(AppConfig):
    name = "integrations.his"
    label = "his"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("integrations.his.subscribers")
