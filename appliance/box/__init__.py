"""What the processes of one box share: folders, clock, health, pictures, tokens, and how a process starts and stops."""
