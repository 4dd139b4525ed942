"""Rules about files: package, syntax, options, services. No message depends on them; names and code do."""

from collections.abc import Iterator
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorProto, MethodDescriptorProto

from compat.protobuf.rules.rule import Fault, Harm, Rule, Rung
from compat.protobuf.walk import Walk

PACKAGE_CHANGED: Final = Rule(
    "PACKAGE_CHANGED",
    "A file keeps its package: the full names of its messages begin with it.",
    "Register the schema of another package under another subject.",
    Harm.NAME,
    Rung.JSON,
    "PACKAGE_CHANGED",
)
SYNTAX_CHANGED: Final = Rule(
    "SYNTAX_CHANGED",
    "A file keeps its syntax or edition. What that changes for messages has rules of its own.",
    "Nothing has to be done for the bytes where no other rule is broken.",
    Harm.NONE,
    Rung.SOURCE,
    "SYNTAX_CHANGED",
    template="The syntax at path '{path}' in the {reader} schema is not that of the {writer} schema",
)
FILE_OPTION_CHANGED: Final = Rule(
    "FILE_OPTION_CHANGED",
    "The options of a file stay: generated code gets its names and places from them.",
    "Keep the options; go_package, java_package and the like are names for code.",
    Harm.NONE,
    Rung.SOURCE,
    "FILE_OPTION_CHANGED",
    template="The options at path '{path}' in the {reader} schema are not those of the {writer} schema",
)
SERVICE_REMOVED: Final = Rule(
    "SERVICE_REMOVED",
    "A service and its methods are kept.",
    "Deprecate it.",
    Harm.NONE,
    Rung.SOURCE,
    "SERVICE_REMOVED",
    template="The {reader} schema is missing a service or method at path '{path}' in the {writer} schema",
)
RPC_CHANGED: Final = Rule(
    "RPC_CHANGED",
    "A method keeps its request, its response, and which of them are streams.",
    "Add another method.",
    Harm.NONE,
    Rung.SOURCE,
    "RPC_CHANGED",
    template="The method at path '{path}' in the {reader} schema is not that of the {writer} schema",
)

NOT_FOR_CODE: Final = {"features", "deprecated"}


def judge(walk: Walk) -> Iterator[Fault]:
    writer, reader = walk.writer.root.proto, walk.reader.root.proto
    if writer.package != reader.package:
        yield _fault(PACKAGE_CHANGED, "#/", f"{writer.package or 'none'} to {reader.package or 'none'}")
    if (old := _syntax(writer)) != (new := _syntax(reader)):
        yield _fault(SYNTAX_CHANGED, "#/", f"{old} to {new}")
    if changed := _options(writer, reader):
        yield _fault(FILE_OPTION_CHANGED, "#/", ", ".join(changed))
    yield from _services(writer, reader)


def _syntax(file: FileDescriptorProto) -> str:
    return f"edition {file.edition}" if file.syntax == "editions" else file.syntax or "proto2"


def _options(writer: FileDescriptorProto, reader: FileDescriptorProto) -> list[str]:
    ours, theirs = ({field.name: value for field, value in one.options.ListFields()} for one in (reader, writer))
    return sorted(name for name in (ours.keys() | theirs.keys()) - NOT_FOR_CODE if ours.get(name) != theirs.get(name))


def _services(writer: FileDescriptorProto, reader: FileDescriptorProto) -> Iterator[Fault]:
    ours = {service.name: {method.name: method for method in service.method} for service in reader.service}
    for service in writer.service:
        path = f"#/{service.name}"
        if service.name not in ours:
            yield _fault(SERVICE_REMOVED, path)
            continue
        for method in service.method:
            here = ours[service.name].get(method.name)
            if here is None:
                yield _fault(SERVICE_REMOVED, f"{path}/{method.name}")
            elif _signature(here) != _signature(method):
                yield _fault(RPC_CHANGED, f"{path}/{method.name}")


def _signature(method: MethodDescriptorProto) -> tuple[object, ...]:
    streams = method.client_streaming, method.server_streaming
    return method.input_type, method.output_type, *streams, method.options.idempotency_level


def _fault(rule: Rule, path: str, info: str = "") -> Fault:
    return Fault(rule, None, path, rule.confluent, info=info)
