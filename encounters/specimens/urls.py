from django.urls import path

from encounters.specimens.views import collecting, receiving, worklist

app_name = "specimens"
urlpatterns = [
    path("specimens/", worklist.worklist, name="worklist"),
    path("specimens/scan", worklist.scan, name="scan"),
    path("specimens/labels", worklist.labels, name="labels"),
    path("specimens/due/", worklist.due, name="due"),
    path("specimens/reception/", receiving.reception, name="reception"),
    path("specimens/<uuid:specimen_uuid>/reject", receiving.reject, name="reject"),
    path("specimens/<uuid:specimen_uuid>/change", collecting.change, name="change"),
    path("encounters/<uuid:encounter_uuid>/specimens/", collecting.of_stay, name="of_stay"),
    path("encounters/<uuid:encounter_uuid>/specimens/scan", collecting.scan, name="scan_of_stay"),
    path("encounters/<uuid:encounter_uuid>/specimens/labels", collecting.labels, name="labels_of_stay"),
    path("orders/<uuid:order_uuid>/progress/", collecting.progress, name="progress"),
]
