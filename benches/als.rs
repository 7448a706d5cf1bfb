//! Fitting vectors to 30,000 people × 41,000 places, beside the library `implicit` on the same data and settings.
#![expect(clippy::disallowed_methods, reason = "a bench reads the environment")]

#[path = "harness/table.rs"]
mod table;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;
use insight::Factors;
use insight::factors::FactorParams;
use insight::matrix::Csr;
use table::Table;
use vocab::VisitorId;

const DIM: u32 = 64;
const EPOCHS: u32 = 15;
/// People measured.
const PEOPLE: usize = 5_000;
const LIST: usize = 20;

#[expect(clippy::print_stdout, reason = "a bench says why it is skipped")]
fn main() -> anyhow::Result<()> {
    let packed = data().join("recommend/gowalla/train.txt.xz");
    if !packed.exists() {
        println!("skipped: {} is not there", packed.display());
        return Ok(());
    }
    let text = Command::new("xz").arg("-dc").arg(&packed).output()?;
    ensure!(text.status.success(), "xz cannot unpack {}", packed.display());
    let people = split(&String::from_utf8(text.stdout)?)?;
    let items = people
        .iter()
        .flat_map(|(kept, held)| kept.iter().chain(held))
        .max()
        .map_or(0, |most| most + 1);

    let mut table = Table::default();
    // The plain objective is implicit's, up to a factor; the scaled one is what is used.
    for (what, exponent, regularisation) in [("plain", 0.0, 0.5), ("frequency-scaled", 0.5, 0.01)] {
        let params = FactorParams {
            dim: DIM,
            epochs: EPOCHS,
            frequency_exponent: exponent,
            regularisation,
            min_items: 1,
            ..FactorParams::default()
        };
        let (elapsed, recall) = measure(&people, items as usize, &params);
        let what = format!("{what} ALS, {DIM} × {EPOCHS} rounds: fit (s), recall@{LIST}");
        table.row(&what, "", format!("{:.1}, {recall:.4}", elapsed.as_secs_f64()));
    }
    table.print();
    match std::env::var("CIVICSENSE_PYTHON") {
        Ok(python) => peer(&python, &people),
        Err(_) => {
            println!("implicit: skipped, CIVICSENSE_PYTHON names no Python that has it");
            Ok(())
        }
    }
}

/// Where the real data lie.
fn data() -> PathBuf {
    std::env::var("CIVICSENSE_DATA").map_or_else(
        |_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data").into(),
        PathBuf::from,
    )
}

type Person = (Vec<u32>, Vec<u32>);

/// Every fifth place of a person is held out.
fn split(text: &str) -> anyhow::Result<Vec<Person>> {
    let mut people = Vec::new();
    for line in text.lines() {
        let (mut kept, mut held) = (Vec::new(), Vec::new());
        for (n, item) in line.split_whitespace().skip(1).enumerate() {
            if n % 5 == 4 { &mut held } else { &mut kept }.push(item.parse()?);
        }
        people.push((kept, held));
    }
    Ok(people)
}

fn measure(people: &[Person], items: usize, params: &FactorParams) -> (Duration, f64) {
    let cells = (0_u32..)
        .zip(people)
        .flat_map(|(row, (kept, _))| kept.iter().map(move |item| (row, *item, 1.0)));
    let matrix = Csr::from_triplets(people.len(), items, cells.collect());
    let names: Vec<VisitorId> = (1..=people.len() as u64).map(VisitorId).collect();
    let started = Instant::now();
    let factors = Factors::fit(&matrix, &names, params, 7, &|_| {});
    let elapsed = started.elapsed();
    let (mut sum, mut measured) = (0.0, 0);
    for ((kept, held), name) in
        people.iter().zip(&names).filter(|((_, held), _)| !held.is_empty()).take(PEOPLE)
    {
        let Some(person) = factors.visitor(*name) else { continue };
        let used: HashSet<u32> = kept.iter().copied().collect();
        let top = factors.top(person, LIST, &|item| used.contains(&item));
        let hits = top.iter().filter(|(item, _)| held.contains(item)).count();
        sum += hits as f64 / held.len().min(LIST) as f64;
        measured += 1;
    }
    (elapsed, sum / f64::from(measured))
}

fn peer(python: &str, people: &[Person]) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let write = |name: &str, of: &dyn Fn(&Person) -> Vec<u32>| -> anyhow::Result<PathBuf> {
        let mut text = String::new();
        for person in people {
            for item in of(person) {
                write!(text, "{item} ")?;
            }
            text.push('\n');
        }
        let path = dir.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    };
    let (kept, held) =
        (write("kept", &|person| person.0.clone())?, write("held", &|person| person.1.clone())?);
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/implicit_als.py"));
    let arguments = [DIM, EPOCHS, u32::try_from(PEOPLE)?, u32::try_from(LIST)?]
        .map(|number| number.to_string());
    let status = Command::new(python).arg(script).args([kept, held]).args(arguments).status()?;
    ensure!(status.success(), "the peer failed");
    Ok(())
}
