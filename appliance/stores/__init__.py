"""Object stores behind one port: a folder, S3, Azure, Google, WebDAV."""
