"""Does every document that `old` accepts also satisfy `new`? Yes with a proof, no with a counterexample, or unknown."""

from compat.json.contain.contain import Containment, contains

__all__ = ["Containment", "contains"]
