"""The kinds of step, a module each: the catalogue of what eksnet can change."""
