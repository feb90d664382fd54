"""The first workspace for a drop: questions, answers, and the files that they make."""
