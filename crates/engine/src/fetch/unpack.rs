//! From the package to the library in the cache: digest, unpack, flush, rename.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use sha2::{Digest as _, Sha512};

use super::{FetchProgress, OnProgress};
use crate::error::EngineError;
use crate::platform::Package;

/// Compares an archive with its digest and puts the library in it in the cache.
pub(super) fn unpack(
    package: &Package,
    expected: &str,
    archive: &Path,
    work: &Path,
    cache: &Path,
    progress: &OnProgress,
) -> Result<(), EngineError> {
    progress(FetchProgress::Checking);
    check(package, expected, archive)?;
    let made = work.join("made");
    fs::create_dir(&made).map_err(EngineError::io("creating", &made))?;
    extract(package, archive, &made, progress)?;
    let place = cache.join(package.directory());
    // What is there is not whole, or we would not be here.
    if place.exists() {
        fs::remove_dir_all(&place).map_err(EngineError::io("removing", &place))?;
    }
    fs::rename(&made, &place).map_err(EngineError::io("moving the library to", &place))?;
    flush_directory(cache)
}

/// Compares the SHA-512 of an archive with the one expected, in subresource-integrity form.
fn check(package: &Package, expected: &str, archive: &Path) -> Result<(), EngineError> {
    let mut file = File::open(archive).map_err(EngineError::io("opening", archive))?;
    let mut hash = Sha512::new();
    io::copy(&mut file, &mut hash).map_err(EngineError::io("reading", archive))?;
    let actual = format!("sha512-{}", base64::prelude::BASE64_STANDARD.encode(hash.finalize()));
    if actual == expected {
        return Ok(());
    }
    Err(EngineError::Integrity { package: package.spec(), expected: expected.to_owned(), actual })
}

/// Writes the library of an archive into a directory, with a note of its length, and flushes both.
fn extract(
    package: &Package,
    archive: &Path,
    into: &Path,
    progress: &OnProgress,
) -> Result<(), EngineError> {
    let file = File::open(archive).map_err(EngineError::io("opening", archive))?;
    let total = file.metadata().map_err(EngineError::io("reading", archive))?.len();
    let counted = Counted { inner: file, read: 0, total, told: None, progress };
    let mut tar =
        tar::Archive::new(flate2::read::GzDecoder::new(BufReader::with_capacity(1 << 20, counted)));
    for entry in tar.entries().map_err(EngineError::io("unpacking", archive))? {
        let mut entry = entry.map_err(EngineError::io("unpacking", archive))?;
        let path = entry.path().map_err(EngineError::io("unpacking", archive))?.into_owned();
        if path.file_name().is_none_or(|name| name != package.file) {
            continue;
        }
        let target = into.join(package.file);
        let writing = || EngineError::io("writing", &target);
        let file = File::create(&target).map_err(writing())?;
        let mut writer = BufWriter::with_capacity(1 << 20, file);
        let length = io::copy(&mut entry, &mut writer).map_err(writing())?;
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error).map_err(writing())?;
        file.sync_all().map_err(writing())?;
        let note = target.with_extension("size");
        let mut noted = File::create(&note).map_err(EngineError::io("writing", &note))?;
        noted
            .write_all(length.to_string().as_bytes())
            .map_err(EngineError::io("writing", &note))?;
        noted.sync_all().map_err(EngineError::io("writing", &note))?;
        return flush_directory(into);
    }
    Err(EngineError::Npm {
        package: package.spec(),
        reason: format!("the package holds no {}", package.file),
    })
}

fn flush_directory(directory: &Path) -> Result<(), EngineError> {
    File::open(directory).and_then(|d| d.sync_all()).map_err(EngineError::io("flushing", directory))
}

/// A reader that tells how far it has come.
struct Counted<'p> {
    inner: File,
    read: u64,
    total: u64,
    told: Option<Instant>,
    progress: &'p OnProgress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.read += length as u64;
        if self.told.is_none_or(|at| at.elapsed() > Duration::from_millis(200)) {
            self.told = Some(Instant::now());
            (self.progress)(FetchProgress::Unpacking { bytes: self.read, total: self.total });
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const PACKAGE: Package =
        Package { name: "@chdb/lib-test", file: "libchdb.so", integrity: None, bytes: 1 };

    /// An archive like npm's, holding the given files; and its digest.
    fn archive(at: &Path, files: &[(&str, &[u8])]) -> String {
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
            Vec::new(),
            flate2::Compression::fast(),
        ));
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o755);
            tar.append_data(&mut header, name, *content).expect("in memory");
        }
        let bytes = tar.into_inner().and_then(|gz| gz.finish()).expect("in memory");
        fs::write(at, &bytes).expect("written");
        format!("sha512-{}", base64::prelude::BASE64_STANDARD.encode(Sha512::digest(&bytes)))
    }

    fn run(
        files: &[(&str, &[u8])],
        digest: Option<&str>,
    ) -> (tempfile::TempDir, Result<(), EngineError>) {
        let cache = tempfile::tempdir().expect("a directory");
        let work = cache.path().join("work");
        fs::create_dir(&work).expect("a directory");
        let path = work.join("p.tgz");
        let actual = archive(&path, files);
        let progress: OnProgress = Arc::new(|_| {});
        let result =
            unpack(&PACKAGE, digest.unwrap_or(&actual), &path, &work, cache.path(), &progress);
        (cache, result)
    }

    #[test]
    fn the_library_alone_lands_in_the_cache() {
        let (cache, result) =
            run(&[("package/index.js", b"x"), ("package/libchdb.so", b"library")], None);
        result.expect("unpacked");
        let place = cache.path().join(PACKAGE.directory());
        assert_eq!(fs::read(place.join("libchdb.so")).expect("there"), b"library");
        assert_eq!(fs::read_to_string(place.join("libchdb.size")).expect("there"), "7");
        assert_eq!(fs::read_dir(&place).expect("there").count(), 2);
        assert!(super::super::is_whole(&place.join("libchdb.so")));
    }

    #[test]
    fn a_wrong_digest_leaves_nothing() {
        let (cache, result) = run(&[("package/libchdb.so", b"library")], Some("sha512-AAAA"));
        assert!(matches!(result.expect_err("refused"), EngineError::Integrity { .. }));
        assert!(!cache.path().join(PACKAGE.directory()).exists());
    }

    #[test]
    fn a_package_without_the_library_is_refused() {
        let (_, result) = run(&[("package/index.js", b"x")], None);
        assert!(result.expect_err("refused").to_string().contains("holds no libchdb.so"));
    }

    #[test]
    fn a_library_that_lost_its_end_is_fetched_again() {
        let (cache, result) = run(&[("package/libchdb.so", b"library")], None);
        result.expect("unpacked");
        let library = cache.path().join(PACKAGE.directory()).join("libchdb.so");
        fs::write(&library, b"libr").expect("cut");
        assert!(!super::super::is_whole(&library));
    }
}
