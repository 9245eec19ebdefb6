"""The use cases: look, judge, remember, tell; ``services`` makes what the deployed ones use."""
