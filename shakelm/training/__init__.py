"""From a corpus and a configuration to a published version."""
