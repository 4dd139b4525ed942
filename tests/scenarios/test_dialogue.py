"""The format of the scenarios itself: what is read, what counts as kept, and what is written again."""

import pytest

from tests.scenarios.dialogue import BadDialogue, Exchange, Reply, differences, parse, regenerated, sent

STORY = """settings: incompatible_code=409 dialect=narrow

# A comment that belongs to nobody.

# What is promised,
# in two lines.
POST /subjects/a%2Fb/versions?normalize=true  {"schema": `"int"`,
  "n": 1}
X-Request-ID: abc
200 {
  "id": 1,
  "guid": <guid>
  }
ETag: <any as etag>

GET /subjects
204
"""


def exchange(reply: str) -> Exchange:
    """An exchange that promises this reply."""
    return parse(f"GET /x\n{reply}\n").exchanges[0]


def found(promised: str, body: str, status: int = 200) -> list[str]:
    """What is wrong with a reply."""
    return differences(exchange(promised), Reply(status, {}, body), {})


def test_a_file_is_read_into_its_parts() -> None:
    """Settings, promise, request, headers, bodies over several lines: each is where it belongs."""
    dialogue = parse(STORY, "story")
    first, second = dialogue.exchanges
    assert dialogue.settings == {"incompatible_code": "409", "dialect": "narrow"}
    assert (first.line, first.promise) == (7, "What is promised, in two lines.")
    assert (first.method, first.target) == ("POST", "/subjects/a%2Fb/versions?normalize=true")
    assert first.headers == (("X-Request-ID", "abc"),)
    assert sent(first.body or "", {}) == b'{"schema": "\\"int\\"",\n"n": 1}'
    assert (first.status, first.reply_headers) == (200, (("ETag", "<any as etag>"),))
    assert (second.body, second.status, second.reply) == (None, 204, "")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("GET /x\n", "story:2: a request is followed by its status"),
        ("FETCH /x\n200\n", "story:1: neither comment nor request"),
        ("GET /x\n200 {}\nGET /y\n200\n", "story:3: a blank line ends an exchange"),
        ("GET /x\n200 {\n", "story:2:"),
        ("GET /x\n200 <nonsense>\n", "story:2: no wildcard: <nonsense>"),
        ("settings: loud\n", "story:1: a setting is written key=value"),
    ],
)
def test_a_bad_file_is_refused_by_its_line(text: str, complaint: str) -> None:
    """Who misspells a scenario is told where."""
    with pytest.raises(BadDialogue, match=complaint):
        parse(text, "story")


@pytest.mark.parametrize(
    ("promised", "body"),
    [
        ('200 {"a": 1, "b": [true, null]}', '{"b": [true, null], "a": 1}'),
        ('200 {"s": `"int"`}', '{"s": "\\"int\\""}'),
        ('200 {"a": 1, ...}', '{"a": 1, "b": 2}'),
        ("200 [1, ...]", "[1, 2, 3]"),
        ("200 [...]", "[]"),
        ("200 {...}", "{}"),
        ('200 {"a": <any>}', '{"a": [{}]}'),
        ('200 {"a": <int>}', '{"a": 0}'),
        ('200 {"a": <int?>}', "{}"),
        ('200 {"a": <bool>}', '{"a": false}'),
        ('200 {"a": <text>}', '{"a": "x"}'),
        ('200 {"a": <guid>}', '{"a": "095d71cf-1255-6b9d-5e33-0ad575b3df5d"}'),
        ('200 {"a": <contains "x > y", `"z"`>}', '{"a": "so x > y and \\"z\\""}'),
        ("200 <any>", "7"),
        ('200 = {"a":  1}', '{"a":  1}'),
        ('200 = <contains "# HELP">', "# HELP of it"),
        ("200", ""),
    ],
)
def test_a_reply_that_keeps_its_promise_passes(promised: str, body: str) -> None:
    """Order of members, wildcards and further members are no differences."""
    assert found(promised, body) == []


