"""Which certificate browsers see: the box's own, the site's, or one that is fetched and renewed."""
