"""What a user or a deployment sets: files and environment variables, read strictly."""
