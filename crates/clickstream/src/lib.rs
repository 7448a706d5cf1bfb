//! From a tracker's bytes to a checked, pseudonymised, sessionised event on disk, or a counted reason why not.
