"""`assert_compatible`, as users' tests call it."""

import pytest

from compat import InvalidSchema, Source
from momus.gate.assertions import Incompatible, assert_compatible
from tests.gate.repositories import ID, NOTE, NOTE_WITH_DEFAULT, field, record


def test_what_may_follow_passes() -> None:
    """One old schema or several, in any format."""
    assert_compatible(record(ID, NOTE_WITH_DEFAULT), against=record(ID))
    assert_compatible(Source("JSON", "true"), against=[Source("JSON", '{"type": "string"}')])


def test_what_breaks_is_told_with_a_message_that_breaks() -> None:
    """The text of the failure is enough to see why; the messages are the server's."""
    with pytest.raises(Incompatible, match=r'FIELD_WITHOUT_DEFAULT(?s:.*)for example \{"id": 1\}') as broken:
        assert_compatible(record(ID, NOTE), against=record(ID))
    assert broken.value.messages[0].startswith("{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE'")


def test_level_says_which_versions_count() -> None:
    """The last of those that are given is the newest."""
    olds = [record(field("x", "int")), record(ID)]
    new = record(field("x", "string", default=""))
    assert_compatible(new, against=olds)
    with pytest.raises(Incompatible):
        assert_compatible(new, against=olds, level="BACKWARD_TRANSITIVE")
    with pytest.raises(Incompatible):
        assert_compatible(new, against=olds, level="FORWARD")


def test_what_is_no_schema_is_no_failure_of_compatibility() -> None:
    """It is an error of its own; so is a policy that nobody knows."""
    with pytest.raises(InvalidSchema):
        assert_compatible("{", against=record(ID))
    with pytest.raises(ValueError, match="no policy"):
        assert_compatible(record(ID), against=record(ID), policy="KIND")
