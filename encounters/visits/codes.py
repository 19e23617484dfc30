"""The short fixed lists that rules of a stay depend on.

Values are the ministry's codes wherever a catalogue has one (`emr.terminology`: discharge-outcome, admission-source …),
so that what is stored needs no translation on its way out.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EncounterClass(TextChoices):
    """FHIR v3-ActCode: how the patient is cared for."""

    AMBULATORY = "AMB", _("Outpatient")
    EMERGENCY = "EMER", _("Emergency")
    INPATIENT = "IMP", _("Inpatient")


class EncounterStatus(TextChoices):
    """FHIR R4 EncounterStatus, the ones in use."""

    PLANNED = "planned", _("Planned")
    IN_PROGRESS = "in-progress", _("Under care")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    ENTERED_IN_ERROR = "entered-in-error", _("Entered in error")


class RecordState(TextChoices):
    """Where the record of the stay (hồ sơ bệnh án) stands on its way to the archive (R-24)."""

    OPEN = "open", _("Being written")
    COMPLETED = "completed", _("Completed by the doctor")
    COUNTERSIGNED = "countersigned", _("Countersigned by the head")
    SUBMITTED = "submitted", _("Handed in")
    RETURNED = "returned", _("Returned with faults")
    ACCEPTED = "accepted", _("Checked and accepted")
    ARCHIVED = "archived", _("Archived")
    REOPENED = "reopened", _("Reopened")


# In these the record is written on; in every other one only what `emr.accounts.closed.WHEN_CLOSED` names passes.
WRITABLE = frozenset({RecordState.OPEN, RecordState.RETURNED, RecordState.REOPENED})


class AdmissionSource(TextChoices):
    """Trực tiếp vào (01/BV1 item 13)."""

    EMERGENCY = "1", _("Emergency")
    EXAMINATION = "2", _("Examination department")
    TREATMENT = "3", _("Treatment department")


class ReferralSource(TextChoices):
    """Nơi giới thiệu (01/BV1 item 14)."""

    FACILITY = "1", _("Health facility")
    SELF = "2", _("Came by themselves")
    OTHER = "3", _("Other referral")


class Payer(TextChoices):
    """Đối tượng (01/BV1 item 9)."""

    INSURANCE = "BHYT", _("Health insurance")
    SELF_PAID = "THUPHI", _("Pays by themselves")
    EXEMPT = "MIEN", _("Exempt")
    OTHER = "KHAC", _("Other payer")


class AccidentType(TextChoices):
    """Tai nạn thương tích (R-70)."""

    TRAFFIC = "1", _("Traffic accident")
    WORK = "2", _("Accident at work")
    DOMESTIC = "3", _("Accident at home")
    VIOLENCE = "4", _("Violence, conflict")
    OTHER = "5", _("Other accident")


class Outcome(TextChoices):
    """Kết quả điều trị; R-66 keeps the three ways of dying apart."""

    CURED = "1", _("Cured")
    IMPROVED = "2", _("Improved")
    UNCHANGED = "3", _("Unchanged")
    WORSE = "4", _("Worse")
    DIED = "5", _("Died in hospital")
    GRAVE = "6", _("Grave prognosis, taken home to die")
    UNDETERMINED = "7", _("Not yet known")
    DIED_BEFORE_ARRIVAL = "8", _("Died before arrival")


DEATHS = frozenset({Outcome.DIED, Outcome.DIED_BEFORE_ARRIVAL})


class Disposition(TextChoices):
    """How the patient left: finer than either official list, mapped to both below."""

    HOME = "home", _("Discharged")
    ON_REQUEST = "on-request", _("Left on request")
    ABSCONDED = "absconded", _("Left without telling")
    TAKEN_HOME = "taken-home", _("Taken home by the family")
    TRANSFER = "transfer", _("Transferred to another hospital")
    TRANSFER_ON_REQUEST = "transfer-on-request", _("Transferred on the patient's request")


TRANSFERS = frozenset({Disposition.TRANSFER, Disposition.TRANSFER_ON_REQUEST})

# MA_LOAI_RV of the insurance claim (catalogue discharge-disposition).
CLAIM_CODE = {
    Disposition.HOME: "1",
    Disposition.TRANSFER: "2",
    Disposition.ABSCONDED: "3",
    Disposition.ON_REQUEST: "4",
    Disposition.TAKEN_HOME: "4",
    Disposition.TRANSFER_ON_REQUEST: "5",
}
# Item 18 of 01/BV1 (catalogue discharge-kind); a transfer stands in item 17 instead.
FORM_CODE = {
    Disposition.HOME: "1",
    Disposition.ON_REQUEST: "2",
    Disposition.ABSCONDED: "3",
    Disposition.TAKEN_HOME: "4",
}


class TransferDirection(TextChoices):
    """Chuyển viện (01/BV1 item 17)."""

    HIGHER = "1", _("Higher level")
    LOWER = "2", _("Lower level")
    SPECIALISED = "3", _("Specialised hospital")


class Pathology(TextChoices):
    """Giải phẫu bệnh (01/BV1 item 25)."""

    BENIGN = "1", _("Benign")
    SUSPICIOUS = "2", _("Suspicious")
    MALIGNANT = "3", _("Malignant")


class DeathCauseKind(TextChoices):
    """Tử vong do (01/BV1 item 26)."""

    DISEASE = "1", _("Disease")
    TREATMENT = "2", _("Complication of treatment")
    OTHER = "3", _("Other cause")


class CauseLine(TextChoices):
    """A line of the certificate of cause of death: Ia is what killed, each next one what led to it; II contributed."""

    IA = "Ia", "I a"
    IB = "Ib", "I b"
    IC = "Ic", "I c"
    ID = "Id", "I d"
    II = "II", "II"


class IntervalUnit(TextChoices):
    """Between onset and death."""

    MINUTE = "minute", _("minutes")
    HOUR = "hour", _("hours")
    DAY = "day", _("days")
    MONTH = "month", _("months")
    YEAR = "year", _("years")


class DiagnosisRole(TextChoices):
    """What a diagnosis of a stay is for (01/BV1 items 20 to 23, 27, 29 and 10/BV1)."""

    REFERRAL = "referral", _("Of the referring facility")
    ADMISSION = "admission", _("On arrival")
    DEPARTMENT = "department", _("On entering the department")
    WORKING = "working", _("Working diagnosis")
    DISCHARGE_MAIN = "discharge-main", _("At discharge: main disease")
    DISCHARGE_SECONDARY = "discharge-secondary", _("At discharge: accompanying disease")
    COMPLICATION = "complication", _("Complication of the disease")
    ADVERSE_EVENT = "adverse-event", _("Harm by treatment")
    PRE_OPERATIVE = "pre-op", _("Before surgery")
    POST_OPERATIVE = "post-op", _("After surgery")
    CAUSE_OF_DEATH = "cause-of-death", _("Main cause of death")
    AUTOPSY = "autopsy", _("Found at autopsy")


# One of these a stay; the others repeat. A department's diagnosis may differ in each department.
SINGLE_ROLES = frozenset(
    {
        DiagnosisRole.REFERRAL,
        DiagnosisRole.DISCHARGE_MAIN,
        DiagnosisRole.CAUSE_OF_DEATH,
        DiagnosisRole.AUTOPSY,
    }
)


class ProcedureKind(TextChoices):
    """Phẫu thuật, thủ thuật."""

    SURGERY = "surgery", _("Surgery")
    PROCEDURE = "procedure", _("Procedure")


class Anaesthesia(TextChoices):
    """Phương pháp vô cảm."""

    NONE = "none", _("No anaesthesia")
    LOCAL = "local", _("Local anaesthesia")
    REGIONAL = "regional", _("Regional anaesthesia")
    SPINAL = "spinal", _("Spinal or epidural anaesthesia")
    SEDATION = "sedation", _("Sedation")
    GENERAL = "general", _("General anaesthesia")


class ParticipantRole(TextChoices):
    """FHIR v3-ParticipationType."""

    ATTENDING = "ATND", _("Attending doctor")
    ADMITTER = "ADM", _("Admitting doctor")
    DISCHARGER = "DIS", _("Discharging doctor")
    NURSE = "NURSE", _("Responsible nurse")


class PerformerRole(TextChoices):
    """Who did what in an operation."""

    OPERATOR = "operator", _("Operator")
    ASSISTANT = "assistant", _("Assistant")
    ANAESTHETIST = "anaesthetist", _("Anaesthetist")
