from django.urls import path

from emr.accounts import cover_views, views

app_name = "accounts"
urlpatterns = [
    path("administration/house/", views.house, name="house"),
    path("cover-duties/", cover_views.duties, name="cover_duties"),
    path("cover-duties/panel/", cover_views.panel, name="cover_panel"),
    path("cover-duties/to-see/", cover_views.review_panel, name="cover_review_panel"),
    path("cover-duties/start/", cover_views.start, name="cover_start"),
    path("cover-duties/<uuid:duty_uuid>/end/", cover_views.end, name="cover_end"),
    path("cover-duties/<uuid:duty_uuid>/see/", cover_views.see, name="cover_see"),
]
