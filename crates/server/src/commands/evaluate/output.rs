//! The report as files: JSON for machines, Markdown for people.

use std::path::Path;

use anyhow::Context as _;

use super::Found;

/// Writes `report.json` and `report.md` into a directory, made where it is missing.
pub(super) fn write(dir: &Path, found: &Found) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let (json, text) = (found.json()?, found.to_string());
    let save = |name: &str, text: String| {
        let path = dir.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    save("report.json", json)?;
    save("report.md", format!("# Evaluation\n\n```text\n{text}\n```\n"))
}
