from django.urls import path

from encounters.completeness.views import owed, rules, stay

app_name = "completeness"
urlpatterns = [
    path("encounters/<uuid:encounter_uuid>/completeness/", stay.checklist, name="stay"),
    path("encounters/<uuid:encounter_uuid>/completeness/override", stay.override, name="override"),
    path("completeness/", owed.owed, name="worklist"),
    path("completeness/mine", owed.mine, name="mine"),
    path("completeness/rules/", rules.rules, name="rules"),
    path("completeness/rules/<slug:rule_code>/", rules.rule, name="rule"),
]
