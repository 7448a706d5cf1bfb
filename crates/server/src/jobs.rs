//! Work that runs beside requests: each job one file, all on the task tracker, all ended by the same token.

pub mod arms;
pub mod deliver;
pub mod follow;
pub mod live;
pub mod load;
pub mod logs;
pub mod tell;
pub mod train;
