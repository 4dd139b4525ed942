"""Classes of Protobuf messages made from texts, as generated ones are: by protoc's descriptors."""

from collections.abc import Mapping

from google.protobuf import descriptor_pb2, duration_pb2, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from compat import Referent, Source
from compat.protobuf import parse

KNOWN = (timestamp_pb2, wrappers_pb2, duration_pb2, descriptor_pb2)


def classes(texts: Mapping[str, str], *names: str) -> list[type[Message]]:
    """The classes of these names, from files by their import paths, each after those that it imports."""
    pool = DescriptorPool()
    for module in KNOWN:
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    before: list[Referent] = []
    for path, text in texts.items():
        file = descriptor_pb2.FileDescriptorProto()
        schema = parse(Source("PROTOBUF", text, tuple(before)), strict=True)
        file.CopyFrom(schema.file)
        file.name = path
        pool.AddSerializedFile(file.SerializeToString())
        before.append(Referent(path, text))
    return [GetMessageClass(pool.FindMessageTypeByName(name)) for name in names]
