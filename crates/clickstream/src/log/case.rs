//! A definition's own test of a log: lines in, events or drop reasons out.

use jiff::Timestamp;
use vocab::{Consent, Event};

use super::Options;
use super::blocks::Block;
use super::road::Road;
use crate::definition::Definition;
use crate::draft::Fault;
use crate::{Knowledge, SiteKey, Sites};

pub(crate) fn run(
    definition: &Definition,
    key: SiteKey,
    lines: &str,
    received_at: Timestamp,
) -> Result<Vec<Result<Event, Fault>>, String> {
    let sites = Sites::new([key.clone()]);
    let site = sites.find(&key.write_key).ok_or("no site")?;
    let options = Options {
        site: key,
        host: "www.example.gov.cn".into(),
        clock: &|| received_at,
        consent: Consent::ANALYTICS,
        resolve: &|_| None,
        knowledge: Knowledge::default(),
        threads: 1,
    };
    let block = Block { first: 1, bytes: lines.as_bytes().to_vec(), columns: None };
    let blocks = [block];
    let arrivals = Road::new(definition, &site, &options).walk(&blocks, received_at);
    Ok(arrivals.into_iter().map(|arrival| arrival.outcome).collect())
}
