//! Regions of addresses, from a file in MaxMind's DB format that the operator brings. Nothing is asked over the network.
//!
//! A record's own `region` wins (a division code of GB/T 2260, as a province's own file has it); else the first
//! subdivision of a GeoLite2 or DB-IP record: Chinese provinces become their code of GB/T 2260, other countries stay
//! their ISO 3166-1 code.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use maxminddb::Reader;
use serde::Deserialize;

use crate::CollectError;

/// ISO 3166-2:CN and GB/T 2260.
const PROVINCES: [(&str, &str); 34] = [
    ("BJ", "110000"),
    ("TJ", "120000"),
    ("HE", "130000"),
    ("SX", "140000"),
    ("NM", "150000"),
    ("LN", "210000"),
    ("JL", "220000"),
    ("HL", "230000"),
    ("SH", "310000"),
    ("JS", "320000"),
    ("ZJ", "330000"),
    ("AH", "340000"),
    ("FJ", "350000"),
    ("JX", "360000"),
    ("SD", "370000"),
    ("HA", "410000"),
    ("HB", "420000"),
    ("HN", "430000"),
    ("GD", "440000"),
    ("GX", "450000"),
    ("HI", "460000"),
    ("CQ", "500000"),
    ("SC", "510000"),
    ("GZ", "520000"),
    ("YN", "530000"),
    ("XZ", "540000"),
    ("SN", "610000"),
    ("GS", "620000"),
    ("QH", "630000"),
    ("NX", "640000"),
    ("XJ", "650000"),
    ("TW", "710000"),
    ("HK", "810000"),
    ("MO", "820000"),
];

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow, default)]
    region: Option<&'a str>,
    #[serde(borrow, default)]
    country: Option<Coded<'a>>,
    #[serde(borrow, default)]
    subdivisions: Option<Vec<Coded<'a>>>,
}

#[derive(Deserialize)]
struct Coded<'a> {
    #[serde(borrow, default)]
    iso_code: Option<&'a str>,
}

/// The file, held in memory.
pub struct Places {
    reader: Reader<Vec<u8>>,
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").field("type", &self.reader.metadata().database_type).finish()
    }
}

impl Places {
    /// Reads the file.
    ///
    /// # Errors
    /// `File` where it cannot be read or is not in the format.
    pub fn open(path: &Path) -> Result<Self, CollectError> {
        let fail = |source: std::io::Error| CollectError::File {
            path: path.display().to_string(),
            source: Arc::new(source),
        };
        let bytes = std::fs::read(path).map_err(fail)?;
        let reader =
            Reader::from_source(bytes).map_err(|error| fail(std::io::Error::other(error)))?;
        Ok(Self { reader })
    }

    /// The region of an address without its last bits; they do not matter for it.
    pub(crate) fn region(&self, address: Ipv6Addr) -> Option<String> {
        let address = IpAddr::V6(address).to_canonical();
        let found: Found<'_> = self.reader.lookup(address).ok()?.decode().ok()??;
        if let Some(region) = found.region.filter(|region| !region.is_empty()) {
            return Some(region.to_owned());
        }
        let country = found.country.and_then(|country| country.iso_code)?;
        let part = found.subdivisions.and_then(|all| all.into_iter().next()?.iso_code);
        // Hong Kong, Macao and Taiwan have ISO country codes of their own.
        let code = if country == "CN" { part.unwrap_or_default() } else { country };
        let province = PROVINCES.iter().find(|(iso, _)| *iso == code);
        Some(province.map_or(country, |(_, code)| code).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_found_by_the_coarse_address() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/places-test.mmdb");
        let places = Places::open(&path).unwrap();
        let region = |text: &str| {
            let address: IpAddr = text.parse().unwrap();
            places.region(crate::identity::coarse_ip(address))
        };
        assert_eq!(region("203.0.113.77").as_deref(), Some("440000"));
        assert_eq!(region("198.51.100.9").as_deref(), Some("440106"));
        assert_eq!(region("192.0.2.1").as_deref(), Some("FR"));
        assert_eq!(region("2001:db8:1:2::5").as_deref(), Some("810000"));
        assert_eq!(region("10.0.0.1"), None);
        assert!(Places::open(Path::new(file!())).is_err());
    }
}
