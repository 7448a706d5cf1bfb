//! The engine's password: made at the first start, readable by its owner only.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use uuid::Uuid;

use crate::error::EngineError;

/// Reads the password of a data directory, or makes one and writes it down.
///
/// # Errors
/// [`EngineError::Io`] when the directory cannot be made, read or written.
pub(super) fn read_or_make(data_dir: &Path) -> Result<String, EngineError> {
    fs::create_dir_all(data_dir).map_err(EngineError::io("creating", data_dir))?;
    private(data_dir, 0o700)?;
    let path = data_dir.join("password");
    match fs::read_to_string(&path) {
        Ok(password) if !password.trim().is_empty() => {
            private(&path, 0o600)?;
            return Ok(password.trim().to_owned());
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(EngineError::io("reading", &path)(error)),
    }
    // Two random UUIDs: 244 bits of the system's generator, and no character a URL or a shell would mind.
    let password = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let writing = || EngineError::io("writing", &path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(writing())?;
    private(&path, 0o600)?;
    file.write_all(password.as_bytes()).and_then(|()| file.sync_all()).map_err(writing())?;
    Ok(password)
}

/// Takes a file or directory away from everybody but its owner.
fn private(path: &Path, mode: u32) -> Result<(), EngineError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .map_err(EngineError::io("protecting", path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_password_is_made_once_and_kept_private() {
        let directory = tempfile::tempdir().expect("a directory");
        let data = directory.path().join("data");
        let first = read_or_make(&data).expect("made");
        assert_eq!(first.len(), 64);
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join("password"))), (0o700, 0o600));
        fs::set_permissions(data.join("password"), fs::Permissions::from_mode(0o644))
            .expect("changed");
        assert_eq!(read_or_make(&data).expect("read"), first);
        assert_eq!(mode(&data.join("password")), 0o600, "a readable password file is closed again");
    }
}
