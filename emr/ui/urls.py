"""The shell's own pages."""

from django.urls import path

from emr.ui import styleguide, views

app_name = "ui"

urlpatterns = [
    path("", views.home, name="home"),
    path("ui/language/", views.set_language, name="language"),
    path("ui/theme/", views.set_theme, name="theme"),
    path("this-pc/", views.this_pc, name="this_pc"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("styleguide/codes/", styleguide.styleguide_codes, name="styleguide-codes"),
]
