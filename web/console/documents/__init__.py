"""The console's tab of documents and uploads (文件)."""
