"""The gate: schema changes of a repository checked by the server's own engine, with no server.

A `Tree` has files, a `Project` finds the schemas in it, a base has what was there before, `check` holds the one to the
other through `compat.level`, and `reports` tell what was found. Nothing here knows `registry`.
"""
