"""Whether a rule set is well formed (error 42210). The rules and their texts are Confluent's `RuleSet.validate`."""

from msgspec import UNSET

from registry.refusals import Reason
from registry.state.values import Rule, RuleSet

LONGEST_NAME = 256


def valid_rules(rules: RuleSet | None) -> None:
    """Refuse a rule set that is not well formed."""
    if rules is None:
        return
    families = (
        ("Migration", rules.migrationRules, ("UPGRADE", "DOWNGRADE", "UPDOWN")),
        ("Domain", rules.domainRules, ("WRITE", "READ", "WRITEREAD")),
        ("Encoding", rules.encodingRules, ("WRITE", "READ", "WRITEREAD")),
    )
    names: set[object] = set()  # of all families together
    for family, members, modes in families:
        for rule in members:
            if rule.name in names:
                raise _refused(f"Found rule with duplicate name '{rule.name}'")
            _well_formed(rule)
            names.add(rule.name)
            if rule.mode not in modes:
                raise _refused(f"{family} rules can only be {', '.join(modes)}")


def _well_formed(rule: Rule) -> None:
    if rule.name is UNSET:
        raise _refused("Missing rule name")
    if not rule.name:
        raise _refused("Empty rule name")
    if len(rule.name) > LONGEST_NAME:
        raise _refused("Rule name too long")
    if not (rule.name[0].isalpha() or rule.name[0] == "_"):
        raise _refused(f"Illegal initial character in rule name: {rule.name}")
    if not all(character.isalpha() or character.isdecimal() or character in "_-" for character in rule.name):
        raise _refused(f"Illegal character in rule name: {rule.name}")
    if not rule.type:
        raise _refused("Missing rule type")
    if rule.mode not in ("WRITEREAD", "UPDOWN"):
        for action in (rule.onSuccess, rule.onFailure):
            if action is not UNSET and "," in action:
                raise _refused("Multiple actions only valid with WRITEREAD and UPDOWN")


def _refused(details: str) -> Exception:
    return Reason.INVALID_RULE_SET.refusal(details=details)
