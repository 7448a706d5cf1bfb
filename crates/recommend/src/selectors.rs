//! What makes the list, one component a file.

pub mod top_k;
