"""What goes around the loop: the best of each example, restarts, and searches for a radius or a weight."""
