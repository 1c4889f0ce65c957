"""What a recording file is: its name, its parts, MP4 and WebM. Shared by who records, plays and cuts."""
