"""What goes wrong in an exam room, by category (TAO's tree, proctoring.md 2.2): notes of people, not flags."""

from enum import StrEnum


class Category(StrEnum):
    """Kind, then what it was."""

    ENVIRONMENT_COMFORT = "environment.comfort"
    ENVIRONMENT_DISTURBANCE = "environment.disturbance"
    ENVIRONMENT_NOISE = "environment.noise"
    ENVIRONMENT_POWER = "environment.power_outage"
    ENVIRONMENT_WEATHER = "environment.weather"
    EXAMINEE_BEHAVIOUR = "examinee.behaviour"
    EXAMINEE_COMPLAINT = "examinee.complaint"
    EXAMINEE_IDENTITY = "examinee.id_authorisation"
    EXAMINEE_ILLNESS = "examinee.illness"
    EXAMINEE_LATE = "examinee.late"
    EXAMINEE_NAVIGATION = "examinee.navigation"
    EXAMINEE_NO_SHOW = "examinee.no_show"
    STAFF_BEHAVIOUR = "staff.behaviour"
    STAFF_COMPLIANCE = "staff.compliance"
    STAFF_ERROR = "staff.error"
    STAFF_LATE = "staff.late"
    STAFF_NO_SHOW = "staff.no_show"
    TECHNICAL_FREEZING = "technical.freezing"
    TECHNICAL_LAUNCHING = "technical.launching"
    TECHNICAL_NETWORK = "technical.network"
    TECHNICAL_PRINTING = "technical.printing"
    TECHNICAL_WORKSTATION = "technical.workstation"
    OTHER = "other"


LONGEST = 1_000
"""Characters of a note."""
