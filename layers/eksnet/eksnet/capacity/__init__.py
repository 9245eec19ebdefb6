"""Is there room, and until when: pure arithmetic on the snapshot, its history and the CNI model."""
