"""A version again with other tags, metadata or rules: a registration whose draft is made from that version."""

from registry.refusals import Reason
from registry.state import queries
from registry.state.commands import Draft, Register, Retag
from registry.state.decisions.decision import Decision, Defaults
from registry.state.decisions.permission import valid_subject
from registry.state.decisions.register import register
from registry.state.decisions.rules import valid_rules
from registry.state.facts import Facts
from registry.state.state import State
from registry.state.values import Rule, RuleSet, merged_rules


def retag(state: State, command: Retag, defaults: Defaults, facts: Facts) -> Decision:
    """Answers as a registration. Refuses with 40401, 40402, 42210 and all that a registration refuses with."""
    valid_subject(command.subject)
    if command.rules is not None and (command.rules_to_merge or command.rules_to_remove):
        raise Reason.INVALID_RULE_SET.refusal(
            details="ruleSet should be omitted if specifying rulesToMerge or rulesToRemove"
        )
    valid_rules(command.rules)
    valid_rules(command.rules_to_merge)
    if not queries.has_subject(state, command.subject):
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=command.subject)
    record = queries.version_or_latest(state, command.subject, command.version)
    if record is None or record.deleted:
        raise Reason.VERSION_NOT_FOUND.refusal(version=command.version)
    rules = command.rules or _changed(record.rules, command.rules_to_merge, command.rules_to_remove)
    draft = Draft(record.text, record.kind, record.references, command.metadata or record.metadata, rules)
    registration = Register(
        command.subject,
        draft,
        version=command.new_version,
        tags_to_add=command.tags_to_add,
        tags_to_remove=command.tags_to_remove,
    )
    return register(state, registration, defaults, facts)


def _changed(rules: RuleSet | None, merge: RuleSet | None, remove: tuple[str, ...]) -> RuleSet | None:
    merged = merged_rules(rules, merge)
    if merged is None or not remove:
        return merged

    def kept(members: tuple[Rule, ...]) -> tuple[Rule, ...]:
        return tuple(rule for rule in members if rule.name not in remove)

    return RuleSet(kept(merged.migrationRules), kept(merged.domainRules), kept(merged.encodingRules), merged.enableAt)
