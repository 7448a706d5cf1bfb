//! The artefact as bytes: magic, format, length, SHA-256, content. Damage is told apart from age.

use sha2::{Digest, Sha256};

use super::Models;
use crate::{InsightError, Result};

/// Format of the artefact this build writes and reads. 4: with what texts say of items nobody used.
pub const FORMAT: u32 = 4;

const MAGIC: &[u8; 8] = b"CIVSENSE";
const HEADER: usize = 8 + 4 + 8 + 32;

impl Models {
    /// The artefact as bytes.
    ///
    /// # Errors
    /// Only where the content cannot be encoded, which is a defect.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let content = encode(self)?;
        let mut bytes = Vec::with_capacity(HEADER + content.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&Sha256::digest(&content));
        bytes.extend_from_slice(&content);
        Ok(bytes)
    }

    /// Reads an artefact; the digest is verified before anything is decoded, the parts are checked to fit together.
    ///
    /// # Errors
    /// Other bytes, another format, a truncated or damaged artefact, each with its own message.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() < HEADER {
            if bytes.len() >= MAGIC.len() && bytes.starts_with(MAGIC) {
                let (expected, found) = (HEADER as u64, bytes.len() as u64);
                return Err(InsightError::Truncated { expected, found });
            }
            return Err(InsightError::NotAnArtefact("it is too short"));
        }
        let (header, content) = bytes.split_at(HEADER);
        if !header.starts_with(MAGIC) {
            return Err(InsightError::NotAnArtefact("it does not begin with CIVSENSE"));
        }
        let found = u32::from_le_bytes(array(&header[8..12]));
        if found != FORMAT {
            return Err(InsightError::Format { found, expected: FORMAT });
        }
        let length = u64::from_le_bytes(array(&header[12..20]));
        if content.len() as u64 != length {
            let expected = (HEADER as u64).saturating_add(length);
            if (content.len() as u64) < length {
                return Err(InsightError::Truncated { expected, found: bytes.len() as u64 });
            }
            return Err(InsightError::NotAnArtefact("there are bytes after its end"));
        }
        let (expected, found) = (hex(&header[20..52]), hex(&Sha256::digest(content)));
        if expected != found {
            return Err(InsightError::Digest { expected, found });
        }
        let mut models: Self = postcard::from_bytes(content)
            .map_err(|error| InsightError::Decode(error.to_string()))?;
        models.check_parts()?;
        models.factors.arrange();
        models.content.arrange();
        models.meta.digest = found;
        Ok(models)
    }

    /// Computes and stores the digest of a freshly trained model.
    pub(super) fn stamp(mut self) -> Result<Self> {
        self.meta.digest = hex(&Sha256::digest(encode(&self)?));
        Ok(self)
    }

    fn check_parts(&self) -> Result<()> {
        let items = self.items.len();
        let failed = if !self.items.is_sorted() {
            "items"
        } else if !self.factors.is_consistent(items) {
            "factors"
        } else if !self.neighbours.is_consistent(items) {
            "neighbours"
        } else if !self.popularity.is_consistent(items) {
            "popularity"
        } else if !self.needs.is_consistent() {
            "needs"
        } else if !self.content.is_consistent(self.factors.dim()) {
            "content"
        } else {
            return Ok(());
        };
        Err(InsightError::Decode(format!("the sizes of {failed} do not fit together")))
    }
}

fn encode(models: &Models) -> Result<Vec<u8>> {
    postcard::to_stdvec(models).map_err(|error| InsightError::Decode(error.to_string()))
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
