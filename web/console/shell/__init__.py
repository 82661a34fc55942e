"""What stands around the console's pages: banner, navigation with counts, theme, panels, notices."""
