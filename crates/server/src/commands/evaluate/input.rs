//! Data files of an evaluation: plain, gzip, xz, or a tar of such, recognised by their first bytes and lines.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use flate2::read::MultiGzDecoder;
use insight::formats::{Format, Visits, VisitsBuilder};
use insight::{Interactions, InteractionsBuilder};
use liblzma::read::XzDecoder;
use vocab::{ItemId, VisitorId};

/// Lines a layout is recognised by.
const HEAD: usize = 1_000;
/// Bytes looked at for them.
const HEAD_BYTES: u64 = 4 << 20;

/// What was read.
pub(super) enum Input {
    /// Who used what, with the test pairs where they were given apart.
    Uses(Interactions, Option<Vec<(VisitorId, ItemId)>>),
    /// Visits, click by click.
    Visits(Visits),
}

/// One file, or one member of an archive.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) text: Vec<u8>,
}

impl Part {
    /// What to say where it cannot be read.
    pub(super) fn unread(&self) -> String {
        format!("cannot read {}", self.name)
    }
}

/// Reads training files and, where there are some, test files.
pub(super) fn read(parts: &[Part], test: &[PathBuf]) -> anyhow::Result<Input> {
    if test.is_empty() && VisitsBuilder::recognises(&first_line(parts)) {
        return Ok(Input::Visits(visits(parts)?));
    }
    let mut builder = InteractionsBuilder::new();
    let layout = uses(parts, None, &mut builder)?;
    if test.is_empty() {
        return Ok(Input::Uses(builder.build(), None));
    }
    let mut held = InteractionsBuilder::new();
    let parts = self::parts(test)?;
    uses(&parts, layout, &mut held)?;
    uses(&parts, layout, &mut builder)?;
    let held = held.build();
    let pair = |row: &insight::Interaction| {
        (held.visitors[row.visitor as usize], held.items[row.item as usize].clone())
    };
    let pairs = held.rows.iter().map(pair).collect();
    Ok(Input::Uses(builder.build(), Some(pairs)))
}

/// The first line of the first file.
pub(super) fn first_line(parts: &[Part]) -> String {
    parts.first().and_then(|part| head(&part.text).into_iter().next()).unwrap_or_default()
}

/// Files as visits, whether or not a column names them.
pub(super) fn visits(parts: &[Part]) -> anyhow::Result<Visits> {
    let mut builder = VisitsBuilder::default();
    for part in parts {
        builder.read(part.text.as_slice()).with_context(|| format!("cannot read {}", part.name))?;
    }
    Ok(builder.build())
}

/// Reads uses; every part has the layout of the first that shows one.
fn uses(
    parts: &[Part],
    mut layout: Option<Format>,
    into: &mut InteractionsBuilder,
) -> anyhow::Result<Option<Format>> {
    for part in parts {
        let lines = head(&part.text);
        let first = lines.first().map(String::as_str).unwrap_or_default();
        let context = || part.unread();
        if VisitsBuilder::recognises_uses(first) {
            let mut builder = VisitsBuilder::default();
            builder.read(part.text.as_slice()).with_context(context)?;
            into.extend(&builder.build().interactions());
            continue;
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let format = *layout.get_or_insert_with(|| Format::detect(&lines));
        format.read(part.text.as_slice(), into).with_context(context)?;
    }
    Ok(layout)
}

fn head(text: &[u8]) -> Vec<String> {
    text.take(HEAD_BYTES).lines().take(HEAD).map_while(Result::ok).collect()
}

pub(super) fn parts(files: &[PathBuf]) -> anyhow::Result<Vec<Part>> {
    let mut parts = Vec::new();
    for path in files {
        if path.is_dir() {
            let mut inside: Vec<PathBuf> = std::fs::read_dir(path)?
                .map(|entry| Ok(entry?.path()))
                .collect::<anyhow::Result<_>>()?;
            inside.retain(|path| path.is_file());
            inside.sort();
            ensure!(!inside.is_empty(), "{} holds no files", path.display());
            parts.extend(self::parts(&inside)?);
            continue;
        }
        let context = || format!("cannot read {}", path.display());
        let name = path.display().to_string();
        let mut text = Vec::new();
        open(path).and_then(|mut file| Ok(file.read_to_end(&mut text)?)).with_context(context)?;
        if is_tar(&text) {
            parts.extend(members(&name, &text).with_context(context)?);
        } else {
            parts.push(Part { name, text });
        }
    }
    Ok(parts)
}

/// The members with data of an archive, in order of name.
fn members(archive: &str, text: &[u8]) -> anyhow::Result<Vec<Part>> {
    let mut parts = Vec::new();
    for entry in tar::Archive::new(text).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.display().to_string();
        let is_data = Path::new(&path).extension().is_some_and(|ending| {
            ["csv", "tsv", "txt", "dat", "data", "inter"].iter().any(|known| ending == *known)
        });
        if entry.header().entry_type().is_file() && is_data {
            let mut text = Vec::new();
            entry.read_to_end(&mut text)?;
            parts.push(Part { name: format!("{archive}, {path}"), text });
        }
    }
    if parts.is_empty() {
        bail!("the archive holds no .csv, .tsv, .txt, .dat, .data or .inter");
    }
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(parts)
}

/// The mark of POSIX and GNU archives.
fn is_tar(text: &[u8]) -> bool {
    text.get(257..262) == Some(b"ustar")
}

/// Opens a file through its packing.
fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(path)?);
    let start = file.fill_buf()?;
    Ok(if start.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(file))
    } else if start.starts_with(&[0xfd, b'7', b'z', b'X', b'Z']) {
        Box::new(XzDecoder::new_multi_decoder(file))
    } else {
        Box::new(file)
    })
}
