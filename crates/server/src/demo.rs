//! The demo's world: an invented province, its portals, its catalogue and its citizens.
//!
//! Places, departments, documents and people are invented; nothing here may carry a claim about quality.

mod catalogue;
mod personas;
pub mod populate;
pub mod simulate;
mod sites;

pub use catalogue::{catalogue, taxonomy};
pub use personas::{Persona, personas};
pub use sites::{DemoColumn, DemoSite, columns, sites};

use anyhow::{Result, ensure};
use jiff::tz::{Offset, TimeZone};

/// The zone of the demo: China has had no summer time since 1991, so no table of zones is needed.
fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// Refuses a file of a format this build does not know.
fn known_format(file: &str, format: u32) -> Result<()> {
    ensure!(format == 1, "{file} has format {format}, expected 1");
    Ok(())
}

#[cfg(test)]
mod confidence;
#[cfg(test)]
mod tests;
