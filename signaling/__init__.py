"""The conversation with a browser over Socket.IO: validated messages in, facts and media offers out."""
