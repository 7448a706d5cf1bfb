//! What the end-to-end benches share: the program under load, and a client that measures.

pub mod load;
pub mod program;
