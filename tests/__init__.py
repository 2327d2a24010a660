"""The run-time checker of shapes and types in tests: beartype, in which an int is a fine float (PEP 484)."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
