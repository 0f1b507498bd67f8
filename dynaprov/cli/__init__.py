"""The command line: options, streams, prompts and exit codes around the use cases."""
