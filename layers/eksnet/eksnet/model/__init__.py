"""What things are: frozen facts, no behaviour that needs anything outside the standard library."""
