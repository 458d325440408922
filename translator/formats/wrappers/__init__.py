"""What collectors and runtimes put around the lines of programs, taken off again."""
