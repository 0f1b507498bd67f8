<<<<<<< HEAD
"""Plans and runs for people and machines: one document, several views."""
=======
"""What a person or a program reads: the document, and its terminal, HTML and Markdown forms."""
>>>>>>> d70f982
