"""Of which library a program's type is: the one place that says what a model is. Nothing is derived or made here.

No library of these is imported but msgspec; the others' types are recognized by what they offer, so that nobody needs
what he does not use.
"""

from dataclasses import is_dataclass
from typing import Any

import msgspec


def is_record(class_: Any) -> bool:
    """It has fields, of which a schema can be derived."""
    return is_msgspecs(class_) or is_pydantic(class_) or is_typed_dict(class_) or is_faust(class_)


def is_msgspecs(class_: Any) -> bool:
    """Its values are opened and made by msgspec: a dataclass, a class of attrs', or a struct."""
    return isinstance(class_, type) and (
        is_dataclass(class_) or hasattr(class_, "__attrs_attrs__") or issubclass(class_, msgspec.Struct)
    )


def is_pydantic(class_: Any) -> bool:
    return hasattr(class_, "model_fields") and hasattr(class_, "model_json_schema")


def is_typed_dict(class_: Any) -> bool:
    return isinstance(class_, type) and issubclass(class_, dict) and hasattr(class_, "__total__")


def is_faust(class_: Any) -> bool:
    return hasattr(class_, "from_data") and hasattr(class_, "asdict") and hasattr(class_, "_options")
