//! The browser's part: SDK, service worker, demo portal and console, embedded.
