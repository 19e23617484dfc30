from django.urls import path

from encounters.orders import views

app_name = "orders"
urlpatterns = [
    path("orders/", views.worklist, name="worklist"),
    path("orders/today/", views.today, name="today"),
    path("orders/<uuid:order_uuid>/remove", views.remove, name="remove"),
    path("orders/<uuid:order_uuid>/change", views.change, name="change"),
    path("orders/spoken/", views.spoken, name="spoken"),
    path("orders/spoken/panel", views.spoken_panel, name="spoken_panel"),
    path("orders/spoken/<uuid:spoken_uuid>/decide", views.spoken_decide, name="spoken_decide"),
    path("encounters/<uuid:encounter_uuid>/orders/spoken", views.spoken_new, name="spoken_new"),
    path(
        "encounters/<uuid:encounter_uuid>/orders/spoken/choices", views.spoken_choices, name="spoken_choices"
    ),
    path("orders/pharmacy/", views.pharmacy, name="pharmacy"),
    path("orders/pharmacy/panel", views.pharmacy_panel, name="pharmacy_panel"),
    path("orders/pharmacy/asks", views.pharmacy_asks, name="pharmacy_asks"),
    path("orders/pharmacy/<uuid:encounter_uuid>/", views.pharmacy_of_stay, name="pharmacy_of_stay"),
    path("orders/pharmacy/<uuid:encounter_uuid>/accept", views.pharmacy_accept, name="pharmacy_accept"),
    path("orders/<uuid:order_uuid>/pharmacy", views.pharmacy_act, name="pharmacy_act"),
    path(
        "orders/pharmacy/comments/<uuid:comment_uuid>/answer", views.pharmacy_answer, name="pharmacy_answer"
    ),
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
