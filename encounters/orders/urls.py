from django.urls import path

from encounters.orders import views

app_name = "orders"
urlpatterns = [
    path("orders/", views.worklist, name="worklist"),
    path("orders/today/", views.today, name="today"),
    path("orders/<uuid:order_uuid>/remove", views.remove, name="remove"),
    path("orders/<uuid:order_uuid>/change", views.change, name="change"),
    path("documents/<uuid:document_uuid>/orders", views.editor, name="editor"),
    path("encounters/<uuid:encounter_uuid>/orders/", views.of_stay, name="of_stay"),
]
