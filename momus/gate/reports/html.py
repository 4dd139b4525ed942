"""One page that needs nothing else: for an artifact of a pipeline, or a mail."""

from collections.abc import Iterator
from html import escape

from momus.gate.findings import Finding, Outcome
from momus.gate.reports.text import READS, place, summary, title

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
pre{background:#f4f4f2;padding:.6rem;overflow:auto;font:14px/1.45 ui-monospace,monospace;white-space:pre-wrap}
article{border-left:.3rem solid #888;padding:.1rem 1rem;margin:1.5rem 0}
article.error{border-color:#c0392b}article.warning{border-color:#d69e2e}article.approved{border-color:#2f855a}
.del{color:#a11}.ins{color:#161}.more{color:#666}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#242424}.more{color:#aaa}
.del{color:#f99}.ins{color:#9e9}td,th{border-color:#333}}
"""


def report(outcome: Outcome) -> str:
    body = "".join([*_top(outcome), *(part for finding in outcome.findings for part in _finding(finding))])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>'
        f"momus {outcome.verb}</title>"
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n'
        f"<body>{body}</body></html>\n"
    )


def _top(outcome: Outcome) -> Iterator[str]:
    yield f"<h1>{title(outcome)}</h1>\n"
    yield f'<p class="more">{escape(summary(outcome))}</p>\n'
    changed = [verdict for verdict in outcome.verdicts if verdict.status != "unchanged"]
    if changed:
        yield "<table><tr><th>Subject</th><th>File</th><th>Level</th><th>Verdict</th></tr>\n"
        for one in changed:
            cells = (one.subject, one.file, one.level, one.status)
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>\n"
        yield "</table>\n"


def _finding(finding: Finding) -> Iterator[str]:
    kind = "approved" if finding.approved else finding.severity
    yield f'<article class="{kind}" id="{finding.fingerprint}"><h2>{escape(finding.message)}</h2>\n'
    against = f", compared with {escape(str(finding.against))}" if finding.against else ""
    how = f", {READS[finding.direction]}" if finding.server_message and finding.path else ""
    yield f'<p class="more">{kind}: {finding.rule} in {escape(finding.subject)}{against}{how}<br>'
    yield f"{escape(place(finding))}</p>\n"
    if finding.old or finding.new:
        yield f'<pre><span class="del">- {escape(finding.old) or "(nothing)"}</span>\n'
        yield f'<span class="ins">+ {escape(finding.new) or "(nothing)"}</span></pre>\n'
    if finding.witness:
        yield f"<p>For example this message:</p><pre>{escape(finding.witness.json)}</pre>\n"
        yield f"<p>The reader: {escape(finding.witness.error)}</p>\n"
    if finding.referrers:
        yield f"<p>Used by {escape(', '.join(finding.referrers))}.</p>\n"
    if finding.fix:
        yield f"<p><b>Instead:</b> {escape(finding.fix)}</p>\n"
    if finding.approved:
        yield f"<p><b>Approved</b> by {escape(finding.approved.approved_by or 'somebody')}: "
        yield f"{escape(finding.approved.reason)}</p>\n"
    elif finding.severity == "error" and finding.can_be_approved:
        yield f'<p class="more">Meant? <code>momus approve {finding.fingerprint} --reason TEXT</code></p>\n'
    yield "</article>\n"
