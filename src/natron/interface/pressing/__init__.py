"""Metal pressed onto ceramic: contact, foils, the window between leaking and cracking."""
