"""What a person or a program reads: the document, and its terminal, HTML and Markdown forms."""
