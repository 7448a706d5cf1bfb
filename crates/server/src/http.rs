//! What every request passes through, before and after its handler.

pub mod extract;
pub mod layers;
