"""Config and modes: what a change writes and answers, what holds where, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from registry.names import subject_of
from registry.state import queries
from registry.state.commands import DeleteConfig, DeleteMode, SetMode
from registry.state.values import Config, Metadata, Rule, RuleSet
from tests.state.known import DEFAULTS
from tests.state.rows import (
    INT,
    Refused,
    Row,
    Step,
    accept,
    after,
    config,
    delete,
    gone,
    level,
    mode,
    record,
    refuse,
    register,
    to,
    write,
)

FREE = level("NONE")
RULES = RuleSet(domainRules=(Rule(name="r", type="CEL"),))
BAD_RULES = RuleSet(domainRules=(Rule(type="CEL"),))
FIXED = replace(DEFAULTS, modes_may_change=False)
KARAPACE_CONFIG = write('{"subject":null,"magic":0,"keytype":"CONFIG"}', '{"compatibilityLevel":"FULL"}')
REDPANDA_MODE = write('{"keytype":"MODE","subject":"s","magic":0,"seq":0,"node":0}', '{"mode":"READONLY"}')
R = record("R")
DELETED = (register("s"), delete("s"))


def no_config(scope: str = "") -> DeleteConfig:
    return DeleteConfig(subject_of(scope))


def no_mode(scope: str = "", *, recursive: bool = False) -> DeleteMode:
    return DeleteMode(subject_of(scope), recursive)


ROWS = (
    # config
    Row(
        "a config is written",
        (),
        level("FULL", "s"),
        ("CONFIG s: compatibilityLevel",),
        Config(compatibilityLevel="FULL"),
    ),
    Row(
        "what is not named keeps its value",
        (config("s", normalize=True),),
        level("FULL", "s"),
        ("CONFIG s: normalize compatibilityLevel",),
        Config(normalize=True, compatibilityLevel="FULL"),
    ),
    Row(
        "what is None is cleared",
        (config("s", normalize=True, alias="t"),),
        config("s", normalize=None),
        ("CONFIG s: alias",),
        Config(alias="t"),
    ),
    Row(
        "the same again writes nothing",
        (level("FULL", "s"),),
        level("FULL", "s"),
        (),
        Config(compatibilityLevel="FULL"),
    ),
    Row("nor does nothing", (level("FULL", "s"),), config("s"), (), Config(compatibilityLevel="FULL")),
    Row("a config may be set to nothing", (), config("s"), ("CONFIG s:",), Config()),
    Row("once", (config("s"),), config("s"), (), Config()),
    Row(
        "what is empty is not set",
        (),
        config("s", alias="", compatibilityGroup="", defaultMetadata=Metadata(tags={}), defaultRuleSet=RULES),
        ("CONFIG s: defaultRuleSet",),
        Config(defaultRuleSet=RULES),
    ),
    Row("nor the second time", (config("s", alias=""),), config("s", alias=""), (), Config()),
    Row("all have a config", (), level("FULL"), ("CONFIG : compatibilityLevel",)),
    Row("a context has one", (), level("FULL", ":.c:"), ("CONFIG :.c:: compatibilityLevel",)),
    Row("all contexts have one", (), level("FULL", ":.__GLOBAL:"), ("CONFIG :.__GLOBAL:: compatibilityLevel",)),
    Row("a subject without a schema has one", (), level("FULL", ":.c:s"), ("CONFIG :.c:s: compatibilityLevel",)),
    Row(
        "a config goes, and is answered",
        (level("FULL", "s"),),
        no_config("s"),
        ("CONFIG s: gone",),
        Config(compatibilityLevel="FULL"),
    ),
    Row(
        "under every key that the log has of it",
        (KARAPACE_CONFIG,),
        no_config(),
        ('CONFIG : gone by {"subject":null,"magic":0,"keytype":"CONFIG"}', "CONFIG : gone"),
        Config(compatibilityLevel="FULL"),
    ),
    Row(
        "that of all need not be there: what held is answered",
        (),
        no_config(),
        (),
        Config(compatibilityLevel="BACKWARD"),
    ),
    # modes
    Row("a mode is written", (), mode("READONLY", "s"), ("MODE s: READONLY",), "READONLY"),
    Row("in any case of letters", (), mode("readOnly", "s"), ("MODE s: READONLY",), "READONLY"),
    Row("the same again writes nothing", (mode("READONLY"),), mode("READONLY"), (), "READONLY"),
    Row("none clears it", (mode("READONLY", "s"),), mode(None, "s"), ("MODE s: gone",)),
    Row("where there is none, too", (), mode(None, "s"), ()),
    Row(
        "under every key that the log has of it",
        (REDPANDA_MODE,),
        mode(None, "s"),
        ('MODE s: gone by {"keytype":"MODE","subject":"s","magic":0,"seq":0,"node":0}', "MODE s: gone"),
    ),
    Row("a read-only mode does not forbid another mode", (mode("READONLY"),), mode("READWRITE"), ("MODE : READWRITE",)),
    Row("all may forward", (), mode("FORWARD", ":.__GLOBAL:"), ("nothing", "MODE :.__GLOBAL:: FORWARD"), "FORWARD"),
    # IMPORT clears
    Row("an import begins with nothing", (), mode("IMPORT", "s"), ("nothing", "MODE s: IMPORT"), "IMPORT"),
    Row(
        "what was deleted softly goes for good",
        DELETED,
        mode("IMPORT", "s"),
        ("FORMAT 1", "HIGHEST .: 1", "SCHEMA s 1: gone", "DELETE_SUBJECT s: gone", "nothing", "MODE s: IMPORT"),
    ),
    Row(
        "in all of a context",
        (register(":.c:s"), delete(":.c:s"), *DELETED),
        mode("IMPORT", ":.c:"),
        (
            "FORMAT 1",
            "HIGHEST .c: 1",
            "SCHEMA :.c:s 1: gone",
            "DELETE_SUBJECT :.c:s: gone",
            "nothing",
            "MODE :.c:: IMPORT",
        ),
    ),
    Row(
        "in all contexts",
        (register(":.c:s"), delete(":.c:s"), *DELETED),
        mode("IMPORT"),
        (
            "FORMAT 1",
            "HIGHEST .: 1",
            "HIGHEST .c: 1",
            "SCHEMA s 1: gone",
            "DELETE_SUBJECT s: gone",
            "SCHEMA :.c:s 1: gone",
            "DELETE_SUBJECT :.c:s: gone",
            "nothing",
            "MODE : IMPORT",
        ),
    ),
    Row("force clears nothing", (register("s"),), mode("IMPORT", "s", force=True), ("MODE s: IMPORT",)),
    Row("nor does an import within an import", (mode("IMPORT"), *()), mode("IMPORT", "s"), ("MODE s: IMPORT",)),
    Row(
        "what goes together may refer to each other",
        (register("s", R), register("t", '"R"', to("s", 1, "R")), delete("t"), delete("s")),
        mode("IMPORT"),
        (
            "FORMAT 1",
            "HIGHEST .: 2",
            "SCHEMA s 1: gone",
            "DELETE_SUBJECT s: gone",
            "SCHEMA t 1: gone",
            "DELETE_SUBJECT t: gone",
            "nothing",
            "MODE : IMPORT",
        ),
    ),
    # modes go
    Row("a mode goes, and is answered", (mode("READONLY", "s"),), no_mode("s"), ("MODE s: gone",), "READONLY"),
    Row("that of all need not be there: what holds is answered", (), no_mode(), (), "READWRITE"),
    Row(
        "a context's may go with those of its subjects",
        (mode("READONLY", ":.c:"), mode("READONLY", ":.c:b"), mode("READONLY", ":.c:a"), mode("READONLY", "s")),
        no_mode(":.c:", recursive=True),
        ("MODE :.c:: gone", "MODE :.c:a: gone", "MODE :.c:b: gone"),
        "READONLY",
    ),
    Row(
        "though the context has none",
        (mode("READONLY", ":.c:b"),),
        no_mode(":.c:", recursive=True),
        ("MODE :.c:b: gone",),
    ),
    Row("or nobody", (), no_mode(":.c:", recursive=True), ()),
    Row(
        "a subject has nobody below it",
        (mode("READONLY", "s"), mode("READONLY", "s.a")),
        no_mode("s", recursive=True),
        ("MODE s: gone",),
        "READONLY",
    ),
    Row(
        "all of the default context go with that of all",
        (mode("READONLY", "s"), mode("READONLY", ":.c:s")),
        no_mode(recursive=True),
        ("MODE s: gone",),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.promise)
def test_setting_is_accepted(row: Row) -> None:
    """A change of a setting writes the records of its row, answers as it says, and is then what the state says."""
    registry = accept(row)
    if isinstance(row.command, SetMode):
        assert queries.own_mode(registry.state, row.command.scope) == registry.decide(row.command).answer
    else:
        assert isinstance(row.command, DeleteMode) or _is_true(registry.state, row.command, row.answer)


def _is_true(state: Any, command: Any, answer: Any) -> bool:
    own = queries.own_config(state, command.scope)
    return own is None if isinstance(command, DeleteConfig) else answer is None or own == answer


READ_ONLY = "Subject s in context  is in read-only mode"
INVALID_MODE = "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD."
FOUND = "Cannot import since found existing subjects"
HELD = "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=s,version=1}."

REFUSED = (
    # config
    Refused(
        "a level is one of seven", (), level("SOME", "s"), 42203, "Invalid compatibility level. Valid values are none"
    ),
    Refused(
        "a policy is one of three",
        (),
        config("s", compatibilityPolicy="LAX"),
        42203,
        "Valid values are STRICT, LENIENT, LOGICAL",
    ),
    Refused("default rules are well formed", (), config("s", defaultRuleSet=BAD_RULES), 42210, "Missing rule name"),
    Refused("override rules too", (), config("s", overrideRuleSet=BAD_RULES), 42210, "Missing rule name"),
    Refused(
        "a config belongs to a subject",
        (),
        level("FULL", "__GLOBAL"),
        42208,
        "The specified subject '__GLOBAL' is not a valid.",
    ),
    Refused("or to a context", (), level("FULL", ":*:"), 42208, "The specified subject ':*:' is not a valid."),
    Refused("nothing is set where all is read only", (mode("READONLY"),), level("FULL", "s"), 42205, READ_ONLY),
    Refused(
        "nor for all",
        (mode("READONLY"),),
        level("FULL"),
        42205,
        "Subject null in context  is in read-only mode",
    ),
    Refused("nor taken away", (level("FULL", "s"), mode("READONLY")), no_config("s"), 42205, READ_ONLY),
    Refused("what is not set cannot be taken away", (level("FULL"),), no_config("s"), 40401, "Subject 's' not found."),
    # modes
    Refused("a mode is one of five", (), mode("WRITING", "s"), 42204, INVALID_MODE),
    Refused("an empty one is none", (), mode("", "s"), 42204, INVALID_MODE),
    Refused("only all may forward", (), mode("forward", "s"), 42204, "Forward mode only supported on global level"),
    Refused("not even the default context", (), mode("FORWARD"), 42204, "Forward mode only supported on global level"),
    Refused("a mode belongs to a subject", (), mode("READONLY", "__EMPTY"), 42208, "is not a valid."),
    Refused("modes may be fixed", (), mode("READONLY"), 42205, "Mode changes are not allowed", FIXED),
    Refused("then none goes either", (), no_mode(), 42205, "Mode changes are not allowed", FIXED),
    Refused("nor is one cleared", (), mode(None), 42205, "Mode changes are not allowed", FIXED),
    Refused("an import begins where nothing lives", (register("s"),), mode("IMPORT", "s"), 42205, FOUND),
    Refused("in the context", (register(":.c:s"),), mode("IMPORT", ":.c:"), 42205, FOUND),
    Refused("in all contexts", (register(":.c:s"),), mode("IMPORT"), 42205, FOUND),
    Refused("forwarding begins like an import", (register("s"),), mode("FORWARD", ":.__GLOBAL:"), 42205, FOUND),
    Refused(
        "nor does it take what others refer to",
        (register("s", R), register("t", '"R"', to("s", 1, "R")), delete("t"), delete("s")),
        mode("IMPORT", "s"),
        42206,
        HELD,
    ),
    Refused(
        "a mode that is not set cannot be taken away",
        (mode("READONLY"),),
        no_mode("s"),
        40401,
        "Subject 's' not found.",
    ),
    Refused("nor a context's", (), no_mode(":.c:"), 40401, "Subject ':.c:' not found."),
)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.promise)
def test_setting_is_refused(row: Refused) -> None:
    """A change of a setting that may not be says why, under Confluent's code."""
    refuse(row)


