"""Schemas that everybody may refer to without having them: the meta-schemas of the drafts."""

from functools import lru_cache

from compat.json.drafts import Json


@lru_cache(maxsize=64)
def known_schema(uri: str) -> Json | None:
    """The schema of a URI, a value of our own that nobody changes; None for all others."""
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # noqa: PLC0415  (a tenth of a second for what few schemas need)

    names = (uri, f"{uri}#", uri.removesuffix("#"))
    return next((REGISTRY[name].contents for name in names if name in REGISTRY), None)
