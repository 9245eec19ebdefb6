"""The use cases: look and judge. Everything they need is handed to them."""
