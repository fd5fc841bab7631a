"""Discord messages from results: texts, formats, escaping, limits and components."""
