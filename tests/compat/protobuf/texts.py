"""Texts that are no schema, with what is said of them; and schemas with the text that is stored of them."""

from compat.protobuf import ProtobufSchema, parse
from compat.schema import Referent, Source

PROTO2 = 'syntax = "proto2";\n'
PROTO3 = 'syntax = "proto3";\n'


def source(text: str, *referents: tuple[str, str]) -> Source:
    return Source("PROTOBUF", text, tuple(Referent(name, other) for name, other in referents))


def new(text: str, *referents: tuple[str, str]) -> ProtobufSchema:
    return parse(source(text, *referents), strict=True)


def stored(text: str, *referents: tuple[str, str]) -> ProtobufSchema:
    return parse(source(text, *referents), strict=False)


REFUSED = [  # (text, what is said)
    (PROTO3 + "message A { int32 x = 1 }", 'Expected ";" (line 2, column 25)'),
    (PROTO3 + "message A { int32 x; }", "Missing field number (line 2, column 20)"),
    (PROTO3 + "message A { strin x = 1; }", "\"strin\" is not defined; did you mean 'string'? (line 2, column 13)"),
    (PROTO3 + "message A { Addres x = 1; }\nmessage Address {}", "did you mean 'Address'? (line 2, column 13)"),
    (
        PROTO3 + "message A { FieldMask m = 1; }",
        'is import "google/protobuf/field_mask.proto" missing? (line 2, column 13)',
    ),
    (
        PROTO3 + 'import "google/protobuf/timestamp.proto";\nmessage A { Timestamp t = 1; }',
        "did you mean 'google.protobuf.Timestamp'? (line 3, column 13)",
    ),
    (PROTO3 + "message A { int32 x = 1; int32 x = 2; }", '"x" is already defined in "A" (line 2, column 32)'),
    (PROTO3 + "message A { int32 x = 1; int32 y = 1; }", "Field number 1 has already been used"),
    (PROTO3 + "message A { int32 x = 0; }", "Field numbers must be positive integers (line 2, column 23)"),
    (PROTO3 + "message A { int32 x = 536870912; }", "Field numbers cannot be greater than 536870911"),
    (PROTO3 + "message A { int32 x = 19000; }", "the field numbers from 19000 to 19999 belong to Protobuf itself"),
    (PROTO3 + "message A { reserved 1; int32 x = 1; }", 'Field "x" uses reserved number 1 (line 2, column 22)'),
    (PROTO3 + 'message A { reserved "x"; int32 x = 1; }', 'Field name "x" is reserved (line 2, column 33)'),
    (PROTO3 + "enum E { A = 1; }", "The first enum value must be zero"),
    (PROTO3 + "enum E { A = 0; B = 0; }", '"B" uses the same enum value as "A"'),
    (PROTO3 + "enum E {}", "Enums must contain at least one value"),
    (PROTO3 + "message A { required int32 x = 1; }", "Required fields are not allowed in proto3"),
    (PROTO3 + "message A { int32 x = 1 [default = 1]; }", "Explicit default values are not allowed in proto3"),
    (PROTO3 + "message A { map<float, int32> x = 1; }", "Key in map fields cannot be float/double"),
    (PROTO3 + "message A { int32 x = 1 [foo = 1]; }", "there is no option foo (line 2, column 26)"),
    (PROTO3 + "message A { int32 x = 1 [(foo) = 1]; }", "the option (foo) is defined by none of the imports"),
    (PROTO3 + "message A { int32 a_b = 1; int32 aB = 2; }", "The default JSON name of field"),
    (PROTO3 + "message A { extensions 4 to 5; }", "Extension ranges are not allowed in proto3"),
    (PROTO3 + "message A { optional group G = 1 {} }", "Groups are not supported in proto3 syntax"),
    (PROTO3 + "message A { oneof o { optional int32 x = 1; } }", "Fields in oneofs must not have labels"),
    (PROTO3 + "message A { option map_entry = true; }", "write map<KeyType, ValueType> instead"),
    (
        PROTO3 + "message A { repeated .A.E m = 1; message E { option map_entry = true; string k = 1; } }",
        "write map<KeyType, ValueType> instead",
    ),
    (PROTO3 + "message A { string s = 1; /* never closed", "End-of-file inside block comment"),
    (PROTO3 + "message A { string s = 1; }}", "this '}' closes no '{' (line 2, column 28)"),
    (PROTO3 + "hello world", "this is no statement of a .proto file"),
    ('syntax = "proto4";', 'Unrecognized syntax identifier "proto4"'),
    ('{"type": "string"}', "this looks like JSON"),
    (PROTO3 + "message \0A {}", "(line 2, column 9)"),
    (PROTO3 + 'message A { string s = 1 [json_name = "\ud800"]; }', "halves of characters"),
    (PROTO3 + 'import "a.proto";', "'a.proto' is imported, but is not among the references"),
    (
        PROTO3 + 'import "google/protobuf/timestmp.proto";',
        "did you mean 'google/protobuf/timestamp.proto'? (line 2, column 1)",
    ),
    (PROTO3 + 'import "default";', "'default' is imported, but is not among the references"),
    (PROTO3 + 'import "/etc/passwd";', "'/etc/passwd' is no name to import"),
    (PROTO3 + 'import "a/../../etc/passwd";', "is no name to import"),
    (PROTO3 + 'import "a\\\\b.proto";', "is no name to import"),
    (PROTO3 + 'import "./a.proto";', "is no name to import"),
    (PROTO3 + 'import "../" "a.proto";', "'../a.proto' is no name to import"),
    ("AAAA", "neither the text of a .proto file nor base64"),
    ("CgZ", "neither the text of a .proto file nor base64"),
]

