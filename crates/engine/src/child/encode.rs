//! Encoders of a response's body; what goes in as one piece comes out as one piece the client can decode at once.

use std::io::{self, Write};

use bytes::Bytes;

/// How a response's body is encoded.
pub(crate) enum Encoder {
    /// As it is.
    Plain,
    /// `Content-Encoding: gzip`.
    Gzip(flate2::write::GzEncoder<Vec<u8>>),
    /// `Content-Encoding: lz4`: one LZ4 frame.
    Lz4(Box<lz4_flex::frame::FrameEncoder<Vec<u8>>>),
    /// ClickHouse's compressed blocks (`compress=1`).
    Blocks,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.coding().unwrap_or("plain or blocks"))
    }
}

impl Encoder {
    /// Chooses by `compress=1` and `Accept-Encoding`; the client's order decides, `q=0` refuses.
    pub(crate) fn choose(blocks: bool, accept: Option<&str>) -> Self {
        if blocks {
            return Self::Blocks;
        }
        for part in accept.unwrap_or_default().split(',') {
            let (name, quality) = part.split_once(';').unwrap_or((part, ""));
            if quality.trim().trim_start_matches("q=").trim().parse() == Ok(0.0_f32) {
                continue;
            }
            match name.trim().to_ascii_lowercase().as_str() {
                "lz4" => {
                    return Self::Lz4(Box::new(lz4_flex::frame::FrameEncoder::new(Vec::new())));
                }
                "gzip" => {
                    return Self::Gzip(flate2::write::GzEncoder::new(
                        Vec::new(),
                        flate2::Compression::fast(),
                    ));
                }
                _ => {}
            }
        }
        Self::Plain
    }

    /// The value of `Content-Encoding`.
    pub(crate) fn coding(&self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::Blocks => None,
            Self::Gzip(_) => Some("gzip"),
            Self::Lz4(_) => Some("lz4"),
        }
    }

    /// Encodes a piece; the client can decode all of it from what was sent so far.
    pub(crate) fn piece(&mut self, piece: Bytes) -> io::Result<Bytes> {
        Ok(match self {
            Self::Plain => piece,
            Self::Blocks => piece.chunks(1 << 20).flat_map(block).collect::<Vec<u8>>().into(),
            Self::Gzip(encoder) => {
                encoder.write_all(&piece)?;
                encoder.flush()?;
                std::mem::take(encoder.get_mut()).into()
            }
            Self::Lz4(encoder) => {
                encoder.write_all(&piece)?;
                encoder.flush()?;
                std::mem::take(encoder.get_mut()).into()
            }
        })
    }

    /// What ends the body; empty where nothing does.
    pub(crate) fn end(self) -> io::Result<Bytes> {
        Ok(match self {
            Self::Plain | Self::Blocks => Bytes::new(),
            Self::Gzip(encoder) => encoder.finish()?.into(),
            Self::Lz4(encoder) => encoder.finish().map_err(io::Error::other)?.into(),
        })
    }
}

/// One of ClickHouse's compressed blocks: `CityHash128`, method byte, sizes, LZ4 data.
pub(crate) fn block(plain: &[u8]) -> Vec<u8> {
    let data = lz4_flex::block::compress(plain);
    let mut hashed = Vec::with_capacity(9 + data.len());
    hashed.push(0x82);
    for size in [9 + data.len(), plain.len()] {
        hashed.extend_from_slice(
            &u32::try_from(size).expect("pieces are at most 1 MiB").to_le_bytes(),
        );
    }
    hashed.extend_from_slice(&data);
    let hash = cityhash_rs::cityhash_102_128(&hashed).rotate_left(64);
    [hash.to_le_bytes().as_slice(), &hashed].concat()
}
