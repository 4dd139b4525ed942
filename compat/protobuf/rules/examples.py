"""A pair for each rule that breaks it: what was written, and what reads it. Texts without a syntax line are proto3."""

from typing import Final

_PROTO2: Final = 'syntax = "proto2"; '
_EDITION: Final = 'edition = "2023"; '

EXAMPLES: Final[dict[str, tuple[str, str]]] = {
    "PACKAGE_CHANGED": ("package p; message A { int32 x = 1; }", "package q; message A { int32 x = 1; }"),
    "SYNTAX_CHANGED": (_PROTO2 + "message A { optional int32 x = 1; }", "message A { optional int32 x = 1; }"),
    "FILE_OPTION_CHANGED": (
        'option java_package = "a"; message A { int32 x = 1; }',
        'option java_package = "b"; message A { int32 x = 1; }',
    ),
    "SERVICE_REMOVED": (
        "message A { int32 x = 1; } service S { rpc Ask(A) returns (A); }",
        "message A { int32 x = 1; } service S {}",
    ),
    "RPC_CHANGED": (
        "message A { int32 x = 1; } service S { rpc Ask(A) returns (A); }",
        "message A { int32 x = 1; } service S { rpc Ask(A) returns (stream A); }",
    ),
    "MESSAGE_REMOVED": ("message A { int32 x = 1; } message B { int32 y = 1; }", "message A { int32 x = 1; }"),
    "MESSAGE_TYPE_RENAMED": (
        "message A { B b = 1; } message B { int32 y = 1; } message C { int32 y = 1; }",
        "message A { C b = 1; } message B { int32 y = 1; } message C { int32 y = 1; }",
    ),
    "NUMBER_NOT_RESERVED": ("message A { int32 x = 1; string s = 2; }", "message A { int32 x = 1; }"),
    "RESERVATION_REMOVED": ("message A { reserved 2; int32 x = 1; }", "message A { int32 x = 1; string s = 2; }"),
    "EXTENSION_RANGE_REMOVED": (
        _PROTO2 + "message A { extensions 100 to 200; }",
        _PROTO2 + "message A { extensions 100 to 150; }",
    ),
    "ENUM_REMOVED": ("message A { int32 x = 1; } enum E { Z = 0; }", "message A { int32 x = 1; }"),
    "ENUM_VALUE_REMOVED": (
        "message A { E x = 1; } enum E { Z = 0; Y = 1; }",
        "message A { E x = 1; } enum E { reserved 1; Z = 0; }",
    ),
    "ENUM_VALUE_RENAMED": (
        "message A { E x = 1; } enum E { Z = 0; Y = 1; }",
        "message A { E x = 1; } enum E { Z = 0; W = 1; }",
    ),
    "ENUM_VALUE_NOT_RESERVED": (
        "message A { E x = 1; } enum E { Z = 0; Y = 1; }",
        "message A { E x = 1; } enum E { Z = 0; }",
    ),
    "ENUM_CLOSEDNESS_CHANGED": (
        _EDITION + "message A { E x = 1; } enum E { option features.enum_type = CLOSED; Z = 0; }",
        _EDITION + "message A { E x = 1; } enum E { Z = 0; }",
    ),
    "FIELD_WIRE_TYPE_CHANGED": ("message A { int32 x = 1; }", "message A { string x = 1; }"),
    "FIELD_ENCODING_CHANGED": ("message A { int32 x = 1; }", "message A { sint32 x = 1; }"),
    "MESSAGE_ENCODING_CHANGED": (
        _PROTO2 + "message A { optional group G = 1 { optional int32 y = 1; } }",
        _PROTO2 + "message A { optional G g = 1; message G { optional int32 y = 1; } }",
    ),
    "BYTES_READ_AS_MESSAGE": (
        "message A { bytes x = 1; } message B { int32 y = 1; }",
        "message A { B x = 1; } message B { int32 y = 1; }",
    ),
    "MESSAGE_READ_AS_STRING": (
        "message A { B x = 1; } message B { int32 y = 1; }",
        "message A { string x = 1; } message B { int32 y = 1; }",
    ),
    "MESSAGE_READ_AS_BYTES": (
        "message A { B x = 1; } message B { int32 y = 1; }",
        "message A { optional bytes x = 1; } message B { int32 y = 1; }",
    ),
    "FIELD_NARROWED": ("message A { int64 x = 1; }", "message A { int32 x = 1; }"),
    "FIELD_SIGN_CHANGED": ("message A { int32 x = 1; }", "message A { uint32 x = 1; }"),
    "BYTES_READ_AS_STRING": ("message A { bytes x = 1; }", "message A { string x = 1; }"),
    "REPEATED_PACKED_READ_AS_SINGULAR": ("message A { repeated int32 x = 1; }", "message A { int32 x = 1; }"),
    "REPEATED_READ_AS_SINGULAR": ("message A { repeated string x = 1; }", "message A { string x = 1; }"),
    "SINGULAR_READ_AS_REPEATED": ("message A { optional int32 x = 1; }", "message A { repeated int32 x = 1; }"),
    "REPEATED_READ_AS_MAP": (
        "message A { repeated E m = 1; } message E { string k = 1; int32 v = 2; }",
        "message A { map<string, int32> m = 1; } message E { string k = 1; int32 v = 2; }",
    ),
    "MAP_ENTRY_WITH_MORE_FIELDS": (
        "message A { repeated E m = 1; } message E { string k = 1; int32 v = 2; int32 w = 3; }",
        "message A { map<string, int32> m = 1; } message E { string k = 1; int32 v = 2; int32 w = 3; }",
    ),
    "MAP_READ_AS_REPEATED": (
        "message A { map<string, int32> m = 1; } message E { string key = 1; int32 value = 2; }",
        "message A { repeated E m = 1; } message E { string key = 1; int32 value = 2; }",
    ),
    "ENUM_VALUE_UNKNOWN": (
        _PROTO2 + "message A { optional E x = 1; } enum E { Z = 0; Y = 1; }",
        _PROTO2 + "message A { optional E x = 1; } enum E { Z = 0; }",
    ),
    "FIELD_ENUM_CHANGED": (
        "message A { E x = 1; } enum E { Z = 0; Y = 1; } enum F { FZ = 0; FY = 1; }",
        "message A { F x = 1; } enum E { Z = 0; Y = 1; } enum F { FZ = 0; FY = 1; }",
    ),
    "REQUIRED_FIELD_ADDED": (
        _PROTO2 + "message A { optional string x = 1; }",
        _PROTO2 + "message A { required string x = 1; }",
    ),
    "REQUIRED_FIELD_REMOVED": (
        _PROTO2 + "message A { required int32 x = 1; }",
        _PROTO2 + "message A { reserved 1; }",
    ),
    "REQUIRED_RELAXED": (
        _PROTO2 + "message A { required int32 x = 1; }",
        _PROTO2 + "message A { optional int32 x = 1; }",
    ),
    "FIELD_REMOVED": ("message A { int32 x = 1; string s = 2; }", "message A { int32 x = 1; reserved 2; }"),
    "PRESENCE_LOST": ("message A { optional int32 x = 1; }", "message A { int32 x = 1; }"),
    "EMPTY_MESSAGE_LOST": (
        "message A { B x = 1; } message B { int32 y = 1; }",
        "message A { bytes x = 1; } message B { int32 y = 1; }",
    ),
    "ZERO_READ_AS_DEFAULT": (
        "message A { int32 x = 1; }",
        _PROTO2 + "message A { optional int32 x = 1 [default = 5]; }",
    ),
    "DEFAULT_CHANGED": (
        _PROTO2 + "message A { optional int32 x = 1 [default = 5]; }",
        _PROTO2 + "message A { optional int32 x = 1 [default = 6]; }",
    ),
    "FIELD_RENAMED": ("message A { string first_name = 1; }", "message A { string last_name = 1; }"),
    "JSON_NAME_CHANGED": ("message A { int32 x = 1; }", 'message A { int32 x = 1 [json_name = "ex"]; }'),
    "FIELD_JSON_FORM_CHANGED": ("message A { string x = 1; }", "message A { bytes x = 1; }"),
    "FIELD_DECLARATION_CHANGED": ("message A { int32 x = 1; }", "message A { int64 x = 1; }"),
    "FIELDS_JOINED_IN_ONEOF": (
        "message A { int32 x = 1; int32 y = 2; }",
        "message A { oneof o { int32 x = 1; int32 y = 2; } }",
    ),
    "ONEOF_CHOICE_LOST": (
        "message A { oneof o { int32 x = 1; string s = 2; } }",
        "message A { int32 x = 1; oneof o { string s = 2; } }",
    ),
    "ONEOF_FIELD_REMOVED": (
        "message A { oneof o { int32 x = 1; string s = 2; } }",
        "message A { reserved 2; oneof o { int32 x = 1; } }",
    ),
    "ONEOF_CHANGED": (
        "message A { oneof o { int32 x = 1; string s = 2; } }",
        "message A { oneof q { int32 x = 1; string s = 2; } }",
    ),
}
