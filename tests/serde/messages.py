"""Classes as protoc generates them: a file with messages after maps and after enums, and one that imports it."""

from typing import Any

from tests.clients.messages import classes

MAIN = """
syntax = "proto3";
package shop;
enum State { NEW = 0; PAID = 1; }
message Order {
  map<string, Item> by_name = 4;
  int64 id = 1;
  message Item { string sku = 1; double price = 2; message Inner { int32 value = 1; } }
  repeated Item items = 2;
  optional bytes note = 3;
  State state = 5;
}
message Second { string text = 1; int32 number = 2; }
"""
USING = """
syntax = "proto3";
package shop;
import "main.proto";
import "google/protobuf/timestamp.proto";
message Deep { Order order = 1; google.protobuf.Timestamp at = 2; }
"""

_made: list[Any] = classes(
    {"main.proto": MAIN, "using.proto": USING}, "shop.Order", "shop.Second", "shop.Order.Item.Inner", "shop.Deep"
)
Order, Second, Inner, Deep = _made
