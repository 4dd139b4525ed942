"""What is wrong in a log, and the records that would mend it. Pure: records in, findings out; nothing is written here.

`diagnose` says what it found in sentences. What can be mended without losing or changing anything is mended by
`Diagnosis.mends`: one append of these records leaves every answer as it is, also when the log is compacted after it,
and only Confluent's own spelling of each key. What needs a decision of people is only told.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from registry.doctor.log import Log, LogRecord, Mark, is_void, marks
from registry.doctor.looks import LOOKS
from registry.doctor.mends import Mend, mends
from registry.doctor.troubles import Finding, Trouble

__all__ = ["Diagnosis", "Finding", "LogRecord", "Mark", "Mend", "Trouble", "diagnose", "is_void"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`kinds` counts the records by what they are; `mends` are to be appended as one.

    `variants` counts what has had keys in more than one spelling, `marks` has a row for each context.
    """

    records: int
    kinds: dict[str, int]
    findings: tuple[Finding, ...]
    mends: tuple[Mend, ...]
    variants: int
    marks: tuple[Mark, ...]

    @property
    def is_sound(self) -> bool:
        return all(finding.trouble.severity != "error" for finding in self.findings)


def diagnose(records: Iterable[LogRecord], *, sequenced: bool = False) -> Diagnosis:
    """What is wrong in these records of a log, in their order.

    `sequenced` says that Redpanda itself wrote them at these offsets, as for `read`. What such a log says is kept by
    mending it: afterwards it says the same to those who read it without this knowledge.
    """
    log = Log(sequenced)
    for record in records:
        log.add(record)
    log.group()
    found = [finding for look in LOOKS for finding in look(log)]
    variants = sum(len(group.keys) > 1 for group in log.groups)
    kinds = dict(sorted(log.kinds.items()))
    return Diagnosis(log.count, kinds, tuple(found), tuple(mends(log)), variants, tuple(marks(log.state)))
