"""The names of the specifications: claims, messages, scopes, media types."""

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_AP = "https://purl.imsglobal.org/spec/lti-ap/claim/"

MESSAGE_TYPE = _LTI + "message_type"
VERSION = _LTI + "version"
DEPLOYMENT = _LTI + "deployment_id"
RESOURCE_LINK = _LTI + "resource_link"
LIS = _LTI + "lis"
PRESENTATION = _LTI + "launch_presentation"
TARGET = _LTI + "target_link_uri"

START_URL = _AP + "start_assessment_url"
SESSION_DATA = _AP + "session_data"
ATTEMPT_NUMBER = _AP + "attempt_number"
CONTROL = _AP + "acs"
VERIFIED_USER = _AP + "verified_user"
END_RETURN = _AP + "end_assessment_return"
ERROR_MESSAGE = _AP + "errormsg"
ERROR_LOG = _AP + "errorlog"

START_PROCTORING = "LtiStartProctoring"
START_ASSESSMENT = "LtiStartAssessment"
END_ASSESSMENT = "LtiEndAssessment"

LTI_VERSION = "1.3.0"
SCOPE = "https://purl.imsglobal.org/spec/lti-ap/scope/control.all"
CONTROL_TYPE = "application/vnd.ims.lti-ap.v1.control+json"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

ACTIONS = ("pause", "resume", "terminate", "update", "flag")
