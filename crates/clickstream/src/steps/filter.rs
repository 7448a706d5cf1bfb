//! Log lines that are no page views: other methods, other statuses, images and scripts.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::DropReason;

/// What counts as a page in a server log.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Methods kept.
    pub(crate) methods: BTreeSet<String>,
    /// Statuses kept.
    pub(crate) statuses: BTreeSet<u16>,
    /// Extensions, lower case and without the dot, of what is not a page.
    pub(crate) assets: BTreeSet<String>,
    /// Extensions of files whose fetching is a download.
    #[serde(default)]
    pub(crate) downloads: BTreeSet<String>,
    /// Beginnings of paths that are no pages.
    #[serde(default)]
    pub(crate) paths: Vec<String>,
}

impl Filter {
    /// Why the request is left out, if it is.
    pub(crate) fn reason(&self, method: &str, status: u16, path: &str) -> Option<DropReason> {
        if self.is_asset(path) {
            Some(DropReason::StaticAsset)
        } else if !self.methods.contains(method) {
            Some(DropReason::MethodFiltered)
        } else if !self.statuses.contains(&status) {
            Some(DropReason::StatusFiltered)
        } else {
            None
        }
    }

    /// Whether the path names a file to fetch rather than a page to read.
    pub(crate) fn is_download(&self, path: &str) -> bool {
        extension(path).is_some_and(|ext| self.downloads.contains(&ext))
    }

    fn is_asset(&self, path: &str) -> bool {
        self.paths.iter().any(|start| path.starts_with(start.as_str()))
            || extension(path).is_some_and(|ext| self.assets.contains(&ext))
    }
}

fn extension(path: &str) -> Option<String> {
    let file = path.rsplit('/').next()?;
    let (_, ext) = file.rsplit_once('.')?;
    (ext.len() <= 8).then(|| ext.to_ascii_lowercase())
}
