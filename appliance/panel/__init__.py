"""The box's front: what it shows with lights, buzzer and display, and what its buttons do."""
