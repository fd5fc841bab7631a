"""The removal of a person's data, and the export for teachers."""
