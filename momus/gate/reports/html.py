"""One page that needs nothing else: for an artifact of a pipeline, or a mail."""

from collections.abc import Iterator
from html import escape

from momus.gate.findings import Finding, Outcome, Verdict
from momus.gate.reports.text import LONGEST_MESSAGE, READS, cut, message, place, summary, title, users, who

STYLE = """
:root{color-scheme:light dark;--text:#222;--more:#626262;--page:#fff;--code:#f4f4f2;--line:#ddd;--old:#a11;--new:#161;
--error:#c0392b;--warning:#b7791f;--info:#4a6fa5;--approved:#2f855a}
@media(prefers-color-scheme:dark){:root{--text:#ddd;--more:#aaa;--page:#181818;--code:#262626;--line:#3a3a3a;--old:#f99;
--new:#9e9;--error:#f0776b;--warning:#e3b04b;--info:#8fb0dd;--approved:#6fcf97}}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:var(--text);
background:var(--page);overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:0}h2{font-size:1.1rem;line-height:1.4;margin:.2rem 0 .4rem}
code,pre{font:.85rem/1.5 ui-monospace,monospace}pre{background:var(--code);padding:.5rem .7rem;margin:.5rem 0;
border-radius:.3rem;white-space:pre-wrap}p{margin:.4rem 0}a{color:inherit}
article{border-left:.3rem solid var(--info);padding:.1rem 0 .1rem 1rem;margin:1.6rem 0}
.error{border-color:var(--error)}.warning{border-color:var(--warning)}.approved{border-color:var(--approved)}
.kind{font-size:.8rem;letter-spacing:.04em;text-transform:uppercase;font-weight:600}
.error .kind,.incompatible,.invalid,.faulty{color:var(--error)}.warning .kind{color:var(--warning)}
.info .kind{color:var(--info)}.approved .kind,td.approved{color:var(--approved)}
.old{color:var(--old)}.new{color:var(--new)}.more{color:var(--more)}
.wide{overflow-x:auto;overflow-wrap:normal;margin:1rem 0}table{border-collapse:collapse;min-width:32rem;width:100%}
td,th{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
"""
SHOWN = 4000  # characters of a fragment or a witness


def report(outcome: Outcome) -> str:
    parts = [*_top(outcome), *(part for finding in outcome.findings for part in _finding(finding))]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>momus {outcome.verb}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{''.join(parts)}</body>\n</html>\n"
    )


def _top(outcome: Outcome) -> Iterator[str]:
    yield f"<h1>{title(outcome)}</h1>\n"
    yield f'<p class="more">{escape(summary(outcome))}</p>\n'
    changed = [verdict for verdict in outcome.verdicts if verdict.status != "unchanged"]
    if changed:
        first = {finding.subject: finding.fingerprint for finding in reversed(outcome.findings)}
        yield '<div class="wide"><table>\n<tr><th>Subject</th><th>Verdict</th><th>Level</th><th>File</th></tr>\n'
        yield from (_row(verdict, first.get(verdict.subject)) for verdict in changed)
        yield "</table></div>\n"


def _row(verdict: Verdict, finding: str | None) -> str:
    subject = escape(verdict.subject)
    if finding is not None:
        subject = f'<a href="#{finding}">{subject}</a>'
    return (
        f'<tr><td>{subject}</td><td class="{verdict.status}">{verdict.status}</td>'
        f"<td>{escape(verdict.level)}</td><td><code>{escape(verdict.file)}</code></td></tr>\n"
    )


def _finding(finding: Finding) -> Iterator[str]:
    kind = "approved" if finding.approved else finding.severity
    yield f'<article class="{kind}" id="{finding.fingerprint}">\n'
    yield f'<p><span class="kind">{kind}</span> <code>{escape(place(finding))}</code></p>\n'
    yield f"<h2>{escape(message(finding))}</h2>\n"
    yield f'<p class="more">{_about(finding)}</p>\n'
    if finding.old or finding.new:
        yield f'<pre><span class="old">{_signed("-", finding.old)}</span>\n'
        yield f'<span class="new">{_signed("+", finding.new)}</span></pre>\n'
    if finding.witness:
        yield f"<p>For example this message:</p>\n<pre>{escape(cut(finding.witness.json, SHOWN))}</pre>\n"
        yield f"<p>The reader: {escape(cut(finding.witness.error, LONGEST_MESSAGE))}</p>\n"
    if finding.referrers:
        yield f"<p>Used by {escape(users(finding))}.</p>\n"
    if finding.fix:
        yield f"<p><b>Instead:</b> {escape(finding.fix)}</p>\n"
    if finding.approved:
        yield f"<p><b>Approved</b> by {escape(who(finding.approved))}: "
        yield f"{escape(cut(finding.approved.reason, LONGEST_MESSAGE))}</p>\n"
    elif finding.severity == "error" and finding.can_be_approved:
        yield f'<p class="more">Meant? <code>momus approve {finding.fingerprint} --reason TEXT</code></p>\n'
    yield "</article>\n"


def _about(finding: Finding) -> str:
    subject = f" in <b>{escape(finding.subject)}</b>" if finding.subject else ""
    against = f", compared with {escape(str(finding.against))}" if finding.against else ""
    how = f": {READS[finding.direction]}" if finding.server_message and finding.path else ""
    return f"{escape(finding.rule)}{subject}{against}{how}"


def _signed(sign: str, text: str) -> str:
    return escape("\n".join(f"{sign} {line}" for line in cut(text or "(nothing)", SHOWN).split("\n")))
