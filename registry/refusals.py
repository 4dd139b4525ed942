"""Every refusal in one table: HTTP status, error code, sentence. The texts are Confluent's where Confluent has one,
because tools in the field search them. Imports nothing of ours.
"""

from collections.abc import Mapping
from enum import Enum, unique
from typing import Any


@unique
class Reason(Enum):
    """Why a request is refused: (HTTP status, error code, sentence with its blanks)."""

    # what is not there
    SUBJECT_NOT_FOUND = (404, 40401, "Subject '{subject}' not found.")
    VERSION_NOT_FOUND = (404, 40402, "Version {version} not found.")
    SCHEMA_NOT_FOUND = (404, 40403, "Schema not found")
    SCHEMA_ID_NOT_FOUND = (404, 40403, "Schema {id} not found")
    SUBJECT_SOFT_DELETED = (404, 40404, "Subject '{subject}' was soft deleted.Set permanent=true to delete permanently")
    SUBJECT_NOT_SOFT_DELETED = (
        404,
        40405,
        "Subject '{subject}' was not deleted first before being permanently deleted",
    )
    VERSION_SOFT_DELETED = (
        404,
        40406,
        "Subject '{subject}' Version {version} was soft deleted.Set permanent=true to delete permanently",
    )
    VERSION_NOT_SOFT_DELETED = (
        404,
        40407,
        "Subject '{subject}' Version {version} was not deleted first before being permanently deleted",
    )
    COMPATIBILITY_NOT_CONFIGURED = (
        404,
        40408,
        "Subject '{subject}' does not have subject-level compatibility configured",
    )
    MODE_NOT_CONFIGURED = (404, 40409, "Subject '{subject}' does not have subject-level mode configured")
    ASSOCIATION_NOT_FOUND = (404, 40410, "Association for '{resource}' not found.")

    # what stands against it
    INCOMPATIBLE_SCHEMA = (
        409,
        40901,
        'Schema being registered is incompatible with an earlier schema for subject "{subject}", details: [{details}]',
    )
    ASSOCIATION_EXISTS_FOR_RESOURCE = (
        409,
        40903,
        "An association of type '{type}' already exists for resource '{resource}'",
    )
    ASSOCIATION_EXISTS_FOR_SUBJECT = (409, 40904, "An association already exists for subject '{subject}'")
    STRONG_ASSOCIATION_EXISTS = (409, 40905, "A strong association already exists for subject '{subject}'")
    NO_ACTIVE_VERSION = (409, 40907, "No active (non-deleted) version exists for subject '{subject}'")
    ASSOCIATION_FROZEN = (409, 40908, "The association of type  '{type}' is frozen for subject '{subject}'")

    # what cannot be
    INVALID_SCHEMA = (422, 42201, "{details}")
    TOO_MUCH_WORK = (422, 42201, "The schema takes too much work: {details}")
    INVALID_VERSION = (
        422,
        42202,
        (
            "The specified version '{version}' is not a valid version id. "
            'Allowed values are between [1, 2^31-1] and the string "latest"'
        ),
    )
    INVALID_COMPATIBILITY = (
        422,
        42203,
        (
            "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, "
            "forward_transitive, and full_transitive"
        ),
    )
    INVALID_POLICY = (422, 42203, "Invalid compatibility policy '{policy}'. Valid values are {valid}")
    INVALID_MODE = (422, 42204, "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.")
    FORWARD_NOT_GLOBAL = (422, 42204, "Forward mode only supported on global level")
    OPERATION_NOT_PERMITTED = (422, 42205, "{details}")
    REFERENCE_EXISTS = (
        422,
        42206,
        "One or more references exist to the schema {{magic=1,keytype=SCHEMA,subject={subject},version={version}}}.",
    )
    INVALID_SUBJECT = (422, 42208, "The specified subject '{subject}' is not a valid.")
    SCHEMA_TOO_LARGE = (422, 42209, "Register operation failed because schema is too large")
    INVALID_RULE_SET = (422, 42210, "{details}")
    CONTEXT_NOT_EMPTY = (422, 42211, "The specified context '{context}' is not empty.")
    INVALID_ASSOCIATION = (
        422,
        42212,
        "The association specified an invalid value for property: '{property}', detail: {details}",
    )
    UNFIT_MESSAGE = (422, 42290, "{details}")

    # what the request itself is
    BAD_CONTEXT = (400, 400, "Context name '{context}' cannot contain a colon")
    BAD_REQUEST = (400, 400, "{details}")
    NOT_FOUND = (404, 404, "HTTP 404 Not Found")
    METHOD_NOT_ALLOWED = (405, 405, "HTTP 405 Method Not Allowed")
    NOT_ACCEPTABLE = (406, 406, "HTTP 406 Not Acceptable")
    BODY_TOO_SLOW = (408, 408, "The body did not arrive within {seconds} seconds")
    BODY_TOO_LARGE = (413, 413, "The body is larger than {limit} bytes, the limit set by body_limit")
    UNSUPPORTED_MEDIA_TYPE = (
        415,
        415,
        "HTTP 415 Unsupported Media Type: send application/json or application/vnd.schemaregistry.v1+json",
    )
    MISSING_BODY = (422, 422, "The request has no body: a JSON object is expected")

    # what failed here
    INTERNAL_ERROR = (500, 500, "Internal Server Error")
    STORE_FAILED = (500, 50001, "{operation} failed while writing to the log: {details}")
    STORE_TIMEOUT = (500, 50002, "{operation} timed out: {details}")
    FORWARDING_FAILED = (500, 50003, "Error while forwarding the request to the primary: {details}")
    NO_PRIMARY = (500, 50004, "Leader not known. {details}")
    STARTING = (503, 50301, "The registry is starting: {details}")

    def __init__(self, status: int, code: int, sentence: str) -> None:
        self.status = status
        self.code = code
        self.sentence = sentence

    def refusal(self, extra: Mapping[str, Any] | None = None, /, **blanks: object) -> "Refusal":
        """The refusal with its blanks filled in; `extra` are members of the reply beside code and message."""
        return Refusal(self, self.sentence.format(**blanks), extra or {})


class Refusal(Exception):
    """A request that is refused: the reason, the sentence for people, and further members of the reply."""

    def __init__(self, reason: Reason, message: str, extra: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.extra = extra
