"""First loads under /integrations/, past stays under /past-stays/."""

from django.urls import path

from integrations.loading.views import loads, past

app_name = "loading"
urlpatterns = [
    path("integrations/first-load/", loads.load_list, name="loads"),
    path("integrations/first-load/add/", loads.add, name="add"),
    path("integrations/first-load/template/<slug:load_kind>.csv", loads.template, name="template"),
    path("integrations/first-load/<uuid:load_uuid>/", loads.load, name="load"),
    path("integrations/first-load/<uuid:load_uuid>/start/", loads.start, name="start"),
    path("integrations/first-load/<uuid:load_uuid>/stop/", loads.stop, name="stop"),
    path("past-stays/of/<uuid:patient_uuid>/", past.past_stays, name="past_stays"),
    path("past-stays/<uuid:past_uuid>/", past.past_stay, name="past_stay"),
]
