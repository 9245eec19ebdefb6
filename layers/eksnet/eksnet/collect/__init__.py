"""AWS (or what `aws` printed) becomes a snapshot. Read only."""
