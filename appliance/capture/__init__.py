"""Receives what candidates publish, keeps it on disk, forwards it to viewers. It never encodes and never decodes."""
