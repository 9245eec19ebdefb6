"""Plans: what each kind of step means on a snapshot, and the proof that a plan does it."""
