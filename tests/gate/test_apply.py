"""`momus apply`: a plan is done once and whole, however often it is broken off, and never where the registry moved."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from select import select
from typing import Any

import pytest

from momus.client import ConfigUpdate, Reference, Schema
from momus.testing import Registry
from tests.client.rogue import Answer, Drop, Seen
from tests.gate.planning import apply, client, front, is_empty, plan, states, steps
from tests.gate.repositories import ID, NOTE, NOTE_WITH_DEFAULT, Repository, field, record, repository
from tests.served import MOMUS, PATIENCE, environment

ORDER = "schemas/order.avsc"
CONFIG = 'version: 1\nschemas:\n  - {path: "schemas/*.avsc", subject: "{stem}-value"}\n'
FILES = {
    "schemas/address.avsc": record(field("street", "string"), name="Address"),
    ORDER: record(ID, field("to", ["null", "Address"], default=None)),
    "schemas/user.avsc": record(field("home", "Address"), name="User"),
}


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    return repository(tmp_path / "shop", FILES, CONFIG + "subjects: {order-value: {level: FULL}}\n")


def reviewed(shop: Repository, registry: Any, *flags: str) -> None:
    plan(shop, registry, "-o", "plan.json", *flags)


def results(done: Any) -> list[tuple[str, str]]:
    return [(one["subject"], one["outcome"]) for one in json.loads(done.stdout)["results"]]


# ------------------------------------------------------------------------------------------------ a reviewed plan


def test_reviewed_plan_is_applied_as_it_is(shop: Repository) -> None:
    """What was reviewed is done, whatever the files say by now; its table has the ids and versions."""
    with Registry() as registry, client(registry) as asked:
        reviewed(shop, registry)
        shop.write({ORDER: record(NOTE)})
        done = apply(shop, registry, "plan.json")
        assert asked.get_version("order-value").references[0].subject == "address-value"
        (row,) = [
            line.split() for line in done.stdout.splitlines() if line.startswith("done  order-value") and "reg" in line
        ]
        assert row[-2:] == ["1", str(asked.get_version("order-value").id)]
        again = apply(shop, registry, "plan.json", "--output", "json")
        assert {outcome for _, outcome in results(again)} == {"already"}
        assert [asked.list_versions(subject) for subject in asked.list_subjects()] == [[1], [1], [1]]


def _registered(subject: str, text: str) -> Callable[[Any], object]:
    return lambda asked: asked.register_schema(subject, Schema(text))


def _another_came_first(asked: Any) -> None:
    """Then the very schema of the plan."""
    address = (Reference("shop.Address", "address-value", 1),)
    asked.register_schema("user-value", Schema(record(field("home", "Address"), NOTE, name="User"), references=address))
    asked.register_schema("user-value", Schema(FILES["schemas/user.avsc"], references=address))


MOVED: dict[str, tuple[Callable[[Any], object], str]] = {
    "a subject was registered": (
        _registered("order-value", '"string"'),
        "'order-value' has versions 1 now, and had no version when the plan was made",
    ),
    "what is referred to has another version": (
        _registered("address-value", FILES["schemas/address.avsc"].replace("}", ', "default": ""}', 1)),
        "'address-value' has versions 1, 2 now, and had versions 1",
    ),
    "what is referred to was deleted": (
        lambda asked: asked.delete_subject("address-value"),
        "'address-value' has no version now, and had versions 1",
    ),
    "what is planned is there, and not as the next version": (
        _another_came_first,
        "'user-value' has versions 1, 2 now, and had no version",
    ),
    "what is referred to was deleted, and has another level to come": (
        lambda asked: asked.delete_subject("address-value"),
        "'address-value' has no version now, and had versions 1",
    ),
    "a level was set": (
        lambda asked: asked.set_config(ConfigUpdate(compatibility="NONE"), "order-value"),
        "compatibilityLevel of 'order-value' is NONE, and was None",
    ),
}


@pytest.mark.parametrize("case", MOVED)
def test_registry_that_moved_since_the_plan_is_left_alone(shop: Repository, case: str) -> None:
    """It says what moved, and writes nothing."""
    move, sentence = MOVED[case]
    with Registry() as registry, client(registry) as asked:
        asked.register_schema("address-value", Schema(FILES["schemas/address.avsc"]))
        if "another level" in case:
            shop.write({"momus.yaml": CONFIG + "subjects: {address-value: {level: FULL}}\n"})
        reviewed(shop, registry)
        move(asked)
        before = (asked.list_subjects(), asked.list_schemas(deleted=True))
        done = apply(shop, registry, "plan.json", code=1)
        assert sentence in done.stderr
        assert (asked.list_subjects(), asked.list_schemas(deleted=True)) == before


def test_version_that_has_another_id_has_moved(shop: Repository) -> None:
    """The same number of versions is not the same registry."""
    with Registry() as old, client(old) as asked:
        asked.register_schema("other", Schema('"int"'))
        asked.register_schema("address-value", Schema(FILES["schemas/address.avsc"]))
        reviewed(shop, old)
    with Registry() as new, client(new) as asked:
        asked.register_schema("address-value", Schema(FILES["schemas/address.avsc"]))
        made = json.loads((shop.root / "plan.json").read_text())
        shop.write({"plan.json": json.dumps(made | {"registry": new.url})})
        done = apply(shop, new, "plan.json", code=1)
        assert "version 1 has id 1, and had 2" in done.stderr


def test_somebody_else_may_have_done_it_already(shop: Repository) -> None:
    """What is there as the plan wants it is done, whoever did it."""
    with Registry() as registry, client(registry) as asked:
        reviewed(shop, registry)
        asked.register_schema("address-value", Schema(FILES["schemas/address.avsc"]))
        done = apply(shop, registry, "plan.json", "--output", "json")
        assert dict(results(done))["address-value"] == "already"
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))


@pytest.mark.parametrize(("number", "is_answered"), [(2, True), (3, False)], ids=["after a write", "before one"])
def test_apply_that_is_killed_goes_on_where_it_was(shop: Repository, number: int, *, is_answered: bool) -> None:
    """Killed at a write, whether it happened or not, the next run does the rest, and nothing twice."""
    writes: list[str] = []
    running: list[subprocess.Popen[str]] = []

    def answer(seen: Seen, behind: Callable[[], Answer]) -> Answer:
        is_write = seen.method == "PUT" or (
            seen.method == "POST" and seen.target.partition("?")[0].endswith("/versions")
        )
        if not is_write:
            return behind()
        writes.append(seen.target)
        if len(writes) != number:
            return behind()
        if is_answered:
            behind()
        running[0].kill()
        raise Drop

    with Registry() as registry, front(registry, answer) as before, client(registry) as asked:
        reviewed(shop, before)
        command = [*MOMUS, "apply", "plan.json", "--yes", "--registry", before.url]
        with subprocess.Popen(
            command, cwd=shop.root, env=environment(), stdout=subprocess.DEVNULL, text=True
        ) as process:
            running.append(process)
            assert process.wait(PATIENCE) == -signal.SIGKILL
        done = apply(shop, before, "plan.json", "--output", "json")
        outcomes = [outcome for _, outcome in results(done)]
        already = number if is_answered else number - 1
        assert outcomes == ["already"] * already + ["done"] * (4 - already)
        assert [asked.list_versions(subject) for subject in asked.list_subjects()] == [[1], [1], [1]]
        assert asked.get_config("order-value").compatibility_level == "FULL"


# ------------------------------------------------------------------------------------------------ trouble on the way


def _refusing(target: str, refusal: Answer) -> Callable[[Seen, Callable[[], Answer]], Answer]:
    return lambda seen, behind: refusal if seen.method != "GET" and seen.target.startswith(target) else behind()


REFUSAL = Answer(422, b'{"error_code":42205,"message":"not today"}')


def test_it_stops_at_the_first_refusal_or_goes_on_without_what_depends(shop: Repository) -> None:
    """Whatever was not done is told, and is done by another run."""
    with Registry() as registry, front(registry, _refusing("/subjects/address-value/versions", REFUSAL)) as before:
        shop.write({"schemas/zebra.avsc": record(ID, name="Zebra")})
        done = apply(shop, before, "--output", "json", code=1)
        assert dict(results(done)) == {
            "address-value": "failed", "order-value": "skipped", "user-value": "skipped", "zebra-value": "skipped",
        }  # fmt: skip
        assert "not today" in json.loads(done.stdout)["results"][0]["note"]
        done = apply(shop, before, "--output", "json", "--continue-on-error", code=1)
        assert results(done)[-2:] == [("user-value", "skipped"), ("zebra-value", "done")]
        apply(shop, registry)
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))


def test_refused_actions_hold_up_everything_unless_it_is_to_go_on(shop: Repository) -> None:
    """A plan with a break does nothing; with --continue-on-error, all but the break and what needs it."""
    with Registry() as registry, client(registry) as asked:
        apply(shop, registry)
        shop.write({"schemas/user.avsc": record(NOTE, name="User"), "schemas/new.avsc": record(ID, name="New")})
        apply(shop, registry, code=1)
        assert "new-value" not in asked.list_subjects()
        done = apply(shop, registry, "--continue-on-error", "--output", "json", code=1)
        assert dict(results(done)) == {"new-value": "done", "user-value": "refused"}
        assert asked.list_versions("user-value") == [1]


def test_registry_that_goes_away_is_exit_4_and_what_was_done_is_told(shop: Repository) -> None:
    """The table has what there is to know, and the next run does the rest."""

    def answer(seen: Seen, behind: Callable[[], Answer]) -> Answer:
        if seen.method == "POST" and seen.target.startswith("/subjects/order-value/versions"):
            raise Drop
        return behind()

    config = CONFIG + "subjects: {order-value: {level: FULL}}\nregistry: {retries: 0}\n"
    shop.write({"momus.yaml": config})
    with Registry() as registry, front(registry, answer) as before:
        done = apply(shop, before, "--output", "json", code=4)
        assert results(done) == [("address-value", "done"), ("order-value", "failed")]
        apply(shop, registry)
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))


def test_registry_that_knows_little_is_enough(shop: Repository) -> None:
    """Without modes, lists of schemas and of referrers, and with answers that are ids alone, all is done and found."""

    def answer(seen: Seen, behind: Callable[[], Answer]) -> Answer:
        path = seen.target.partition("?")[0]
        if path.startswith("/mode") or path == "/schemas" or path.endswith("/referencedby"):
            return Answer(405, b'"Method Not Allowed"')
        told = behind()
        if seen.method == "POST" and path.endswith("/versions") and told.status == 200:
            return Answer(200, json.dumps({"id": json.loads(told.body)["id"]}).encode())
        return told

    with Registry() as registry, front(registry, answer) as poor, client(registry) as asked:
        reviewed(shop, poor)
        done = apply(shop, poor, "plan.json", "--output", "json")
        told = [one for one in json.loads(done.stdout)["results"] if one["action"] == "register"]
        assert [one["version"] for one in told] == [1, 1, 1]
        assert is_empty(plan(shop, poor, "--detailed-exitcode"))
        _gone(shop, registry, "user")
        apply(shop, poor, "--prune")
        assert "user-value" not in asked.list_subjects()


def test_registry_that_tells_inherited_settings_as_the_subjects_own_has_not_moved(shop: Repository) -> None:
    """As Apicurio does once a subject has versions; a level that somebody else set meanwhile has."""

    def answer(seen: Seen, behind: Callable[[], Answer]) -> Answer:
        path = seen.target.partition("?")[0]
        told = behind()
        if seen.method != "GET" or not path.startswith("/config/") or told.status != 404:
            return told
        with client(registry) as asked:
            subject = path.removeprefix("/config/")
            is_known = subject in asked.list_subjects()
            level = asked.get_config().compatibility_level
        return Answer(200, json.dumps({"compatibilityLevel": level}).encode()) if is_known else told

    with Registry() as registry, front(registry, answer) as before, client(registry) as asked:
        reviewed(shop, before)
        asked.set_config(ConfigUpdate("NONE"), "order-value")
        apply(shop, before, "plan.json", code=1)
        asked.delete_config("order-value")
        apply(shop, before, "plan.json")
        assert is_empty(plan(shop, before, "--detailed-exitcode"))
        assert asked.get_config("order-value").compatibility_level == "FULL"


def test_last_setting_is_taken_away_where_nothing_can_be_null(shop: Repository) -> None:
    """A registry that refuses null, as Karapace does, has its config of the subject deleted."""
    no_null = lambda seen, behind: (  # noqa: E731
        Answer(422, b'{"message":"null"}') if seen.method == "PUT" and b"null" in seen.body else behind()
    )
    with Registry() as registry, front(registry, no_null) as before, client(registry) as asked:
        apply(shop, before)
        assert asked.get_config("order-value").compatibility_level == "FULL"
        shop.write({"momus.yaml": CONFIG + "subjects: {order-value: {level: null}}\n"})
        apply(shop, before)
        assert is_empty(plan(shop, before, "--detailed-exitcode"))


def test_mode_that_a_registry_has_not_is_told(shop: Repository) -> None:
    """What the configuration asks for and the registry cannot do is a failure with a sentence."""
    shop.write({"momus.yaml": CONFIG + "subjects: {order-value: {mode: READONLY}}\n"})
    with Registry() as registry, front(registry, _refusing("/mode/", Answer(405, b'"Method Not Allowed"'))) as poor:
        done = apply(shop, poor, "--output", "json", code=1)
        (result,) = [one for one in json.loads(done.stdout)["results"] if one["action"] == "mode"]
        assert result["note"].startswith("this registry cannot do that")


def test_setting_that_a_registry_does_not_keep_is_a_failure(shop: Repository) -> None:
    """A registry that answers 200 and forgets has not done it."""
    shop.write({"momus.yaml": CONFIG + "subjects: {orders: {alias: order-value}}\n"})
    forgets = _refusing("/config/orders", Answer(200, b'{"compatibility":"BACKWARD"}'))
    with Registry() as registry, front(registry, forgets) as before:
        done = apply(shop, before, "--output", "json", code=1)
        (result,) = [one for one in json.loads(done.stdout)["results"] if one["action"] == "configure"]
        assert (result["outcome"], result["note"]) == (
            "failed",
            "the registry took the change, but does not keep alias",
        )


def test_registry_that_cannot_be_forced_says_what_to_do(tmp_path: Path) -> None:
    """An approved break that the registry refuses all the same is no success."""
    shop = repository(tmp_path, {ORDER: record(ID)}, CONFIG)
    with Registry() as registry, client(registry) as asked:
        apply(shop, registry)
        shop.write({ORDER: record(ID, NOTE)})
        (finding,) = plan(shop, registry, code=1)["actions"][0]["findings"]
        shop.run("approve", finding["fingerprint"], "--reason", "r", "--by", "t")
        strict = lambda seen, behind: (  # noqa: E731
            Answer(409, b'{"error_code":409,"message":"incompatible"}') if "force=true" in seen.target else behind()
        )
        with front(registry, strict) as before:
            done = apply(shop, before, "--output", "json", code=1)
        assert "set the level to NONE" in json.loads(done.stdout)["results"][0]["note"]
        assert asked.list_versions("order-value") == [1]


def test_registry_that_registers_nothing_anew_says_so(tmp_path: Path) -> None:
    """Where asking for a version by its number changes nothing, an older version does not become the latest."""
    shop = repository(tmp_path, {ORDER: record(ID)}, CONFIG)
    deaf = lambda seen, behind: (  # noqa: E731
        Answer(200, b'{"id":1,"version":1}') if b'"version":3' in seen.body else behind()
    )
    with Registry() as registry, front(registry, deaf) as before:
        apply(shop, registry)
        shop.write({ORDER: record(ID, NOTE_WITH_DEFAULT)})
        apply(shop, registry)
        shop.write({ORDER: record(ID)})
        done = apply(shop, before, "--reregister", "--output", "json", code=1)
        (result,) = json.loads(done.stdout)["results"]
        assert result["note"] == "this registry registers nothing anew: it is still version 1"


# ------------------------------------------------------------------------------------------------ pruning

PRUNED = CONFIG + 'registry: {managed: ["*-value"]}\n'


def _gone(shop: Repository, registry: Registry, *names: str) -> None:
    """All were registered, and some have no file any more."""
    shop.write({"momus.yaml": PRUNED})
    apply(shop, registry)
    for name in names:
        (shop.root / f"schemas/{name}.avsc").unlink()


def test_nothing_is_deleted_unless_it_is_asked_for(shop: Repository) -> None:
    """Extra subjects are told; with --prune they go, softly, and only those that are managed."""
    with Registry() as registry, client(registry) as asked:
        asked.register_schema("not-ours", Schema('"string"'))
        _gone(shop, registry, "user")
        made = plan(shop, registry)
        assert (made["actions"], states(made)["user-value"]) == ([], "extra")
        assert steps(plan(shop, registry, "--prune")) == [("delete", "user-value")]
        apply(shop, registry, "--prune")
        assert sorted(asked.list_subjects()) == ["address-value", "not-ours", "order-value"]
        assert "user-value" in asked.list_subjects(deleted=True)
        assert is_empty(plan(shop, registry, "--detailed-exitcode", "--prune"))


def test_what_is_referred_to_is_not_deleted_and_users_go_first(shop: Repository) -> None:
    """A subject that stays holds what it refers to; those that go, go before what they refer to."""
    with Registry() as registry, client(registry) as asked:
        _gone(shop, registry, "user", "order", "address")
        shop.write({"schemas/other.avsc": record(ID, name="Other")})
        assert [subject for _, subject in steps(plan(shop, registry, "--prune"))] == [
            "other-value",
            "order-value",
            "user-value",
            "address-value",
        ]
        text = FILES["schemas/user.avsc"].replace("User", "Foreign")
        held = asked.get_version("user-value").references
        asked.register_schema("foreign", Schema(text, references=held))
        made = plan(shop, registry, "--prune", code=1)
        assert made["actions"][-1]["refused"] == ["foreign refers to it"]
        apply(shop, registry, "--prune", "--continue-on-error", code=1)
        assert sorted(asked.list_subjects()) == ["address-value", "foreign", "other-value"]


def test_subject_that_is_used_again_is_not_deleted(shop: Repository) -> None:
    """A version that came since the plan was reviewed says that somebody needs the subject."""
    with Registry() as registry, client(registry) as asked:
        _gone(shop, registry, "user")
        reviewed(shop, registry, "--prune")
        stored = asked.get_version("user-value")
        text = record(field("home", "Address"), NOTE_WITH_DEFAULT, name="User")
        asked.register_schema("user-value", Schema(text, references=stored.references))
        done = apply(shop, registry, "plan.json", code=1)
        assert "'user-value' has versions 1, 2 now, and had versions 1" in done.stderr
        assert asked.list_versions("user-value") == [1, 2]


def test_deletion_for_good_wants_each_name(shop: Repository) -> None:
    """--yes is not enough; --confirm SUBJECT is, and nothing of the subject is left."""
    with Registry() as registry, client(registry) as asked:
        _gone(shop, registry, "user", "order")
        done = apply(shop, registry, "--permanent", "--confirm", "user-value", code=2)
        assert "--confirm order-value" in done.stderr
        assert "user-value" in asked.list_subjects()
        apply(shop, registry, "--permanent", "--confirm", "user-value", "--confirm", "order-value")
        assert asked.list_subjects(deleted=True) == ["address-value"]


# ------------------------------------------------------------------------------------------------ usage


def test_without_a_terminal_somebody_must_have_said_yes(shop: Repository) -> None:
    """A pipeline that forgot --yes ends with 2, and nothing is done."""
    with Registry() as registry, client(registry) as asked:
        done = shop.run("apply", "--registry", registry.url)
        assert (done.exit_code, "--yes" in done.stderr) == (2, True)
        assert asked.list_subjects() == []


@pytest.mark.parametrize("word", ["y", "n"])
def test_at_a_terminal_it_shows_the_plan_and_asks(shop: Repository, word: str) -> None:
    """Only a yes is a yes; while it plans and while it applies, a bar shows how far it is."""
    with Registry() as registry, client(registry) as asked:
        parent, child = pty.openpty()
        command = [*MOMUS, "apply", "--registry", registry.url]
        with subprocess.Popen(
            command, cwd=shop.root, env=environment(TERM="xterm"), stdin=child, stdout=child, stderr=child
        ) as process:
            os.close(child)
            shown = _read_until(parent, b"Do this?")
            assert b"order-value: register version 1" in shown
            assert b"Planning" in shown
            os.write(parent, f"{word}\n".encode())
            shown = _read_until(parent, None)
            assert process.wait(PATIENCE) == (0 if word == "y" else 1)
        os.close(parent)
        assert (b"Applying" in shown) is (word == "y")
        assert len(asked.list_subjects()) == (3 if word == "y" else 0)


def _read_until(terminal: int, mark: bytes | None) -> bytes:
    """With None, until the other end is closed."""
    shown = b""
    while mark is None or mark not in shown:
        assert select([terminal], [], [], PATIENCE)[0], shown
        try:
            part = os.read(terminal, 4096)
        except OSError:  # so Linux tells that it is closed
            return shown
        if not part:
            return shown
        shown += part
    return shown


WRONG_PLANS = {
    "nothing": ("", "is no plan"),
    "no JSON": ("{", "is no plan"),
    "another version": ('{"version": 2}', "is no plan of version 1"),
    "a snapshot": ('{"version": 1, "subjects": {}}', "is no plan"),
    "cut off": ('{"version": 1, "tool": "t", "registry": "r", "config": "c"}', "it has no `actions`"),
    "one that saw nothing": ("blind", "`seen` does not say what the registry had of"),
    "a member too many": ("more", "unknown field `more`"),
    "another registry": ("other", "the plan was made for http://elsewhere"),
}


@pytest.mark.parametrize("case", WRONG_PLANS)
def test_file_that_is_no_plan_for_this_registry_is_exit_2(shop: Repository, case: str) -> None:
    """What may mean something else is not done."""
    text, sentence = WRONG_PLANS[case]
    with Registry() as registry, client(registry) as asked:
        made = plan(shop, registry)
        edits = {"more": {"more": 1}, "other": {"registry": "http://elsewhere"}, "blind": {"seen": []}}
        if text in edits:
            text = json.dumps(made | edits[text])
        shop.write({"plan.json": text})
        done = apply(shop, registry, "plan.json", code=2)
        assert sentence in done.stderr
        assert apply(shop, registry, "nowhere.json", code=2).stderr
        assert asked.list_subjects() == []


def test_plan_needs_no_configuration_to_be_applied(shop: Repository, tmp_path: Path) -> None:
    """The job that applies may have the plan and nothing else, which knows its registry; an environment has a login."""
    with Registry() as registry, client(registry) as asked:
        reviewed(shop, registry)
        made = json.loads((shop.root / "plan.json").read_text())
        bare = Repository(tmp_path / "bare")
        bare.write({"plan.json": json.dumps(made), "prod.json": json.dumps(made | {"environment": "prod"})})
        apply(bare, registry, "prod.json", code=2)
        done = bare.run("apply", "plan.json", "--yes")
        assert done.exit_code == 0, done.output
        assert len(asked.list_subjects()) == 3


def test_plan_file_of_an_environment_is_applied_there(shop: Repository) -> None:
    """Which environment it was made for is in the plan; the secrets for it are not."""
    more = 'registry: {environments: {prod: {url: "${URL}", prefix: "p.", auth: {type: bearer, token: "${TOKEN}"}}}}\n'
    shop.write({"momus.yaml": CONFIG + more})
    tokens = set()

    def answer(seen: Seen, behind: Callable[[], Answer]) -> Answer:
        tokens.add(seen.headers.get("Authorization"))
        return behind()

    with Registry() as registry, front(registry, answer) as before, client(registry) as asked:
        variables = {"URL": before.url, "TOKEN": "hunter2"}
        assert shop.run("plan", "-e", "prod", "-o", "plan.json", **variables).exit_code == 0
        assert "hunter2" not in (shop.root / "plan.json").read_text()
        done = shop.run("apply", "plan.json", "--yes", **variables)
        assert done.exit_code == 0, done.output
        assert tokens == {"Bearer hunter2"}
        assert sorted(asked.list_subjects()) == ["p.address-value", "p.order-value", "p.user-value"]
        assert shop.run("plan", "-e", "prod", "--detailed-exitcode", **variables).exit_code == 0
        shop.write({ORDER: record(ID, NOTE_WITH_DEFAULT)})
        assert shop.run("plan", "-e", "prod", "--detailed-exitcode", **variables).exit_code == 5
