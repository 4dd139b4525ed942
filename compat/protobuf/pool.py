"""Files in a pool of the Python library, which makes classes of their messages: `loaded`."""

from collections.abc import Sequence

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from compat.schema import InvalidSchema


def loaded(files: Sequence[FileDescriptorProto]) -> DescriptorPool:
    """A pool with these files, which come in the order in which they are needed. Raises InvalidSchema.

    In proto2 two fields may have one name in JSON, which only protoc puts up with; here they get their own names then.
    """
    try:
        return _loaded(files)
    except TypeError:
        pass
    try:
        return _loaded([_with_plain_names(file) for file in files])
    except TypeError as error:
        raise InvalidSchema(f"Protobuf's library cannot load this schema: {error}") from None


def _loaded(files: Sequence[FileDescriptorProto]) -> DescriptorPool:
    pool = DescriptorPool()
    for file in files:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _with_plain_names(file: FileDescriptorProto) -> FileDescriptorProto:
    found = FileDescriptorProto.FromString(file.SerializeToString())
    waiting = list(found.message_type)
    while waiting:
        message = waiting.pop()
        waiting += message.nested_type
        for field in message.field:
            field.json_name = field.name
    return found
