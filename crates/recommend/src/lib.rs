//! The recommendation pipeline: sources, hydrators, filters, scorers, selectors, effects.
