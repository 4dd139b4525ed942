"""Desired state against a live registry: `making` says what is to be done, `applying` does it, `telling` tells both.

A plan is a value (`values`), and a file that can be reviewed: it has all that applying needs, texts and metadata with
the rest, and what the registry had when it was made.
"""