LAYOUT = [  # (text, what is stored of it)
    (
        """// A comment.
        syntax = "proto3"; package p.q; import public "google/protobuf/any.proto"; import "google/protobuf/empty.proto";
        option java_package = "x";
        message A {
          option deprecated = true; reserved 4, 6 to 8; reserved "old", 'older';
          B b = 1; optional int32 n = 2 [deprecated = true];
          oneof o { int32 x = 9; q.A.C c = 10; }
          repeated string s = 0x3 [json_name = "S", deprecated = false]; map<string, p.q.B> m = 5;
          message C {} enum E { Z = 0; reserved 5, 10 to max; } message D { google.protobuf.Any any = 1; }
        }
        enum F { G = 0; H = -0x1 [deprecated = true]; }
        message B { A.E e = 1; }
        service S {
          rpc M (A) returns (stream B);
          rpc N (stream A) returns (google.protobuf.Empty) { option deprecated = true; }
        }
        """,
        """syntax = "proto3";
package p.q;

import "google/protobuf/empty.proto";
import public "google/protobuf/any.proto";

option java_package = "x";

message A {
  reserved 4, 6 to 8;
  reserved "old", "older";

  option deprecated = true;

  .p.q.B b = 1;
  optional int32 n = 2 [deprecated = true];
  repeated string s = 3 [
    deprecated = false,
    json_name = "S"
  ];
  map<string, .p.q.B> m = 5;

  oneof o {
    int32 x = 9;
    .p.q.A.C c = 10;
  }

  message C {}
  message D {
    .google.protobuf.Any any = 1;
  }
  enum E {
    reserved 5, 10 to max;
    Z = 0;
  }
}
message B {
  .p.q.A.E e = 1;
}
enum F {
  G = 0;
  H = -1 [deprecated = true];
}

service S {
  rpc M (.p.q.A) returns (stream .p.q.B);
  rpc N (stream .p.q.A) returns (.google.protobuf.Empty) {
    option deprecated = true;
  };
}
""",
    ),
    (
        """
        message A {
          optional int32 i = 1 [default = 0x10]; required string s = 2 [default = 'a"\\'\\n\\x01é'];
          extensions 100 to 199, 300 to max;
          optional bytes b = 3 [default = "\\000\\377\\""]; optional float f = 4 [default = -inf];
          repeated double d = 5 [packed = true];
          oneof o { int32 x = 7; group H = 8 {} }
          optional group G = 6 { optional E e = 1 [default = N]; }
          extend A { optional int32 inner = 100; }
        }
        enum E { option allow_alias = true; N = -1; M = -1; }
        extend A { optional int32 ext = 101; repeated A more = 102; }
        """,
        """
message A {
  optional int32 i = 1 [default = 16];
  required string s = 2 [default = "a\\"\\'\\n\\001é"];
  optional bytes b = 3 [default = "\\000\\377\\""];
  optional float f = 4 [default = -inf];
  repeated double d = 5 [packed = true];

  oneof o {
    int32 x = 7;

    group H = 8 {}
  }

  optional group G = 6 {
    optional .E e = 1 [default = N];
  }

  extensions 100 to 199, 300 to max;

  extend .A {
    optional int32 inner = 100;
  }
}
enum E {
  option allow_alias = true;
  N = -1;
  M = -1;
}

extend .A {
  optional int32 ext = 101;
  repeated .A more = 102;
}
""",
    ),
    (
        """edition = "2024"; package e; import option "confluent/meta.proto"; option features.field_presence = IMPLICIT;
        local message A {
          A a = 1 [features.message_encoding = DELIMITED]; reserved foo, bar;
          int32 r = 2 [features.field_presence = LEGACY_REQUIRED,
            (confluent.field_meta) = {doc: "d", tags: "PII", tags: "X"}];
          export enum E { option features.enum_type = CLOSED; Z = 1; }
        }
        """,
        """edition = "2024";
package e;

import option "confluent/meta.proto";

option features.field_presence = IMPLICIT;

local message A {
  reserved foo, bar;

  .e.A a = 1 [features.message_encoding = DELIMITED];
  int32 r = 2 [
    features.field_presence = LEGACY_REQUIRED,
    (confluent.field_meta) = {
      doc: "d",
      tags: [
        "PII",
        "X"
      ]
    }
  ];

  export enum E {
    option features.enum_type = CLOSED;
    Z = 1;
  }
}
""",
    ),
    (
        """syntax = "proto2"; package p.confluent; import "confluent/meta.proto";
        import "google/protobuf/descriptor.proto";
        option (.confluent.file_meta).doc = "a 'quote'";
        message confluent { option (.confluent.message_meta) = {params {key: "k"}}; }
        extend .google.protobuf.FieldOptions { repeated float opt = 50000; optional Deep deep = 50001; }
        message Deep {
          optional bytes b = 1; map<int32, Deep> m = 3;
          optional group G = 2 { optional bool x = 1; } extensions 4; }
        extend Deep { optional sint64 far = 4; }
        message A { optional int32 a = 1 [(opt) = 0.1, (opt) = inf,
          (deep) = {b: "\\377" G {x: true} m {key: 2 value {}} [p.confluent.far]: -1}]; }
        """,
        """package p.confluent;

import "confluent/meta.proto";
import "google/protobuf/descriptor.proto";

option (.confluent.file_meta) = {
  doc: "a \\'quote\\'"
};

message confluent {
  option (.confluent.message_meta) = {
    params: [
      {
        key: "k",
        value: ""
      }
    ]
  };
}
message Deep {
  optional bytes b = 1;
  map<int32, .p.confluent.Deep> m = 3;

  optional group G = 2 {
    optional bool x = 1;
  }

  extensions 4;
}
message A {
  optional int32 a = 1 [
    (p.confluent.opt) = 0.1,
    (p.confluent.opt) = inf,
    (p.confluent.deep) = {
      b: "\\377",
      G: {
        x: true
      },
      m: [
        {
          key: 2,
          value: {
          }
        }
      ],
      [p.confluent.far]: -1
    }
  ];
}

extend .google.protobuf.FieldOptions {
  repeated float opt = 50000;
  optional .p.confluent.Deep deep = 50001;
}
extend .p.confluent.Deep {
  optional sint64 far = 4;
}
""",
    ),
]
