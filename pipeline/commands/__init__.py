"""What each command does beside the main job, and what it prints."""
