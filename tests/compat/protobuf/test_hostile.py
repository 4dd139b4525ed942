"""Texts and descriptors that are meant to hurt: refused, in little time, and nothing else breaks."""

import base64
import sys
from pathlib import Path
from random import Random

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet

from compat.policy import TooMuch
from compat.protobuf import protoc
from compat.protobuf.protoc import Limits, Refused, compiled
from compat.protobuf.tokens import LONGEST_TEXT, prepared
from compat.schema import InvalidSchema
from tests.compat.protobuf.texts import LAYOUT, PROTO2, PROTO3, new, stored


def nested(opening: str, inner: str, depth: int) -> str:
    return opening * depth + inner + "}" * depth


REFUSED = {
    "messages 100 deep": nested("message A {", "", 100),
    "messages 20,000 deep": nested("message A {", "", 20_000),
    "groups 3,000 deep": "message A {" + nested("optional group G = 1 {", "", 3000) + "}",
    "an option 5,000 deep": f"option (o) = {nested('{ o ', '', 5000)};",
    "an option 5,000 deep, other brackets closed between": f"option (o) = {'{ o ) ] > ' * 5000};",
    "an option of lists 5,000 deep": f"option (o) = {{ o: {'[' * 5000}{']' * 5000} }};",
    "an option in angle brackets, 5,000 deep": f"option (o) = {{ o {'< o ' * 5000}{'>' * 5000} }};",
    "20,000 minus signs": f"message A {{ optional int32 x = 1 [default = {'-' * 20_000}1]; }}",
    "a name of 100,000 letters": f"message {'A' * 100_000} {{}}",
    "a package of 100,000 letters": f"package {'a.' * 50_000}a;",
    "strings that never end": "option java_package = " + "'\\" * 100_000,
    "comments that never end": "/*" * 100_000 + "*" * 100_000,
    "imports without an end": "import " * 100_000,
    "very many imports": 'import "a";' * 20_000,
    "a file that is too long": "// " + " " * LONGEST_TEXT,
    "digits without an end": f"message A {{ optional int32 x = {'9' * 100_000}; }}",
    "only brackets": "}" * 100_000,
    "something with option map_entry = true;": "message A { message A { option map_entry = true; " * 20_000,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_text_that_is_meant_to_hurt_is_refused(text: str) -> None:
    """Native parsers are known to die of some of these; here they cost a refusal."""
    with pytest.raises(InvalidSchema):
        new(PROTO2 + text)


TAKEN = {
    "messages 30 deep": nested("message A {", "", 30),
    "18,000 fields": "message A {" + "".join(f"int32 f{n} = {n};" for n in range(1, 18_000)) + "}",
    "a string of 2 MB": f'option java_package = "{"a" * 2_000_000}";',
    "3,000 messages beside each other": "".join(f"message M{n} {{}}" for n in range(3000)),
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_a_text_that_is_only_large_is_taken(text: str) -> None:
    """Size alone is no reason to refuse."""
    assert new(PROTO3 + text).file


def described(file: FileDescriptorProto) -> str:
    return base64.b64encode(file.SerializeToString()).decode()


def deep(depth: int) -> FileDescriptorProto:
    file = FileDescriptorProto()
    message: DescriptorProto = file.message_type.add(name="A")
    for _ in range(depth - 1):
        message = message.nested_type.add(name="A")
    return file


@pytest.mark.parametrize(
    "text",
    [
        described(deep(90)),
        described(FileDescriptorProto(dependency=["/etc/passwd"])),
        described(FileDescriptorProto(dependency=["default"])),
        described(FileDescriptorProto(public_dependency=[7])),
        described(FileDescriptorProto(syntax="proto9")),
        described(FileDescriptorProto(package="a..b")),
        described(FileDescriptorProto(message_type=[DescriptorProto(name='A { } message "B')])),
        described(FileDescriptorProto(message_type=[DescriptorProto(name="A", reserved_name=['"; } message B {'])])),
        base64.b64encode(b"\x22\xff\xff\xff\xff\x0f").decode(),
        base64.b64encode(b"\x22\x02\x12" * 30_000).decode(),
        "A" * 400_000,
    ],
    ids=lambda text: text[:30],
)
def test_a_descriptor_that_is_meant_to_hurt_is_refused(text: str) -> None:
    """It is looked at by protoc before anything is made of it."""
    with pytest.raises(InvalidSchema):
        new(text).describe()


def damaged(data: bytes, random: Random) -> bytes:
    """A few bytes other than they were, gone or doubled."""
    found = bytearray(data)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(found))
        match random.randrange(3):
            case 0:
                found[at] = random.choice([0, 1, 2, 8, 10, 18, found[at] ^ 1, random.randrange(256)])
            case 1:
                del found[at : at + random.randint(1, 6)]
            case _:
                found[at:at] = found[max(0, at - random.randint(1, 30)) : at]
    return bytes(found)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_damaged_is_refused_or_is_another_schema(seed: int) -> None:
    """Texts and descriptors, as new ones or as stored ones: every form of what is taken can be made."""
    random = Random(seed)
    texts = [text.encode() for text, _ in LAYOUT]
    descriptors = [new(text).file.SerializeToString() for text, _ in LAYOUT]
    for _ in range(60):
        text = damaged(random.choice(texts), random).decode(errors="replace")
        descriptor = base64.b64encode(damaged(random.choice(descriptors), random)).decode()
        for sent in (text, descriptor):
            try:
                schema = random.choice([new, stored])(sent)
                made = (
                    schema.describe(),
                    schema.describe(normalize=True),
                    schema.rendered("serialized"),
                    schema.tags(),
                )
            except InvalidSchema:
                continue
            assert all(found is not None for found in made)


def test_a_string_that_is_no_text_is_written_in_numbers() -> None:
    """In proto2 a default may be so; the Python library hands out bytes for it."""
    schema = new(PROTO2 + r'message A { optional string s = 1 [default = "a\377"]; }')
    assert r'[default = "a\377"]' in schema.describe().text


def test_names_in_a_descriptor_are_no_paths_and_no_arguments() -> None:
    """The name of a file means nothing to the process that looks at it."""
    for name in ("-o/tmp/x", "--help", "/etc/passwd", "a=b:c", "\n"):
        assert (
            new(described(FileDescriptorProto(name=name, message_type=[DescriptorProto(name="A")]))).file.name
            == "default"
        )


def test_the_name_of_a_reference_is_no_argument() -> None:
    """It is a name in a set of descriptors, whatever is in it."""
    name = "--cpp_out=x:y=z"
    schema = new(PROTO3 + f'import "{name}"; message A {{ B b = 1; }}', (name, PROTO3 + "message B {}"))
    assert schema.files.file[0].name == name


def test_a_compiler_without_memory_costs_a_refusal() -> None:
    """Its limit is its own."""
    text = PROTO3 + "".join(f"message M{n} {{ int32 x = 1; }}" for n in range(20_000))
    with pytest.raises(Refused) as refused:
        compiled(text.encode(), FileDescriptorSet(), Limits(memory=30 << 20))
    assert "broke down" in refused.value.complaints[0].message


def test_a_descriptor_that_would_be_too_large_costs_a_refusal() -> None:
    """What protoc writes has a limit too."""
    text = PROTO3 + "".join(f"message M{n} {{ int32 x = 1; }}" for n in range(2000))
    with pytest.raises(Refused) as refused:
        compiled(text.encode(), FileDescriptorSet(), Limits(output=1 << 14))
    assert "would have more than" in refused.value.complaints[0].message


@pytest.fixture
def spinning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that never comes to an end."""
    program = tmp_path / "protoc"
    program.write_text(f"#!{sys.executable}\nwhile True: pass\n")
    program.chmod(0o755)
    monkeypatch.setattr(protoc, "program", lambda: program)


@pytest.mark.usefixtures("spinning")
def test_a_compiler_that_does_not_end_is_ended() -> None:
    """By its limit of processor time; and by the clock, when it does nothing."""
    with pytest.raises(Refused) as refused:
        compiled(b"", FileDescriptorSet(), Limits(seconds=1))
    assert "needs more than 1 seconds" in refused.value.complaints[0].message
    with pytest.raises(TooMuch, match=r"longer than 0\.2 seconds"):
        compiled(b"", FileDescriptorSet(), Limits(patience=0.2))


def test_the_look_before_protoc_takes_linear_time() -> None:
    """A second look at what was seen would take hours with these."""
    for text in ("import 'a", "'", "/", "/*", "map_entry {", "message A {} map_entry ", '"\\', "\ufeff", "a."):
        try:
            prepared(text * 30_000)
        except InvalidSchema:
            continue
