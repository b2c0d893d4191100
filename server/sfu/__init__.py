"""The media plane: everything between a browser's socket and the pure arithmetic of server/rtp."""
