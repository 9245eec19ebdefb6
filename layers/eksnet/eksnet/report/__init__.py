"""Findings become what people and programs read. Pure."""
