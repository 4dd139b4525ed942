"""Commands of all kinds, as Hypothesis draws them: few subjects and schemas, so that they meet each other."""

from hypothesis import strategies as st

from compat import Tagged
from registry.names import subject_of
from registry.state.commands import (
    Command,
    DeleteConfig,
    DeleteContext,
    DeleteMode,
    DeleteSubject,
    DeleteVersion,
    Draft,
    Register,
    Retag,
    SetConfig,
    SetMode,
)
from registry.state.values import MODES, Metadata, ReferenceValue, Rule, RuleSet
from tests.state.rows import BYTES, INT, LONG, STRING, record

SUBJECTS = [subject_of(text) for text in ("s", "t", "u", ":.c:s", ":.c:t", ":.d:s")]
SCOPES = [*SUBJECTS, *(subject_of(text) for text in ("", ":.c:", ":.__GLOBAL:"))]
CONTEXTS = [".", ".c", ".d"]
R, S = record("R"), record("S", 'f "int"')
TEXTS = [STRING, INT, LONG, BYTES, R, S, '"R"', record("T", 'f "R"'), '{"type":"string","b":1,"a":2}', "", "{"]
OWNERS = [None, Metadata(), *(Metadata(properties={"owner": name}) for name in "ab")]
RULES = [None, RuleSet(), RuleSet(domainRules=(Rule(name="r", type="CEL", doc="", tags=("b", "a")),))]
LEVELS = ["NONE", "NONE", "BACKWARD", "FULL_TRANSITIVE"]
PII = (Tagged("S.f", "sr_field", ("PII",)),)

subjects = st.sampled_from(SUBJECTS)
references = st.builds(
    ReferenceValue,
    st.sampled_from(["R", "R", "S"]),
    st.sampled_from(["s", "t", ":.c:s"]),
    st.sampled_from([-1, 1, 1, 2]),
)
drafts = st.builds(
    Draft,
    text=st.sampled_from(TEXTS),
    references=st.lists(references, max_size=1).map(tuple),
    metadata=st.sampled_from(OWNERS),
    rules=st.sampled_from(RULES),
)
numbers = st.sampled_from([1, 1, 2, 3, -1])
flags = st.sampled_from([False, False, True])

registrations = st.builds(
    Register,
    subject=subjects,
    draft=drafts,
    id=st.sampled_from([-1, -1, -1, 0, 3, 40]),
    version=st.sampled_from([0, 0, 0, 0, 1, 2, 5]),
    normalize=flags,
    force=flags,
    tags_to_add=st.sampled_from([(), (), PII]),
    propagate_tags=flags,
)
plain_registrations = st.builds(
    Register,
    subject=subjects,
    draft=st.sampled_from([STRING, INT, LONG, R, S]).map(Draft),
    force=st.sampled_from([True]),
)
retags = st.builds(
    Retag,
    subject=subjects,
    version=numbers,
    metadata=st.sampled_from(OWNERS),
    rules_to_remove=st.sampled_from([(), ("r",)]),
    tags_to_add=st.sampled_from([(), PII]),
)
deletions = st.builds(DeleteSubject, subjects, flags) | st.builds(DeleteVersion, subjects, numbers, flags)
config_changes = st.fixed_dictionaries(
    {},
    optional={
        "compatibilityLevel": st.sampled_from([None, *LEVELS]),
        "normalize": st.sampled_from([None, True]),
        "alias": st.sampled_from([None, "", "t"]),
        "defaultMetadata": st.sampled_from([None, Metadata(properties={"owner": "config"})]),
        "overrideRuleSet": st.sampled_from([None, None, RuleSet(domainRules=(Rule(name="o", type="CEL"),))]),
        "compatibilityGroup": st.sampled_from([None, "owner"]),
    },
)
settings = (
    st.builds(SetConfig, st.sampled_from(SCOPES), config_changes)
    | st.builds(DeleteConfig, st.sampled_from(SCOPES))
    | st.builds(SetMode, st.sampled_from(SCOPES), st.sampled_from([None, "READWRITE", *MODES]), st.booleans())
    | st.builds(DeleteMode, st.sampled_from(SCOPES), flags)
    | st.builds(DeleteContext, st.sampled_from(CONTEXTS))
)
commands: st.SearchStrategy[Command] = plain_registrations | registrations | retags | deletions | settings
