"""`momus approve`: a break that is meant, written down with its reason, for all who check after us."""

from typing import Any

import click

from momus.commands.shared.asking import asked
from momus.commands.shared.ending import told
from momus.commands.shared.options import comparing


@click.command("approve")
@click.argument("fingerprint")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is meant: whoever reviews it will read this.")
@click.option("--by", "approved_by", metavar="NAME", help="Who approves.  [as git knows you, if it does]")
@click.option("--expires", metavar="DAY", help="Until when it holds, as 2027-01-31.")
@click.option("--ticket", metavar="TEXT", help="Where it was discussed.")
@comparing
def command(
    fingerprint: str, reason: str, approved_by: str | None, expires: str | None, ticket: str | None, **flags: Any
) -> None:
    """Add the finding FINGERPRINT of `momus check` to the approvals."""
    from datetime import date
    from getpass import getuser

    from momus.gate import approvals
    from momus.gate.check import run
    from momus.gate.faults import WrongConfiguration
    from momus.gate.findings import Approval
    from momus.gate.git import Repository

    if not reason.strip():
        raise click.UsageError("--reason is empty: say why.")
    if expires:
        try:
            date.fromisoformat(expires)
        except ValueError:
            raise click.UsageError(f"--expires must be a day as 2027-01-31, not '{expires}'.") from None
    with told():
        configuration, request = asked(flags)
        found = {finding.fingerprint: finding for finding in run(configuration, request).findings}
        finding = found.get(fingerprint)
        if finding is None:
            raise WrongConfiguration(
                f"no finding has the fingerprint {fingerprint}: `momus check` shows those there are"
            )
        if finding.is_unreadable:
            raise WrongConfiguration(
                f"{fingerprint} is of a schema that cannot be read: mend it, it cannot be approved"
            )
        who = approved_by or Repository(configuration.root).user()
        if not who:
            try:
                who = getuser()
            except (KeyError, OSError):  # a container's user may have no name
                who = ""
        approval = Approval(
            fingerprint, reason.strip(), finding.subject, finding.rule, who, expires or "", ticket or "",
            finding.direction,
        )  # fmt: skip
        approvals.add(configuration.root / configuration.approvals, approval)
        click.echo(f"{configuration.approvals}: {finding.rule} in {finding.subject} is approved. Commit it.")