@pytest.mark.parametrize(
    ("promised", "body"),
    [
        ('200 {"a": 1}', '{"a": 2}'),
        ('200 {"a": 1}', '{"a": true}'),
        ('200 {"a": 1}', '{"a": 1.0}'),
        ('200 {"a": 1}', "{}"),
        ('200 {"a": 1}', '{"a": 1, "b": 2}'),
        ('200 {"a": 1}', '{"a": 1, "a": 1}'),
        ('200 {"a": 1, ...}', '{"b": 2}'),
        ("200 [1]", "[1, 2]"),
        ("200 [1, 2]", "[2, 1]"),
        ("200 [1, ...]", "[]"),
        ("200 {}", "[]"),
        ('200 {"a": <int>}', '{"a": true}'),
        ('200 {"a": <int>}', "{}"),
        ('200 {"a": <int?>}', '{"a": null}'),
        ('200 {"a": <text>}', '{"a": ""}'),
        ('200 {"a": <guid>}', '{"a": "095D71CF-1255-6b9d-5e33-0ad575b3df5d"}'),
        ('200 {"a": <contains "x", "y">}', '{"a": "x"}'),
        ("200 [{...}, {...}]", "[{}]"),
        ('200 = {"a":1}', '{"a": 1}'),
        ("200 {}", "<html>"),
        ("200", "{}"),
    ],
)
def test_a_reply_that_breaks_its_promise_fails(promised: str, body: str) -> None:
    """Nothing is nearly right: types, missing, surplus and repeated members all count."""
    assert found(promised, body) != []


def test_status_and_headers_count() -> None:
    """A reply is its status and the promised headers too."""
    promised = exchange('200 {}\nETag: "x"\nAge: <absent>')
    wrong = differences(promised, Reply(201, {"Age": "1"}, "{}"), {})
    assert wrong == [
        "status 201, promised 200",
        "header ETag is None, promised '\"x\"'",
        "header Age is '1', promised none",
    ]


def test_a_captured_value_is_used_in_what_follows() -> None:
    """`<guid as name>` keeps a value; `${name}` puts it into requests and promises."""
    variables: dict[str, str] = {}
    assert not differences(exchange('200 {"a": <int as n>}'), Reply(200, {}, '{"a": 7}'), variables)
    assert variables == {"n": "7"}
    assert sent('{"n": ${n}}', variables) == b'{"n": 7}'
    assert not differences(exchange('200 {"a": "${n}"}'), Reply(200, {}, '{"a": "7"}'), variables)


def test_bodies_may_be_long_and_no_text_at_all() -> None:
    """Repetitions and raw bytes have a short spelling."""
    assert sent('{"a": "<"xy" * 3>"}', {}) == b'{"a": "xyxyxy"}'
    assert sent('"<hex ff fe>"', {}) == b'"\xff\xfe"'


def test_regenerating_writes_what_differs_and_keeps_what_still_holds() -> None:
    """The reply is written anew, the wildcards that match stay, and no other line moves."""
    text = (
        '# One.\nGET /a\n200 {"id": 1, "ts": <int>, "g": <guid>, "l": [1, ...], ...}\nETag: <any>\n\nGET /b\n200 []\n'
    )
    dialogue = parse(text)
    reply = Reply(201, {"ETag": '"e"'}, '{"id": 2, "ts": 3, "g": "no", "l": [4, 5], "x": "`", "s": "\\"int\\""}')
    again = regenerated(dialogue, {2: reply})
    assert again == text.replace(
        '200 {"id": 1, "ts": <int>, "g": <guid>, "l": [1, ...], ...}',
        '201 {"id": 2, "ts": <int>, "g": "no", "l": [4, ...], ...}',
    )
    assert differences(parse(again).exchanges[0], reply, {}) == []


def test_a_regenerated_reply_reads_back_as_the_reply() -> None:
    """Whatever came, what is written for it promises exactly that, long replies and texts included."""
    dialogue = parse("GET /a\n200 {}\n\nGET /b\n200\n\nGET /c\n200 {}\n\nGET /d\n200 = x\n\nGET /e\n200 = <any>\n")
    replies = {
        1: Reply(200, {}, '{"a": "' + "x" * 200 + '", "b": [{"c": "\\"int\\""}, {"d": [1, 2]}], "e": {}, "f": null}'),
        4: Reply(404, {}, '[1, "ü", "a`\\"b"]'),
        7: Reply(200, {}, "# HELP x"),
        10: Reply(200, {}, "two\nlines"),
        13: Reply(500, {}, "any"),
    }
    again = parse(regenerated(dialogue, replies))
    found = [differences(each, replies[line], {}) for each, line in zip(again.exchanges, replies, strict=True)]
    assert found == [[]] * len(replies)
