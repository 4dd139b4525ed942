"""Lint: what a schema says though it breaks nobody, and should say otherwise.

A rule is one row of a table (`avro`, `json`, `protobuf`, `references`) and one function that finds its faults in one
document; `linting` reads the documents and judges. Nothing here compares two schemas.
"""
