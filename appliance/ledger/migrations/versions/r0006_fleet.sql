CREATE INDEX flag_open ON flag (attempt) WHERE state = 'open';

CREATE INDEX gap_by_end ON gap (ends_at);

CREATE INDEX segment_by_time ON segment (kind, starts_at, duration);

CREATE INDEX event_missed ON event (wall) WHERE type = 'analysis.missed';

CREATE INDEX event_altered ON event (position) WHERE type IN ('upstream.altered', 'upstream.restored');