LEVELS = (
    # (scope, level) that are set; whose level; what it is
    ((), "s", "BACKWARD"),
    ((("", "FULL"),), "s", "FULL"),
    ((("", "FULL"), ("s", "NONE")), "s", "NONE"),
    ((("", "FULL"),), ":.c:s", "BACKWARD"),
    (((":.__GLOBAL:", "FORWARD"),), "s", "FORWARD"),
    (((":.__GLOBAL:", "FORWARD"),), ":.c:s", "FORWARD"),
    (((":.__GLOBAL:", "FORWARD"), ("", "FULL")), "s", "FULL"),
    (((":.__GLOBAL:", "FORWARD"), ("", "FULL")), ":.c:s", "FORWARD"),
    (((":.__GLOBAL:", "FORWARD"), (":.c:", "FULL")), ":.c:s", "FULL"),
    (((":.c:", "FULL"), (":.c:s", "NONE")), ":.c:s", "NONE"),
    (((":.c:", "FULL"), (":.c:s", "NONE")), ":.c:", "FULL"),
    (((":.__GLOBAL:", "FORWARD"), ("", "FULL")), ":.__GLOBAL:", "FORWARD"),
)


@pytest.mark.parametrize(("settings", "scope", "expected"), LEVELS)
def test_the_nearest_level_holds(settings: tuple[tuple[str, str], ...], scope: str, expected: str) -> None:
    """A level is the subject's own, else its context's, else that of all contexts, else the server's."""
    registry = after(tuple(level(name, at) for at, name in settings))
    effective = queries.effective_config(registry.state, subject_of(scope), registry.defaults.config)
    assert effective.compatibilityLevel == expected


