"""Carrying out a plan: the only writer of AWS resources, journaled step by step."""
