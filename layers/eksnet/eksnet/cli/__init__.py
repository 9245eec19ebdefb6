"""The `eksnet` command."""
