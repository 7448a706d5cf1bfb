//! The catalogue's full-text index: Chinese and English, highlighting, facets, suggestions.
