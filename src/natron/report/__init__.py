"""Results as JSON and as pages."""
