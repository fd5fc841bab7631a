"""What causes faults: kills between two steps, and disks without room."""
