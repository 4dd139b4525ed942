"""The service: HTTP, state, log, election. `build.py` puts the parts together; no other file knows more than its neighbours."""
