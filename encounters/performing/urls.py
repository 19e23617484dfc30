from django.urls import path

from encounters.performing import views

app_name = "performing"
urlpatterns = [
    path("performing/laboratory/", views.laboratory, name="laboratory"),
    path("performing/laboratory/<uuid:order_uuid>/", views.enter_laboratory, name="enter_laboratory"),
    path("performing/laboratory/<uuid:order_uuid>/act", views.act_laboratory, name="act_laboratory"),
    path("performing/imaging/", views.imaging, name="imaging"),
    path("performing/imaging/<uuid:order_uuid>/", views.enter_imaging, name="enter_imaging"),
    path("performing/imaging/<uuid:order_uuid>/act", views.act_imaging, name="act_imaging"),
]
