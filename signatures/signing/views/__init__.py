"""Pages of signing: the tray, one document, a document's panel, one's own key."""
