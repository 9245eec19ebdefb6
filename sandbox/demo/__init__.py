"""The demo organization: clusters with real names and the faults that are met in the field."""
