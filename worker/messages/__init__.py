"""From results to Discord messages: texts, limits, escaping, components."""
