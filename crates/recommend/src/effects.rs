//! What follows from an answer, one component a file. Effects are data: the server acts on them after it answered.

pub mod impressions;
