"""An Đào with tests ordered, Bình who draws, and short ways from one to the other."""

from emr.accounts.models import User
from encounters.orders.models import ServiceRequest
from encounters.orders.services import load_shipped
from encounters.specimens import services
from encounters.specimens.models import Specimen
from encounters.visits.models import Encounter
from tests.emr.people import make_binh, make_facility
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit, department, make_bed
from tests.patients.people import make_patient

CBC, UREA, CREATININE, GLUCOSE = "XN0001", "XN0014", "XN0015", "XN0011"


def make_world() -> tuple[User, User, Encounter]:
    """(An who orders, Bình who draws, Đào in bed 01), with the shipped tables."""
    an, stay = chart.make_stay(bed=make_bed("01"))
    load_shipped("services", facility=make_facility())
    return an, make_binh(department()), stay


def ask(stay: Encounter, by: User, code: str = CBC, **told: object) -> ServiceRequest:
    """One test in effect."""
    return order(stay, by, code, **{"text": f"Xét nghiệm {code}"} | told)


def label(stay: Encounter, by: User) -> list[Specimen]:
    """The labels of what the stay needs, printed."""
    made = services.prepare_specimens(encounter=stay, by=by)
    services.count_labels(specimens=made, by=by, form="pdf")
    return made


def neighbour(name: str = "Trần Thị Hoa") -> Encounter:
    """Another patient of the same ward."""
    return admit(make_patient(name))
