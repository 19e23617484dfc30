from django.urls import path

from encounters.orders import views

app_name = "orders"
urlpatterns = [
    path("orders/", views.worklist, name="worklist"),
    path("orders/today/", views.today, name="today"),
    path("orders/<uuid:order_uuid>/remove", views.remove, name="remove"),
    path("orders/<uuid:order_uuid>/change", views.change, name="change"),
    path("orders/refusals/", views.refusals, name="refusals"),
    path("orders/refusals/panel/", views.refusals_panel, name="refusals_panel"),
    path("orders/refusals/<uuid:refusal_uuid>/settle", views.settle_refusal, name="settle_refusal"),
    path("orders/services/", views.orderable_services, name="orderable_services"),
    path("orders/tables/", views.table, {"table_name": "services"}, name="tables"),
    path("orders/tables/<slug:table_name>/", views.table, name="table"),
    path("orders/tables/<slug:table_name>/file", views.table_file, name="table_file"),
    path("documents/<uuid:document_uuid>/orders/answer", views.answer, name="answer"),
    path("documents/<uuid:document_uuid>/orders/quick", views.quick, name="quick"),
    path("documents/<uuid:document_uuid>/orders", views.editor, name="editor"),
    path("encounters/<uuid:encounter_uuid>/orders/", views.of_stay, name="of_stay"),
]
