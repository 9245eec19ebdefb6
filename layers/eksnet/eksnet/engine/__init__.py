"""Ask the checks, and be the only place where "unknown" is made."""
