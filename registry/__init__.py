"""The service: HTTP, state, log, election. `build.py` puts the parts together."""