@pytest.mark.parametrize(("settings", "scope", "expected"), LEVELS)
def test_the_nearest_mode_holds(settings: tuple[tuple[str, str], ...], scope: str, expected: str) -> None:
    """Modes are looked for in the same places as levels."""
    modes = {"NONE": "READONLY", "FULL": "READONLY_OVERRIDE", "FORWARD": "IMPORT", "BACKWARD": "READWRITE"}
    registry = after(tuple(mode(modes[name], at) for at, name in settings))
    assert queries.effective_mode(registry.state, subject_of(scope)) == modes[expected]


def test_each_field_of_a_config_has_its_own_nearest_place() -> None:
    """A subject that sets one field takes all others from above; only an alias is nobody else's."""
    registry = after(
        (
            config(":.__GLOBAL:", validateFields=True, normalize=False, alias="nobody"),
            config("", compatibilityLevel="FULL", compatibilityGroup="major"),
            config("s", normalize=True),
        )
    )
    effective = queries.effective_config(registry.state, subject_of("s"), registry.defaults.config)
    assert effective == Config(
        normalize=True,
        validateFields=True,
        validateNewSchemas=True,
        compatibilityLevel="FULL",
        compatibilityGroup="major",
    )


def test_an_alias_leads_one_hop() -> None:
    """An alias stands for its target, in its own context unless it says otherwise, and not for the target's target."""
    registry = after(
        (config("a", alias="b"), config("b", alias="c"), config(":.x:a", alias="b"), config(":.x:d", alias=":.:b"))
    )
    state = registry.state
    leads = {at: str(queries.aliased(state, subject_of(at))) for at in ("a", "b", "c", ":.x:a", ":.x:d")}
    assert leads == {"a": "b", "b": "c", "c": "c", ":.x:a": ":.x:b", ":.x:d": "b"}
    assert queries.aliases(state)[subject_of("b")] == [subject_of("a"), subject_of(":.x:d")]
    assert [alias for names in queries.aliases(state).values() for alias in names] == [
        subject_of(at) for at in ("a", ":.x:d", "b", ":.x:a")
    ]


@pytest.mark.parametrize(
    "step",
    [register("s", INT), delete("s"), delete("s", 1), level("FULL", "s"), no_config("s")],
    ids=lambda step: type(step).__name__,
)
def test_a_mode_that_forbids_one_write_allows_it_again_when_it_is_gone(step: Any) -> None:
    """What a read-only mode refuses is done once the mode is gone."""
    before: tuple[Step, ...] = (FREE, register("s"), level("FORWARD", "s"))
    refuse(Refused("", (*before, mode("READONLY", "s")), step, 42205, "is in read-only mode"))
    forced = step if not hasattr(step, "force") else register("s", INT, force=True)
    assert after((*before, mode("READONLY", "s"), no_mode("s"))).decide(forced).writes


def test_ids_go_on_after_an_import_cleared_them() -> None:
    """What an import clears is remembered: a registration after it gets an id that nobody ever had."""
    registry = after((register("s"), *gone("s"), *DELETED, mode("IMPORT"), mode("READWRITE")))
    assert registry.do(register("s", INT)).record.id == 3
