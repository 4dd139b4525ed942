"""The source of a schema: its text, and every text that its references lead to in a state. Nothing is parsed here."""

from collections.abc import Callable, Iterable

from compat import Referent, Source
from registry.names import Subject
from registry.state import queries
from registry.state.records import SchemaRecord
from registry.state.state import State
from registry.state.values import ReferenceValue

Plain = Callable[[str, str], Source]  # the source of a text that refers to nothing: made, or known already


def source(
    state: State,
    subject: Subject,
    kind: str,
    text: str,
    references: Iterable[ReferenceValue],
    *,
    include_deleted: bool,
    plain: Plain = Source,
) -> Source:
    """The source of a text in a subject, whose references are numbered. Raises ReferenceMissing of `queries`."""
    if not references:
        return plain(kind, text)
    found = queries.referents(state, subject, references, include_deleted=include_deleted)
    return Source(kind, text, tuple(Referent(name, needed) for name, needed in found))


def source_of(state: State, record: SchemaRecord, plain: Plain = Source) -> Source:
    """The source of a stored schema. Raises ReferenceMissing when its references are gone; a foreign log may be so."""
    return source(state, record.subject, record.kind, record.text, record.references, include_deleted=True, plain=plain)
