"""What people may have removed, and what teachers may take away."""
