"""Importing this registers every command."""

from eksnet.cli import audit, catalogue, verdict

__all__ = ["audit", "catalogue", "verdict"]
