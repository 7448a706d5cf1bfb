//! Fitting vectors to 30,000 people × 41,000 places, lists for all of them and item-item lists, beside the library
//! `implicit` on the same data and settings.
#![expect(clippy::disallowed_methods, reason = "a bench reads the environment")]

#[path = "harness/table.rs"]
mod table;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::ensure;
use insight::factors::{FactorParams, Fit, top_for_all};
use insight::matrix::Csr;
use insight::neighbours::{ItemGraph, SimilarParams};
use table::Table;

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

    let matrix = matrix(&people, items as usize);
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
        let started = Instant::now();
        let fit = Fit::run(&matrix, &params, 7, &|_| {});
        let fitted = started.elapsed();
        let started = Instant::now();
        let lists = top_for_all(&fit.visitors, &fit.items, fit.dim, &matrix, LIST);
        let listed = started.elapsed();
        let recall = recall(&people, &lists);
        let what = format!(
            "{what} ALS, {DIM} × {EPOCHS} rounds: fit (s), top {LIST} of all (s), recall@{LIST}"
        );
        let found =
            format!("{:.2}, {:.2}, {recall:.4}", fitted.as_secs_f64(), listed.as_secs_f64());
        table.row(&what, "", found);
    }
    for keep in [20, 100] {
        // Cosine, as the peer's.
        let params = SimilarParams {
            visitor_exponent: 0.0,
            item_exponent: 0.5,
            sharpening: 1.0,
            min_support: 1,
            keep,
        };
        let started = Instant::now();
        let graph = ItemGraph::similar(&matrix, &params);
        let what = format!("item-item cosine, {keep} an item: build (s), edges");
        table.row(&what, "", format!("{:.2}, {}", started.elapsed().as_secs_f64(), graph.edges()));
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

fn matrix(people: &[Person], items: usize) -> Csr {
    let cells = (0_u32..)
        .zip(people)
        .flat_map(|(row, (kept, _))| kept.iter().map(move |item| (row, *item, 1.0)));
    Csr::from_triplets(people.len(), items, cells.collect())
}

/// Mean over the first people with anything held out.
fn recall(people: &[Person], lists: &[Vec<(u32, f32)>]) -> f64 {
    let (mut sum, mut measured) = (0.0, 0);
    for ((_, held), list) in
        people.iter().zip(lists).filter(|((_, held), _)| !held.is_empty()).take(PEOPLE)
    {
        let hits = list.iter().filter(|(item, _)| held.contains(item)).count();
        sum += hits as f64 / held.len().min(LIST) as f64;
        measured += 1;
    }
    sum / f64::from(measured)
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
