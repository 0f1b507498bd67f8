"""Plans and runs for people and machines: one document, several views."""
