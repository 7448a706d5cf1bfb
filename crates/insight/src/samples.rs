//! Small data sets with known structure, for this crate's tests.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vocab::{SessionId, VisitorId};

use crate::interactions::{DAY_MS, Interactions, InteractionsBuilder};

/// A moment all samples end before: 2025-06-01.
pub(crate) const END_MS: i64 = 1_748_736_000_000;

/// Visitors in `groups` tastes over `items` items (item i belongs to taste i mod groups), ten visits of three steps in
/// thirty days each; four steps of five stay within the taste.
pub(crate) fn clustered(seed: u64, visitors: u64, items: u32, groups: u32) -> Interactions {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut builder = InteractionsBuilder::new();
    for visitor in 1..=visitors {
        let taste = (visitor % u64::from(groups)) as u32;
        for visit in 0..10_u64 {
            let start = END_MS - random.random_range(1..30 * DAY_MS);
            for step in 0..3 {
                let any = random.random_range(0..items);
                let item = if random.random_bool(0.8) {
                    (any / groups * groups + taste).min(items - 1)
                } else {
                    any
                };
                let session = SessionId(visitor * 100 + visit);
                let name = format!("item-{item:04}");
                builder.push(VisitorId(visitor), &name, session, start + step * 20_000, 1.0);
            }
        }
    }
    builder.build()
}

/// Runs on a pool of exactly so many threads.
pub(crate) fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// A file of the real data, under `CIVICSENSE_DATA` or beside the project, if it is there; says so if not.
#[expect(
    clippy::disallowed_methods,
    reason = "where the data of the tests is, not a setting of the product"
)]
pub(crate) fn real_data(path: &str) -> Option<std::path::PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root = std::env::var("CIVICSENSE_DATA").unwrap_or_else(|_| beside.to_owned());
    let found = std::path::Path::new(&root).join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: real data {path} is not on this machine");
    None
}

/// The output of a decompressing program of the machine.
pub(crate) fn unpacked(program: &str, args: &[&str]) -> Vec<u8> {
    let mut child = std::process::Command::new(program)
        .args(args)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut child.stdout.take().unwrap(), &mut bytes).unwrap();
    assert!(child.wait().unwrap().success());
    bytes
}
