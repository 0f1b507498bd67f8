"""Pure values that every other package speaks in; standard library and pydantic only, no IO."""
